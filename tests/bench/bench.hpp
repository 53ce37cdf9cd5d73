#pragma once

#include "tests/bench/loops.hpp"
#include "tests/bench/report.hpp"
#include "tests/load/client.hpp"
#include "tests/load/load_worker.hpp"
#include "tests/load/server_process.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace cadenza::bench {

using steady = std::chrono::steady_clock;
inline double seconds_since(steady::time_point begin) {
  return std::chrono::duration<double>(steady::now() - begin).count();
}

inline constexpr const char* domain = "bench";

struct options {
  std::string server = "build/cadenza";
  std::vector<std::string> extra; ///< more arguments of `server start`
  double seconds = 5;
  std::int64_t idle = 20'000;
  std::int64_t crons = 100'000;
  int big_events = 50'000; ///< at least, of the run of `bighistory` and `reset`
};

/// What the building blocks give on this machine, in this run.
struct ceilings {
  double noop_1 = 0; ///< answers per second with so many calls under way
  double noop_16 = 0;
  double noop_64 = 0;
  double noop_ms = 0; ///< median time of one no-op call
  double syncs = 0;   ///< per second
  double store_1 = 0; ///< four-row transactions per second
  double store_64 = 0;

  /// Calls and durable commits per second at 64 at once that a piece of work needing so many of each may reach.
  [[nodiscard]] double work_rate(double calls, double commits) const;
  /// Least time, ms, of a chain of calls and durable commits one after the other.
  [[nodiscard]] double chain_ms(double calls, double commits) const;
};

/// A server on a directory of its own, with the domain registered. Ends the program with what the server said when it
/// does not start.
class live_server {
public:
  explicit live_server(const options& from);
  [[nodiscard]] load::server_process& process() { return process_; }
  [[nodiscard]] load::client& client() { return *client_; }
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }
  /// New connections, after a restart of the process.
  void reconnect();

private:
  load::scratch_directory directory_;
  load::server_process process_;
  std::unique_ptr<load::client> client_;
};

class context {
public:
  context(options o, report& r) : opts(std::move(o)), out(r) {}
  const options opts;
  report& out;
  ceilings limits;

  /// The server that most measurements share, started by the first.
  live_server& shared();
  void stop_shared() { shared_.reset(); }
  /// The workflow id of an open run with a long history, made on the shared server by the first measurement that wants
  /// it.
  const std::string& big_run();

private:
  std::string big_run_;
  std::unique_ptr<live_server> shared_;
};

/// Something waits for a workflow: found again by its id. All functions: any thread.
class waiting {
public:
  void put(const std::string& id, std::function<void(bool)> over);
  /// Calls and forgets what waits for the id; nothing when nobody does.
  void finish(const std::string& id, bool ok);

private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::function<void(bool)>> over_;
};

/// Starts a workflow; `over` hears whether that was acknowledged.
void start(load::client& c, const std::string& task_list, const std::string& id, const std::string& input,
           std::function<void(bool)> over);

/// Waits for the close event as the Go client does: one long poll with the close-event filter, asked again when it
/// times out.
void wait_for_close(load::client& c, const std::string& id, const std::string& token, std::function<void(bool)> over);

/// Ends the program with a message, by an exception, so that servers and directories go with it.
[[noreturn]] void give_up(const std::string& why);

/// Tells on the report when steps failed, so that no figure hides it.
void tell_failures(context& c, const std::string& name, const loop_result& r);

/// The measurements. Each adds its figures to the report.
void measure_ceilings(context& c);
void measure_starts(context& c);
void measure_workflows(context& c);
void measure_signals(context& c);
void measure_chain(context& c);
void measure_start_to_close(context& c);
void measure_decision_hand_off(context& c);
void measure_activity_hand_off(context& c);
void measure_timers(context& c);
void measure_history(context& c);
void measure_idle_memory(context& c);
void measure_hanging_polls(context& c);
void measure_process_start(context& c);
void measure_disk(context& c);
void measure_open_idle(context& c);
void measure_children(context& c);
void measure_queries(context& c);
void measure_big_history(context& c);
void measure_reset(context& c);
void measure_crons(context& c);

} // namespace cadenza::bench
