#pragma once

#include "harness.hpp"

#include "workflow/activity.hpp"
#include "workflow/external.hpp"
#include "workflow/replay.hpp"
#include "workflow/signal.hpp"

#include <deque>
#include <set>

namespace cadenza::workflow::test {

/// An activity in the hands of a worker.
struct activity_task {
  std::int64_t schedule_id = 0;
  std::int64_t attempt = 0;
  api::PollForActivityTaskResponse answer;

  [[nodiscard]] activity_ref ref() const { return {schedule_id, attempt, answer.activity_id(), false}; }
};

/// What a failed step says, for the message of a check; empty when it did not fail.
template <class T> const char* why(const outcome<T>& result) { return result ? "" : result.error().message.c_str(); }

/// A bench that also does what the engine does with tasks: it keeps those that are outstanding, carries out the
/// transfer tasks between the runs of the test, and fires timers by moving the clock.
class engine : public bench {
public:
  /// Runs one rule on a run and commits when it changed something. A rule that fails, or says that there was nothing to
  /// do, must leave the run as it was.
  template <class Rule> auto step(const uuid& run_id, Rule&& rule) {
    auto& stored = *runs_.at(run_id);
    const auto before = fingerprint(*stored.state);
    const auto environment = env();
    auto result = [&] {
      transaction tx(*stored.state, environment, stored.history);
      auto inner = rule(tx);
      if (changed(inner))
        commit(tx);
      else
        expect_untouched(tx, bool(inner));
      return inner;
    }();
    if (!changed(result))
      expect_same(before, fingerprint(*runs_.at(run_id)->state));
    return result;
  }
  template <class Rule> auto step(Rule&& rule) { return step(subject_, std::forward<Rule>(rule)); }

  [[nodiscard]] uuid subject_id() const { return subject_; }
  /// The current run of a workflow id; none when there is no run.
  [[nodiscard]] std::optional<uuid> current(const std::string& workflow_id) const;

  // --- workers
  /// The oldest activity task of the subject on a list, started; fails the test when there is none.
  activity_task poll_activity(const std::string& list = "list");
  [[nodiscard]] bool activity_waits(const std::string& list = "list");
  void finish(const activity_task& task, const std::string& result);
  void fail(const activity_task& task, const std::string& reason, const std::string& details = {});
  bool heartbeat(const activity_task& task, const std::string& details);
  void report_canceled(const activity_task& task, const std::string& details);

  // --- clients
  void cancel(const std::string& cause, const std::string& request_id = "cancel-request");
  void stop(const std::string& reason);
  /// Resets the subject to before an event; the new run becomes the subject.
  outcome<uuid> try_reset(std::int64_t finish_event_id, const std::string& reason);

  // --- the queues
  /// Carries out transfer tasks of all runs, but for decisions and activities, until there are none.
  void settle();
  /// Moves the clock to the earliest timer task and carries it out. False: there is none.
  bool fire_next();
  /// Fires timers until the subject has a pending decision; fails the test when none comes.
  void await_decision();
  /// Carries out one timer task, which may be an old one.
  outcome<bool> deliver(const rec::TimerTask& task);

  /// Everything that must hold for the subject at any time.
  void check_invariants();

  std::deque<rec::TimerTask> outstanding_timers;      ///< not fired yet, of all runs
  std::deque<rec::TransferTask> outstanding_transfer; ///< not carried out yet, of all runs
  std::vector<rec::TimerTask> fired;                  ///< for duplicates
  std::string last_reset_request;                     ///< its id

protected:
  void committed(const changes& made) override;

private:
  struct print {
    std::string head;
    std::string fixed;
    std::string rows;
    bool operator==(const print&) const = default;
  };
  [[nodiscard]] static print fingerprint(const run& r);
  static void expect_same(const print& before, const print& after);
  static void expect_untouched(transaction& tx, bool succeeded);

  template <class T> static bool changed(const outcome<T>& result) {
    if constexpr (std::is_same_v<T, bool>)
      return result && *result;
    else
      return bool(result);
  }
  static bool changed(bool result) { return result; }

  void carry_out(const rec::TransferTask& task);
  void start_child(const uuid& parent, const rec::TransferTask& task);
  void signal_external(const uuid& source, const rec::TransferTask& task);
  void cancel_external(const uuid& source, const rec::TransferTask& task);
  void report_to_relatives(const uuid& closed);
  [[nodiscard]] std::optional<uuid> find_run(const std::string& workflow_id, const std::string& run_id) const;

  void check_replay();
  void check_tasks();

  std::map<std::string, uuid> current_;
  std::set<uuid> reset_runs_; ///< their start and waiting activities count from the reset
};

} // namespace cadenza::workflow::test
