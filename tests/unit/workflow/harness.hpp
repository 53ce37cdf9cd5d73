#pragma once

#include "workflow/decision_task.hpp"
#include "workflow/run.hpp"
#include "workflow/start.hpp"
#include "workflow/transaction.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A store, a clock and a worker for the rules of single runs. Every commit goes through stored bytes: the run is
/// loaded again from them, so a test sees what a restarted server would see.
namespace cadenza::workflow::test {

/// Counts instead of drawing numbers.
class counting_entropy final : public entropy {
public:
  [[nodiscard]] std::uint64_t next() override { return ++last_; }

private:
  std::uint64_t last_ = 0;
};

class counting_ids final : public task_id_source {
public:
  [[nodiscard]] std::int64_t reserve(std::int64_t count) override {
    const auto first = next_;
    next_ += count;
    return first;
  }

private:
  std::int64_t next_ = 1000;
};

/// Histories of all runs of a test, batch by batch.
class stored_history final : public event_source {
public:
  [[nodiscard]] const api::HistoryEvent* find(std::int64_t event_id, std::int64_t batch_first_id) override;
  void append(const history_append& node);
  /// A batch of the run this one was forked from.
  void share(std::shared_ptr<const api::History> batch);
  [[nodiscard]] std::vector<std::shared_ptr<const api::History>> batches() const;

private:
  std::map<std::int64_t, std::shared_ptr<const api::History>> nodes_; ///< by first event id
};

/// One run as stored, and in memory.
struct stored_run {
  std::unique_ptr<run> state;
  run_rows rows;
  stored_history history;
  std::optional<rec::CurrentRun> current; ///< last record a commit of this run asked for
};

class bench {
public:
  bench();
  virtual ~bench() = default;

  std::int64_t now_ns = 1'700'000'000LL * ns_per_s;
  rules limits;
  record::v1::DomainRow domain_row; ///< change before the command that should see it
  uuid domain_id;
  counting_entropy chance;
  counting_ids ids;
  changes last; ///< of the last commit; its successor's part is moved into the store
  bool check_reload = true;
  std::string identity = "worker"; ///< of workers and of who starts
  std::string binary = "binary";   ///< checksum that workers report

  void advance_ms(std::int64_t ms) { now_ns += ms * ns_per_ms; }
  void advance_s(std::int64_t s) { now_ns += s * ns_per_s; }
  [[nodiscard]] environment env();

  /// A start request with everything a plain workflow needs.
  [[nodiscard]] api::StartWorkflowExecutionRequest request() const;
  /// Starts a run and makes it the subject of all further commands.
  void begin(const api::StartWorkflowExecutionRequest& request, std::int32_t backoff_s = 0,
             const carried_over& carried = {}, const std::optional<parent_link>& parent = {},
             const std::optional<first_signal>& signal = {});
  void begin() { begin(request()); }

  /// Runs one rule in a transaction; commits when the rule gives a value. The rule's own outcome.
  template <class Rule> auto command(Rule&& rule) {
    const auto environment = env();
    transaction tx(*subject().state, environment, subject().history);
    auto result = rule(tx);
    if (result)
      commit(tx);
    return result;
  }
  /// For rules that cannot fail.
  template <class Rule> void change(Rule&& rule) {
    const auto environment = env();
    transaction tx(*subject().state, environment, subject().history);
    rule(tx);
    commit(tx);
  }

  /// A worker takes the pending decision; fails the test when there is none.
  decision_started poll_decision(const std::string& request_id = "poll");
  /// The worker that took the decision answers.
  outcome<completion_result> try_respond(const decision_started& decision,
                                         const api::RespondDecisionTaskCompletedRequest& answer);
  completion_result respond(const decision_started& decision, std::vector<api::Decision> decisions = {});
  /// Takes the pending decision and answers it.
  completion_result decide(std::vector<api::Decision> decisions = {}) {
    return respond(poll_decision(), std::move(decisions));
  }
  void send_signal(const std::string& name, const std::string& request_id = {});

  [[nodiscard]] stored_run& subject() { return *runs_.at(subject_); }
  [[nodiscard]] const run& state() { return *subject().state; }
  [[nodiscard]] stored_run& run_of(const uuid& run_id) { return *runs_.at(run_id); }
  /// Makes another run the subject (a successor).
  void look_at(const uuid& run_id) { subject_ = run_id; }
  void look_at(const std::string& run_id) { subject_ = uuid::parse(run_id).value(); }

  [[nodiscard]] std::vector<api::HistoryEvent> events();
  [[nodiscard]] api::HistoryEvent event(std::int64_t id);
  /// "Started DScheduled DStarted …"
  [[nodiscard]] std::string shape();

  [[nodiscard]] std::vector<rec::TransferTask> transfer(rec::TransferType type) const;
  [[nodiscard]] std::vector<rec::TimerTask> timers(rec::TimerType type) const;

protected:
  void commit(transaction& tx);
  /// Told of every commit, successors first, when it is stored.
  virtual void committed(const changes&) {}

  void store(changes& made, std::unique_ptr<run> successor_state);

  std::map<uuid, std::unique_ptr<stored_run>> runs_;
  uuid subject_;

private:
  void reload(stored_run& stored, const run_key& key);
};

/// Short names of the types of events, as the acceptance suite prints them.
[[nodiscard]] std::string shape_of(const std::vector<api::HistoryEvent>& events);

// --- decisions
[[nodiscard]] api::Decision complete_workflow(const std::string& result = "done");
[[nodiscard]] api::Decision fail_workflow(const std::string& reason = "bad", const std::string& details = {});
[[nodiscard]] api::Decision cancel_workflow();
[[nodiscard]] api::Decision schedule_activity(const std::string& id);
[[nodiscard]] api::Decision start_timer(const std::string& id, std::int64_t seconds);
[[nodiscard]] api::Decision cancel_timer(const std::string& id);
[[nodiscard]] api::Decision record_marker(const std::string& name);

} // namespace cadenza::workflow::test
