#pragma once

#include "actors/base/supervised.hpp"
#include "actors/base/workload.hpp"
#include "actors/history/history_cache.hpp"
#include "actors/runs/decision_answer.hpp"
#include "actors/runs/handed_tasks.hpp"
#include "actors/runs/shard_mail.hpp"
#include "messages/invariant.hpp"
#include "workflow/run.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace cadenza::actors {

/// What a run's actor hears.
struct run_loaded {
  storage::read_result<run_rows> rows;
};
struct run_committed {
  storage::commit_result result;
};
struct event_read {
  storage::page<storage::history_node> page;
  std::int64_t batch_first_id = 0;
};
struct leave_memory {};
struct quit_now {};
struct waiters_due {
  std::int64_t at_ns = 0; ///< what it was armed for; armed anew since, it is another one's business
};
/// A transaction of this run that another, dead actor had begun has been written.
struct written_by_another {};
using run_mail = std::variant<run_loaded, run_committed, event_read, leave_memory, quit_now, waiters_due,
                              written_by_another, waits_over>;
using run_mail_ptr = std::shared_ptr<run_mail>;

/// Somebody who waits for new events of a run.
struct history_waiter {
  std::int64_t beyond_event_id = 0; ///< answered when next_event_id is greater, or the run is closed
  std::int64_t deadline_ns = 0;
  /// Called once, on the run's actor. `news` false: the time is up or the run cannot be read; its state may not be
  /// there.
  std::function<void(workflow_run&, bool news)> wake;
};

/// A query that has not been answered.
struct waiting_query {
  std::string id;
  uber::cadence::api::v1::WorkflowQuery query;
  std::int64_t deadline_ns = 0;
  call_ptr call; ///< QueryWorkflowResponse
};

/// One run of a workflow that is in memory. Carries out one command at a time; the others wait.
///
/// State is only a cache of the store: when the actor dies, or a commit does not end well, the state is dropped and the
/// next command loads it again. Spawned and supervised by its history shard, the only one that sends it commands.
class workflow_run final : public supervised_actor {
public:
  /// `state` null: load it. `fresh`: the run does not exist yet, the first command makes it.
  workflow_run(caf::actor_config& cfg, const actor_context& env, int shard_index, std::int64_t range_id,
               std::shared_ptr<shard_sequence> sequence, caf::actor shard, run_key key,
               std::shared_ptr<workflow::run> state,
               std::vector<std::shared_ptr<const uber::cadence::api::v1::History>> batches, bool fresh);
  ~workflow_run() override;

  const char* name() const override { return "workflow_run"; }
  void on_exit() override;

  // --- for commands
  [[nodiscard]] const actor_context& env() const { return env_; }
  [[nodiscard]] const run_key& key() const { return key_; }
  [[nodiscard]] workflow::run& state() {
    CADENZA_ASSERT(state_, "a run is asked for its state while it has one; run " + key_.run_id.str());
    return *state_;
  }
  [[nodiscard]] int shard_index() const { return shard_index_; }
  [[nodiscard]] const caf::actor& shard() const { return shard_; }
  [[nodiscard]] workflow::domain_ptr domain() const { return domain_; }
  [[nodiscard]] history_cache& cache() { return cache_; }
  [[nodiscard]] std::int64_t now() const { return env_.time->now_ns(); }
  [[nodiscard]] caf::actor me();

  /// Serialized events [from, to) of the run's current branch, for one page. `hand_over` runs on any thread, possibly
  /// at once. `more` is the first event id of the next page, 0 at the end.
  void read_events(std::int64_t from, std::int64_t to, int max_batches, std::int64_t max_bytes,
                   std::function<void(outcome<history_slice>)> hand_over);

  void wait_for_events(history_waiter waiter);

  /// Deletes the run with its history from the store, and then this actor. `receipt` (may be null) is done when it is
  /// gone; `hand_over` hears how it ended, on any thread.
  void remove(receipt_ptr receipt, std::function<void(outcome<void>)> hand_over);

  /// Takes a strong query that must see the pending decision; false when too many wait (run_queries.cpp).
  [[nodiscard]] bool buffer_query(waiting_query query);
  /// Sends a query to a worker on its own, sticky list first.
  void dispatch_query(waiting_query query);
  /// Queries that ride on the decision now handed to a worker.
  [[nodiscard]] riding_queries queries_for_decision();
  /// A decision was completed: answers, keeps or lets go the queries that rode on it.
  void decision_over(const uber::cadence::api::v1::RespondDecisionTaskCompletedRequest& body,
                     const workflow::completion_result& result);

  /// A command that comes before all that wait.
  void do_next(run_command_ptr command);

protected:
  caf::behavior make_behavior() override;

private:
  static constexpr int tries_max = 5; ///< of one command, when others wrote the run meanwhile

  class cached_events;

  void on_mail(run_mail& mail);
  void handle(run_loaded&);
  void handle(run_committed&);
  void handle(event_read&);
  void handle(leave_memory&);
  void handle(quit_now&);
  void handle(waiters_due& due);
  void handle(written_by_another&);
  void handle(waits_over&);

  /// Where the run's actor is in its life. A legal step is one of the table in workflow_run.cpp.
  enum class phase {
    fresh,      ///< the run does not exist: the first command makes it
    making,     ///< the write that makes it is under way
    absent,     ///< not in memory: the next command loads it
    loading,    ///< it is being read
    outdated,   ///< the same, but what is read may be older than what has been written: it is read once more
    ready,      ///< in memory as it is stored, and nothing under way
    fetching,   ///< in memory; an old event that a command needs is being read
    committing, ///< in memory as it will be stored when the write under way is
    left,       ///< given up: what still comes is sent back to the shard
  };
  [[nodiscard]] static const char* name_of(phase of);
  [[nodiscard]] static bool may_follow(phase before, phase after);
  /// Takes a step; the state and the command under way must be those of the new phase by then.
  void become(phase next);
  [[nodiscard]] bool is_new() const { return phase_ == phase::fresh || phase_ == phase::making; }
  [[nodiscard]] bool writing() const { return phase_ == phase::making || phase_ == phase::committing; }

  void load();
  void drop_state();
  void work();
  void execute(run_command_ptr command);
  [[nodiscard]] bool may_act(run_command_ptr& command, const workflow::environment& world,
                             const workflow::rules& rules);
  void build(run_command_ptr command, const workflow::environment& world);
  void not_made();
  void remember_requests(storage::shard_transaction& tx, const run_command& command) const;
  void submit(run_command_ptr command, workflow::changes made, std::shared_ptr<sequence_lease> lease,
              handed_tasks handed, const workflow::rules& rules);
  void fetch_event(const workflow::missing_event& missing);
  void give_up(const error& reason);
  void send_back(run_command_ptr command, bool closed);
  void wake_waiters();
  void arm_waiters();
  void expire_queries();
  void release_queries();
  void report_use();
  void send_query(waiting_query query, bool sticky);
  std::vector<std::pair<std::int64_t, std::int64_t>> pointless_timers();
  void remember_timers(const std::vector<record::v1::TimerTask>& added);

  const actor_context& env_;
  const int shard_index_;
  const std::int64_t range_id_;
  const std::shared_ptr<shard_sequence> sequence_;
  const caf::actor shard_;
  const run_key key_;
  workflow::domain_ptr domain_;

  phase phase_;
  std::shared_ptr<workflow::run> state_;          ///< null when it is not in memory
  std::optional<workflow::missing_event> wanted_; ///< while fetching

  std::deque<run_command_ptr> queue_;
  run_command_ptr committing_; ///< whose write is under way
  handed_tasks handed_;        ///< by the transaction that is being committed
  workflow::changes pending_;
  std::vector<std::string> pending_bytes_; ///< of pending_.batches, for the cache
  run_tally tally_;                        ///< of pending_
  history_cache cache_;
  std::vector<history_waiter> waiters_;
  std::vector<waiting_query> queries_;    ///< strong ones, until the pending decision is over
  std::int64_t armed_for_ns_ = INT64_MAX; ///< a waiters_due is on its way for then

  /// A timer of this run that may still be in the shard's memory.
  struct live_timer {
    record::v1::TimerType type;
    std::int64_t event_id;
    std::int64_t attempt;
    std::int64_t fire_ns;
    std::int64_t task_id;
  };
  std::vector<live_timer> live_timers_;
  std::int64_t reported_bytes_ = 0;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::run_mail_ptr)
