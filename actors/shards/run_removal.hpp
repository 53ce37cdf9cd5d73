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
  const actor_context& env;
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

/// Removes a run in two steps, each of which may be done again. The first, one commit, takes away its rows, its
/// current-run row and the rows of its branches, and leaves durable tasks for the rest: its record in the lists, and
/// what of its history no other branch reads. The second carries out the latter.
///
/// The shard hears of the first step and ends the run's actor; what that actor was about to write then fails, for want
/// of the run. `receipt` (may be null) is done with the first step; `hand_over` hears when both are over, or how the
/// first failed, on any thread.
void remove_stored_run(const shard_place& at, stored_run run, receipt_ptr receipt,
                       std::function<void(outcome<void>)> hand_over);

/// The second step: drops the nodes of a removed run's branches, and of those they share, that no branch with a row
/// reads. `receipt` is done when they are gone; it goes undone when that failed.
void remove_history(const shard_place& at, std::vector<record::v1::HistoryBranch> branches, receipt_ptr receipt,
                    std::function<void()> over);

} // namespace cadenza::actors
