#include "actors/history/history_reader.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"

namespace cadenza::actors {

void workflow_run::read_events(std::int64_t from, std::int64_t to, int max_batches, std::int64_t max_bytes,
                               std::function<void(outcome<history_slice>)> hand_over) {
  CADENZA_ASSERT(from <= to && max_batches > 0, "a page of history has a beginning, an end and room for a batch");
  if (cache_.covers(from, to))
    return hand_over(cache_.slice(from, to, max_batches, max_bytes));
  CADENZA_ASSERT(state_, "a run that is in memory knows the branch of its history; run " + key_.run_id.str());
  read_branch(*env_.store, shard_index_, state_->current_branch().branch(), from, to, max_batches, max_bytes,
              std::move(hand_over));
}

} // namespace cadenza::actors
