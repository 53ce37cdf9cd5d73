#include "config/process_metrics.hpp"

#include "config/log.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace cadenza::config {

namespace {

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  in >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double entries_of(const char* directory) {
  std::error_code failure;
  std::filesystem::directory_iterator all(directory, failure);
  return failure ? 0 : static_cast<double>(std::distance(begin(all), end(all)));
}

/// As the kernel tells it: ticks since the machine was started, the 22nd field, and when that was.
double start_time_seconds() {
  std::string stat;
  std::getline(std::ifstream("/proc/self/stat"), stat);
  std::istringstream fields(stat.substr(stat.rfind(')') + 1)); // the name may hold anything
  std::string skipped;
  double ticks = 0;
  for (int i = 3; i < 22; ++i)
    fields >> skipped;
  fields >> ticks;
  std::ifstream machine("/proc/stat");
  double machine_began = 0;
  for (std::string word; machine >> word;)
    if (word == "btime")
      machine >> machine_began;
  return machine_began + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

metrics::samples one(double value) { return {{{}, value}}; }

} // namespace

std::vector<metrics::registry::callback_handle> register_process_metrics(metrics::registry& in) {
  std::vector<metrics::registry::callback_handle> out;
  out.push_back(in.computed_gauges(process_metrics[0], [] { return one(resident_bytes()); }));
  out.push_back(in.computed_gauges(process_metrics[1], [] { return one(cpu_seconds()); }));
  // Reading the directory opens it: one too many.
  out.push_back(in.computed_gauges(process_metrics[2], [] { return one(entries_of("/proc/self/fd") - 1); }));
  out.push_back(in.computed_gauges(process_metrics[3], [began = start_time_seconds()] { return one(began); }));
  out.push_back(in.computed_gauges(process_metrics[4], [] { return one(entries_of("/proc/self/task")); }));
  out.push_back(in.computed_gauges(process_metrics[5], [] { return one(static_cast<double>(log::lines_lost())); }));
  return out;
}

} // namespace cadenza::config
