#pragma once

#include "messages/outcome.hpp"
#include "messages/records.hpp"
#include "replication/apply.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// Signals of a run that has lost its place.
struct told_signals {
  replication::known_run origin;
  std::optional<replication::known_run> winner; ///< of the run's place
  std::vector<uber::cadence::api::v1::HistoryEvent> events;
};

/// What another cluster tells of one workflow id, in the order in which it must be applied. Dropped before its end, it
/// ends with UNAVAILABLE by itself: nobody knows how much of it is done, and all of it may be told again.
struct foreign_work {
  workflow_key key;
  std::string from;     ///< the cluster that tells
  int source_shard = 0; ///< its shard, whose task ids the items have
  /// All about `key`, each a batch or an activity.
  std::vector<std::shared_ptr<const wire::v1::FeedItem>> items;
  /// Instead of items: they are delivered to the current run, here where its domain is active.
  std::optional<told_signals> signals;
  /// Called once, on any thread, when each item is applied and on disk, or kept as a dead letter, or an error says why
  /// not all are: then all are told again later. Must only send a message.
  std::function<void(outcome<void>)> over;

  foreign_work() = default;
  foreign_work(const foreign_work&) = delete;
  foreign_work& operator=(const foreign_work&) = delete;
  ~foreign_work() { finish(unavailable("what another cluster has told was dropped")); }

  /// Says how it ended; only the first time counts.
  void finish(outcome<void> how) {
    if (auto tell = std::exchange(over, nullptr))
      tell(std::move(how));
  }
};

} // namespace cadenza::actors
