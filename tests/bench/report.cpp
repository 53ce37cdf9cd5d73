#include "tests/bench/report.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <sys/utsname.h>
#include <thread>

namespace cadenza::bench {
namespace {

std::string digits(double value) {
  std::array<char, 64> text{};
  const double size = std::fabs(value);
  std::snprintf(text.data(), text.size(), size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
  return text.data();
}

std::string machine() {
  std::ifstream in("/proc/cpuinfo");
  std::string line;
  std::string model = "unknown processor";
  while (std::getline(in, line)) {
    if (line.rfind("model name", 0) == 0) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  utsname system{};
  uname(&system);
  return std::to_string(std::thread::hardware_concurrency()) + " x " + model + ", " + system.sysname + " " +
         system.release;
}

std::string load_average() {
  std::ifstream in("/proc/loadavg");
  std::string one;
  in >> one;
  return one;
}

std::string today() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return text.data();
}

/// Empty outside a checkout.
std::string commit() {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen("git rev-parse --short=12 HEAD 2>/dev/null", "r"), pclose);
  std::array<char, 64> text{};
  if (!pipe || std::fgets(text.data(), text.size(), pipe.get()) == nullptr)
    return {};
  std::string out = text.data();
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  return out;
}

} // namespace

double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty())
    return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[at];
}

void report::add(figure f) {
  std::fprintf(stderr, "  %-52s %10s %s\n", f.name.c_str(), digits(f.value).c_str(), f.unit.c_str());
  figures_.push_back(std::move(f));
}

void report::note(std::string text) {
  std::fprintf(stderr, "  (%s)\n", text.c_str());
  notes_.push_back(std::move(text));
}

void report::print_table() const {
  std::printf("%s, commit %s, %s, load average %s\n\n", today().c_str(), commit().c_str(), machine().c_str(),
              load_average().c_str());
  std::printf("%-52s %10s %-5s %10s  %-8s %-12s %s\n", "figure", "measured", "unit", "ceiling", "of it", "target",
              "ceiling comes from");
  for (const auto& f : figures_) {
    std::string share;
    if (f.ceiling && *f.ceiling > 0)
      share =
          f.value / *f.ceiling >= 1.5 ? digits(f.value / *f.ceiling) + " x" : digits(100 * f.value / *f.ceiling) + " %";
    std::printf("%-52s %10s %-5s %10s  %-8s %-12s %s\n", f.name.c_str(), digits(f.value).c_str(), f.unit.c_str(),
                f.ceiling ? digits(*f.ceiling).c_str() : "", share.c_str(), f.target.c_str(), f.ceiling_from.c_str());
  }
  for (const auto& n : notes_)
    std::printf("note: %s\n", n.c_str());
}

void report::print_json() const {
  nlohmann::ordered_json out;
  out["date"] = today();
  out["commit"] = commit();
  out["machine"] = machine();
  out["load_average"] = load_average();
  out["figures"] = nlohmann::ordered_json::array();
  for (const auto& f : figures_) {
    nlohmann::ordered_json row{{"name", f.name}, {"value", f.value}, {"unit", f.unit}};
    if (f.ceiling) {
      row["ceiling"] = *f.ceiling;
      row["ceiling_from"] = f.ceiling_from;
    }
    if (!f.target.empty())
      row["target"] = f.target;
    out["figures"].push_back(std::move(row));
  }
  out["notes"] = notes_;
  std::printf("%s\n", out.dump(2).c_str());
}

} // namespace cadenza::bench
