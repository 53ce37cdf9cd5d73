#pragma once

#include "workflow/environment.hpp"
#include "workflow/run.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cadenza::workflow {

/// Stored events of a run that the engine has at hand.
class event_source {
public:
  virtual ~event_source() = default;
  /// The event, or null when it is not at hand. `batch_first_id` is the first event id of the stored batch it is in.
  [[nodiscard]] virtual const api::HistoryEvent* find(std::int64_t event_id, std::int64_t batch_first_id) = 0;
};

/// An event that a rule needs and that the event source did not have.
struct missing_event {
  std::int64_t event_id = 0;
  std::int64_t batch_first_id = 0;
};

/// Gives out shard task ids, growing within one incarnation of a shard and across them.
class task_id_source {
public:
  virtual ~task_id_source() = default;
  /// The first of `count` consecutive ids.
  [[nodiscard]] virtual std::int64_t reserve(std::int64_t count) = 0;
  /// Timer tasks with the ids reserved last must not fire before this, unix ns: the shard may already count its queue
  /// as done up to here.
  [[nodiscard]] virtual std::int64_t earliest_timer_ns() const { return 0; }
};

struct successor;

/// Everything a closed transaction wants written, in one atomic step.
struct changes {
  run_mutation mutation;
  std::vector<history_append> history;
  /// The events of `history`, parsed, one entry per batch: for caches and waiting readers.
  std::vector<std::shared_ptr<const api::History>> batches;
  std::vector<rec::TransferTask> transfer;
  std::vector<rec::TimerTask> timers;
  std::vector<rec::ReplicationTask> replication;
  /// Set when the current-run row must change: its new content.
  std::optional<rec::CurrentRun> current;
  /// The run that follows this one in the same atomic step (continue-as-new, cron, retry). `current` then names it.
  std::unique_ptr<successor> next;
  /// First task id and number of ids this transaction took, those of a successor it closed included: the two runs' ids
  /// lie between each other, replication tasks last. In a successor: its own first id and number.
  std::int64_t first_task_id = 0;
  std::int64_t task_id_count = 0;
  bool closed_run = false; ///< this transaction closed the run
  /// The branch of history that this transaction begins.
  std::optional<branch_row> new_branch;
  /// With a new branch that shares another's history: the version with which its tree was read. Nothing: the tree is
  /// new as well.
  std::optional<std::int64_t> tree_version;
};

/// One step of one run: commands add events and tasks to it, and `close` turns them into what must be written.
///
/// Lifetime: one command. A transaction that is not closed undoes all its changes to the run when it ends. After
/// `close` the run counts as changed: if the write then fails, the run must be dropped and loaded again.
class transaction {
public:
  transaction(run& subject, const environment& env, event_source& events);
  ~transaction();
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  // --- reading
  [[nodiscard]] const run& state() const { return run_; }
  [[nodiscard]] const environment& env() const { return env_; }
  [[nodiscard]] std::int64_t now() const { return env_.now_ns; }
  /// Version written into this transaction's events.
  [[nodiscard]] std::int64_t version() const { return version_; }
  /// A stored or just added event; null ⇒ `missing()` says what to fetch before the command is tried again.
  [[nodiscard]] const api::HistoryEvent* event(std::int64_t event_id, std::int64_t batch_first_id);
  [[nodiscard]] const std::optional<missing_event>& missing() const { return missing_; }

  // --- events
  /// Stamps id, time and version on `e` (type and attributes set by the caller), lets `apply` change the state by it,
  /// and keeps it for the batch. Events that may come at any time get the id -123 and find their place when the
  /// transaction closes or the buffer is flushed. The reference is valid until the next call.
  const api::HistoryEvent& add(api::HistoryEvent e);
  /// As `add`, with a time of its own (transient decisions, activities with a retry policy write events late).
  const api::HistoryEvent& add_at(api::HistoryEvent e, std::int64_t time_ns);
  /// Gives ids to everything buffered: in the order of arrival, but ends of activities and children come last, behind
  /// their starts. Only while no decision is started.
  void flush_buffered();
  /// Stored or new events wait in the buffer.
  [[nodiscard]] bool has_buffered_events() const;
  /// Removes a buffered or not yet numbered TimerFired of this timer id. Its started event id when there was one.
  [[nodiscard]] std::optional<std::int64_t> take_buffered_timer_fired(const std::string& timer_id);
  /// The id that `add` would give to an event that is not bufferable.
  [[nodiscard]] std::int64_t next_event_id() const { return run_.head_.next_event_id(); }
  /// First event id of the batch that events added now belong to.
  [[nodiscard]] std::int64_t batch_first_id() const;
  /// Events added from now on start a new stored batch (transient decisions: [scheduled, started] then [completed…]).
  void start_new_batch();
  /// True when an event has been added or numbered in this transaction.
  [[nodiscard]] bool has_new_events() const;

  // --- tasks; fire times are cut to whole milliseconds and never lie in the past
  rec::TransferTask& add_transfer(rec::TransferType type);
  rec::TimerTask& add_timer(rec::TimerType type, std::int64_t fire_ns);
  [[nodiscard]] std::vector<rec::TransferTask>& transfer_tasks() { return out_.transfer; }
  [[nodiscard]] std::vector<rec::TimerTask>& timer_tasks() { return out_.timers; }

  // --- state, for apply() and the rules of workflow/ only
  [[nodiscard]] rec::Run& head() { return run_.head_; }
  [[nodiscard]] rec::RunFixed& edit_fixed(); ///< the fixed row is written again
  [[nodiscard]] pending_activities& activities() { return run_.activities_; }
  [[nodiscard]] pending_timers& timers() { return run_.timers_; }
  [[nodiscard]] tracked_map<std::int64_t, rec::PendingChild>& children() { return run_.children_; }
  [[nodiscard]] tracked_map<std::int64_t, rec::PendingCancelRequest>& cancel_requests() {
    return run_.cancel_requests_;
  }
  [[nodiscard]] tracked_map<std::int64_t, rec::PendingSignal>& signals() { return run_.signals_; }
  [[nodiscard]] tracked_map<std::string, rec::SignalRequest>& signal_requests() { return run_.signal_requests_; }
  /// Legal transitions only; an illegal one is a broken invariant.
  void set_state(int state, int close_status);
  /// The run that follows this one in the same write.
  void set_successor(std::unique_ptr<successor> next);
  /// Replaces the version histories' current branch token etc. (reset, replication).
  void set_version_histories(rec::VersionHistories histories);

  // --- states rebuilt from history (replay.cpp)
  /// Applies the events of one stored batch as they are: nothing is stamped, and `close` does not write them again.
  /// Version histories, next event id and history size follow. internal_data_inconsistency, with the run in between,
  /// when the events do not follow the ones before or cannot happen to a run in this state.
  [[nodiscard]] outcome<void> replay(const api::History& stored);
  /// Ends the transaction: the run keeps its changes, and nothing is to be written for them.
  void keep();

  // --- what other clusters have written (replicated.cpp)
  /// From here on nothing of this transaction is told to other clusters, and it may add no events of its own.
  void write_passively();
  /// Applies a batch that another cluster has written and keeps it for the current branch as it is, with its writer's
  /// ids. Only in a passive transaction. Errors as `replay`; nothing of the transaction may be kept then.
  [[nodiscard]] outcome<void> take_over(std::shared_ptr<api::History> foreign);
  /// Keeps such a batch for a branch that is not the current one: the state stays as it is.
  void take_over_aside(int branch, std::shared_ptr<const api::History> foreign);
  /// The branch's row is written as well. `tree_version`: with which its history tree was read; nothing when the tree
  /// begins with it.
  void begin_branch(int branch, std::optional<std::int64_t> tree_version);
  /// The run, which has no events yet, is built anew in place of `old`: the write replaces its rows. What `old` knows
  /// and no event tells is taken over with the last batch. `shared_id`: the last event that both have.
  void replace(const run& old);
  void finish_replacing(const run& old, std::int64_t shared_id);
  /// Adds the tasks for what the batches taken over have changed. Errors: `missing()`.
  void add_tasks_of_batches();

  // --- the end
  /// Undoes everything so far and starts over (a decision that turns out bad as a whole).
  void restart();

  /// What is to come would make the transaction larger than it may be: `close` refuses it, and nothing more need be
  /// added. `bytes`: at least so many there would be.
  void note_too_large(std::size_t bytes) { too_large_ = bytes; }

  /// Flushes what may be flushed, fails a decision that has too many buffered events behind it, gives ids, generates
  /// activity and user timer tasks, close tasks and replication tasks, and serializes. `limit_exceeded` when the
  /// transaction is larger than rules.transaction_size_max (the run is then unchanged).
  [[nodiscard]] outcome<changes> close(task_id_source& ids);

private:
  struct id_block; ///< task ids being given out
  /// Timers that have fired into stored buffered events, found by their ids. Made when the first is asked for.
  struct fired_timers {
    struct place {
      std::int64_t row = 0;
      std::int64_t started_id = 0;
    };
    std::unordered_map<std::string, place> waiting;
    std::map<std::int64_t, std::set<std::string>> taken; ///< by row; the events go when the rows are looked at
  };

  void undo();
  [[nodiscard]] error refuse_size(std::size_t bytes);
  void append(api::HistoryEvent&& e, std::int64_t event_id);
  [[nodiscard]] api::History& open_batch();

  // The steps of `close`, apart so that a successor's ids can be laid between the run's own.
  void prepare_close();
  void settle_upserts();
  void store_buffered();
  [[nodiscard]] bool too_much_buffered() const;
  void drop_buffered();
  void drop_taken_timers();
  void index_fired_timers();
  void add_replication_tasks();
  void announce_next(transaction& next);
  void append_node(const api::History& batch, const rec::HistoryBranch& branch, std::int64_t txn_id);
  [[nodiscard]] std::int64_t count_ids() const;
  void number_events(id_block& ids);
  void number_tasks(id_block& ids, std::int64_t earliest_timer_ns);
  void number_replication(id_block& ids);
  /// Serializes the batches; their bytes.
  [[nodiscard]] std::size_t write_history();
  void write_rows();

  run& run_;
  const environment& env_;
  event_source& events_;
  std::int64_t version_ = 0;
  std::optional<missing_event> missing_;

  rec::Run saved_head_;
  std::optional<rec::RunFixed> saved_fixed_;

  /// Numbered events of this transaction, one entry per stored batch. Event ids are consecutive across all of them.
  std::vector<std::shared_ptr<api::History>> batches_;
  /// Events of this transaction without a number yet, in order of arrival.
  std::deque<api::HistoryEvent> unnumbered_;
  std::optional<fired_timers> fired_;
  changes out_;
  std::size_t too_large_ = 0;
  bool closed_ = false;
  bool passive_ = false;
  /// Batches for other branches than the current one, with the numbers of their branches. Passive transactions only.
  std::vector<std::pair<int, std::shared_ptr<const api::History>>> aside_;
  /// Of a passive transaction: ids under which the batches are stored, those aside last.
  std::vector<std::int64_t> txn_ids_;
};

/// A run made by the transaction of another one. Either `open` is set, and the `close` of the transaction it was given
/// to closes it and fills `made`; or it is null, and `made` is filled already (reset).
struct successor {
  std::unique_ptr<run> state;
  std::unique_ptr<transaction> open; ///< on `*state`; null once closed
  changes made;
};

} // namespace cadenza::workflow
