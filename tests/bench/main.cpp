#include "tests/bench/bench.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <unistd.h>

namespace {

using namespace cadenza::bench;

struct measurement {
  const char* name;
  const char* what;
  void (*run)(context&);
  bool shared; ///< uses the server that measurements share
};

constexpr std::array measurements{
    measurement{"starts", "starts per second and their times", measure_starts, true},
    measurement{"workflows", "workflows with one activity per second, server CPU of each", measure_workflows, true},
    measurement{"signals", "signals per second", measure_signals, true},
    measurement{"close", "start to close of a workflow with one activity", measure_start_to_close, true},
    measurement{"chain", "ten activities in sequence", measure_chain, true},
    measurement{"decision", "start to decision in the poller's hands", measure_decision_hand_off, true},
    measurement{"activity", "activity asked for to activity in the poller's hands", measure_activity_hand_off, true},
    measurement{"history", "reading a history of 2,000 events", measure_history, true},
    measurement{"children", "a parent with 20 children", measure_children, true},
    measurement{"query", "queries of open and closed workflows", measure_queries, true},
    measurement{"bighistory", "reading and replaying a history of 50,000 events", measure_big_history, true},
    measurement{"reset", "reset of a run with 50,000 events", measure_reset, true},
    measurement{"timers", "lateness of timers at 2,000 a second", measure_timers, true},
    measurement{"memory", "memory and CPU of an idle server", measure_idle_memory, false},
    measurement{"polls", "memory of 10,000 hanging polls", measure_hanging_polls, false},
    measurement{"boot", "process start to first accepted start", measure_process_start, false},
    measurement{"disk", "bytes on disk of a closed workflow", measure_disk, false},
    measurement{"idle", "memory and restart with many open workflows (--idle N)", measure_open_idle, false},
    measurement{"crons", "memory and work with many cron workflows waiting (--crons N)", measure_crons, false},
};

void measure(const options& opts, const std::vector<std::string>& only, report& out) {
  context c(opts, out);
  std::fprintf(stderr, "ceilings\n");
  measure_ceilings(c);
  const auto wanted = [&](const measurement& m) {
    return only.empty() || std::find(only.begin(), only.end(), m.name) != only.end();
  };
  for (const bool shared : {true, false}) {
    for (const auto& m : measurements) {
      if (m.shared != shared || !wanted(m))
        continue;
      std::fprintf(stderr, "%s\n", m.name);
      m.run(c);
    }
    if (shared && only.empty())
      out.add({"memory after all this load, resident",
               static_cast<double>(c.shared().process().resident_bytes()) / (1024.0 * 1024.0),
               "MiB",
               {},
               {},
               {}});
    c.stop_shared();
  }
}

} // namespace

int main(int count, char** arguments) {
  options opts;
  std::vector<std::string> only;
  bool json = false;
  bool list = false;
  CLI::App app("Benchmarks of a cadenza server of their own, on a scratch directory and loopback ports.\n"
               "The ceilings (no-op calls, syncs, the store alone) are measured first in every run.");
  app.add_option("--server", opts.server, "the program under test")->capture_default_str();
  app.add_option("--server-arg", opts.extra, "one more argument of `server start`; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--seconds", opts.seconds, "length of each loop")
      ->capture_default_str()
      ->check(CLI::Range(0.2, 600.0));
  app.add_option("--idle", opts.idle, "open workflows of `idle`")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}));
  app.add_option("--crons", opts.crons, "waiting cron workflows of `crons`")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}));
  app.add_option("--events", opts.big_events, "events of the run of `bighistory` and `reset`")
      ->capture_default_str()
      ->check(CLI::Range(1000, 190'000));
  app.add_option("--only", only, "measure only this; may be repeated (`ceilings`: nothing else)");
  app.add_flag("--list", list, "tell what can be measured");
  app.add_flag("--json", json, "one JSON object instead of the table");
  CLI11_PARSE(app, count, arguments);
  if (list) {
    for (const auto& m : measurements)
      std::printf("%-10s %s\n", m.name, m.what);
    return 0;
  }
  for (const auto& name : only) {
    const bool known = name == "ceilings" || std::any_of(measurements.begin(), measurements.end(),
                                                         [&](const auto& m) { return m.name == name; });
    if (!known) {
      std::fprintf(stderr, "there is no measurement %s; --list tells them\n", name.c_str());
      return 2;
    }
  }
  if (access(opts.server.c_str(), X_OK) != 0) {
    std::fprintf(stderr, "%s is not there; build it, or name it with --server\n", opts.server.c_str());
    return 1;
  }

  report out;
  try {
    measure(opts, only, out);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cadenza_bench: %s\n", e.what());
    return 1;
  }
  if (json)
    out.print_json();
  else
    out.print_table();
  return 0;
}
