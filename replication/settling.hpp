#pragma once

#include "replication/apply.hpp"

namespace cadenza::replication {

/// The run that a batch with a first batch of its next run continues as.
[[nodiscard]] uuid next_run_of(const foreign_batch& batch);

/// The second half of applying a batch: which run of the workflow id is the current one from now on, and what becomes
/// of the run that was. Lives as long as one application.
class settling {
public:
  settling(const foreign_batch& batch, run_view& runs, const apply_context& context)
    : batch_(batch), runs_(runs), context_(context) {}

  /// Of the batch's branch what lies before the batch, from event `from_id` on. Its signals are delivered again with
  /// those of the batch if that loses: who had them may have gone on with a version that nobody knew of when they were
  /// delivered.
  void before_batch(const std::vector<workflow::batch>& history, std::int64_t from_id);

  /// The batch has been taken over by `tx`, on a run of the view, or on `made`, which is new. `tree_version`: of a new
  /// run whose history begins in another run's tree.
  [[nodiscard]] outcome<applied> finish(workflow::transaction& tx, std::unique_ptr<workflow::run> made,
                                        std::optional<std::int64_t> tree_version);
  /// The same for a run that was built anew.
  [[nodiscard]] outcome<applied> finish_rebuilt(workflow::transaction& tx, std::unique_ptr<workflow::run> made);
  /// The same for events that lie on a branch which is not the current one.
  [[nodiscard]] outcome<applied> finish_aside(workflow::transaction& tx);

  /// Closes a transaction into `out`. `made`: see `written_run`. True: what the current-run row says of the run
  /// changes.
  [[nodiscard]] outcome<bool> write(workflow::transaction& tx, std::unique_ptr<workflow::run> made, applied& out);
  /// `r` is the current run in `out`.
  void name_current(const workflow::run& r, applied& out);

  /// History of a run that was never stored.
  [[nodiscard]] rec::VersionHistories new_tree(const uuid& run_id);
  [[nodiscard]] static workflow::event_source& no_events();

private:
  enum class standing { current, zombie };
  struct next_run;

  [[nodiscard]] outcome<applied> settle(workflow::transaction& tx, std::unique_ptr<workflow::run> made,
                                        std::optional<std::int64_t> tree_version);
  [[nodiscard]] outcome<std::unique_ptr<next_run>> begin_next();
  [[nodiscard]] outcome<void> write_next(next_run& next, const workflow::run& before, standing as, applied& out);
  [[nodiscard]] outcome<void> suppress(workflow::run& loser, std::int64_t winner, applied& out);
  void note_signals(const workflow::run& of, applied& out);

  const foreign_batch& batch_;
  run_view& runs_;
  const apply_context& context_;
  std::vector<api::HistoryEvent> earlier_signals_;
};

} // namespace cadenza::replication
