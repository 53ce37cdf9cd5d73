#pragma once

#include "actors/runs/shard_mail.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <caf/actor.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace cadenza::actors {

/// The incarnation of a history shard that a change is made for.
struct shard_place {
  const services& env;
  int index = 0;
  std::int64_t range_id = 0;
  std::shared_ptr<shard_sequence> sequence;
  caf::actor shard;
};

/// What of a run must be known to remove it. Without branches its history stays.
struct stored_run {
  run_key key;
  std::vector<record::v1::HistoryBranch> branches;
  std::int64_t version = 0; ///< of its last write
};

/// Deletes a run's rows, its current-run row and what of its history no other branch reads, in one commit, and with a
/// durable task its visibility record. The shard hears of it and ends the run's actor; what that actor was about to
/// write then fails, for want of the run. `receipt` (may be null) is done when the rows are gone; `hand_over` hears how
/// it ended, on any thread.
void remove_stored_run(const shard_place& at, stored_run run, receipt_ptr receipt,
                       std::function<void(outcome<void>)> hand_over);

} // namespace cadenza::actors
