#include "actors/history/history_reader.hpp"
#include "actors/runs/workflow_run.hpp"

namespace cadenza::actors {

void workflow_run::read_events(std::int64_t from, std::int64_t to, int max_batches, std::int64_t max_bytes,
                               std::function<void(outcome<history_slice>)> hand_over) {
  if (cache_.covers(from, to))
    return hand_over(cache_.slice(from, to, max_batches, max_bytes));
  read_branch(*env_.store, shard_index_, state_->current_branch().branch(), from, to, max_batches, max_bytes,
              std::move(hand_over));
}

} // namespace cadenza::actors
