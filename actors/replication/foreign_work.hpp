#pragma once

#include "messages/records.hpp"
#include "replication/activities.hpp"
#include "replication/apply.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace cadenza::actors {

/// One thing that another cluster has told of a run.
struct foreign_item {
  std::int64_t task_id = 0; ///< of the telling cluster's shard
  std::variant<replication::foreign_batch, replication::foreign_activity> what;
};

/// What another cluster tells of one workflow id, in the order in which it must be applied. Dropped before `over` was
/// called, nobody knows how much of it is done; all of it may be told again.
struct foreign_work {
  workflow_key key;
  std::string from; ///< the cluster that tells
  std::vector<foreign_item> items;
  /// Called once, on any thread, when each item is applied and on disk, or kept as a dead letter, or an error says why
  /// not all are: then all are told again later.
  std::function<void(outcome<void>)> over;
};

} // namespace cadenza::actors
