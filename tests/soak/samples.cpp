#include "tests/soak/samples.hpp"

#include "tests/bench/directory_size.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <numeric>
#include <sstream>

namespace cadenza::soak {
namespace {

constexpr double mib = 1024.0 * 1024.0;

std::map<std::string, double> metrics_of(int http_port) {
  std::map<std::string, double> out;
  httplib::Client http("127.0.0.1", http_port);
  http.set_read_timeout(20);
  const auto answer = http.Get("/metrics");
  if (!answer || answer->status != 200)
    return out;
  std::istringstream lines(answer->body);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string::npos)
      continue;
    out[line.substr(0, line.find_first_of("{ "))] += std::atof(line.c_str() + space);
  }
  return out;
}

struct actors {
  std::map<std::string, double> alive;
  double deepest = 0;
  double mail = 0;
};

actors actors_of(int http_port) {
  actors out;
  httplib::Client http("127.0.0.1", http_port);
  http.set_read_timeout(20);
  const auto answer = http.Get("/admin/actors");
  if (!answer || answer->status != 200)
    return out;
  const auto list = nlohmann::json::parse(answer->body, nullptr, false);
  if (!list.is_array())
    return out;
  for (const auto& actor : list) {
    ++out.alive[actor.value("kind", "")];
    const auto depth = actor.value("mailbox", 0.0);
    out.mail += depth;
    out.deepest = std::max(out.deepest, depth);
  }
  return out;
}

double open_files(pid_t pid) {
  double out = 0;
  std::error_code failure;
  for (std::filesystem::directory_iterator i("/proc/" + std::to_string(pid) + "/fd", failure), end;
       !failure && i != end; i.increment(failure))
    ++out;
  return out;
}

/// Files may go while they are counted: tried again then.
double directory_mib(const std::string& directory) {
  for (int i = 0; i < 5; ++i) {
    try {
      return static_cast<double>(bench::directory_bytes(directory).all) / mib;
    } catch (const std::exception&) {
    }
  }
  return 0;
}

} // namespace

double series::mean(bool second_half) const {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  const auto from = second_half ? middle : values.begin();
  const auto to = second_half ? values.end() : middle;
  return from == to ? 0 : std::accumulate(from, to, 0.0) / static_cast<double>(to - from);
}

double series::greatest() const { return values.empty() ? 0 : *std::max_element(values.begin(), values.end()); }

double series::growth() const {
  const auto first = values.size() / 2;
  const auto n = static_cast<double>(values.size() - first);
  if (n < 2)
    return 0;
  const double x_mean = (n - 1) / 2;
  const double y_mean = mean(true);
  double xy = 0;
  double xx = 0;
  for (std::size_t i = first; i < values.size(); ++i) {
    const double x = static_cast<double>(i - first) - x_mean;
    xy += x * (values[i] - y_mean);
    xx += x * x;
  }
  return xy / xx * n;
}

sampler::sampler(load::server_process& server, std::string directory)
  : server_(server), directory_(std::move(directory)), all_{{"resident memory", "MiB", 0.10, 8},
                                                            {"open files", "", 0.05, 20},
                                                            {"threads", "", 0, 4}, // gRPC keeps a few more or fewer
                                                            {"workflow_run actors", "", 0.15, 50},
                                                            {"other actors", "", 0.05, 10},
                                                            {"mail waiting", "", 0.25, 100},
                                                            {"deepest mailbox", "", 0.25, 100},
                                                            {"bytes of runs in memory", "MiB", 0.15, 2},
                                                            {"transfer tasks pending", "", 0.25, 200},
                                                            {"timers in memory", "", 0.15, 200},
                                                            {"polls waiting", "", 0.25, 20},
                                                            {"visibility changes pending", "", 0.25, 200},
                                                            {"data directory", "MiB", 0.20, 32}} {}

bool sampler::take() {
  const auto metrics = metrics_of(server_.http_port());
  const auto actors = actors_of(server_.http_port());
  if (metrics.empty() || actors.alive.empty())
    return false;
  const auto value = [&](const char* name) {
    const auto found = metrics.find(name);
    return found == metrics.end() ? 0 : found->second;
  };
  double others = 0;
  for (const auto& [kind, count] : actors.alive)
    others += kind == "workflow_run" ? 0 : count;
  const std::vector<double> now{static_cast<double>(server_.resident_bytes()) / mib,
                                open_files(server_.pid()),
                                value("process_threads"),
                                value("cadenza_runs_in_memory"),
                                others,
                                actors.mail,
                                actors.deepest,
                                value("cadenza_run_bytes") / mib,
                                value("cadenza_transfer_tasks_pending"),
                                value("cadenza_timers_in_memory"),
                                value("cadenza_pollers_waiting"),
                                value("cadenza_visibility_changes_pending"),
                                directory_mib(directory_)};
  for (std::size_t i = 0; i < all_.size(); ++i)
    all_[i].values.push_back(now[i]);
  return true;
}

void sampler::forget() {
  for (auto& s : all_)
    s.values.clear();
}

double sampler::metric(const std::string& name) {
  const auto metrics = metrics_of(server_.http_port());
  const auto found = metrics.find(name);
  return found == metrics.end() ? -1 : found->second;
}

bool sampler::report(double minutes) const {
  std::printf("%zu samples in %.1f minutes\n", count(), minutes);
  std::printf("%-28s %10s %10s %10s %12s %10s\n", "", "1st half", "2nd half", "greatest", "growth (2nd)", "allowed");
  bool flat = true;
  for (const auto& s : all_) {
    flat = flat && s.flat();
    const auto name = s.unit.empty() ? s.name : s.name + ", " + s.unit;
    std::printf("%-28s %10.1f %10.1f %10.1f %+12.1f %10.1f%s\n", name.c_str(), s.mean(false), s.mean(true),
                s.greatest(), s.growth(), s.allowed(), s.flat() ? "" : "   NOT FLAT");
  }
  return flat;
}

} // namespace cadenza::soak
