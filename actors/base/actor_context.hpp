#pragma once

#include "actors/base/clock.hpp"
#include "actors/base/documents.hpp"
#include "actors/base/domain_source.hpp"
#include "actors/base/engine_counters.hpp"
#include "actors/base/engine_settings.hpp"
#include "actors/base/live_settings.hpp"
#include "actors/base/other_clusters.hpp"
#include "actors/base/other_nodes.hpp"
#include "actors/base/router.hpp"
#include "config/log_line.hpp"
#include "storage/store.hpp"
#include "workflow/environment.hpp"

#include <atomic>
#include <functional>
#include <string>

namespace cadenza {
class limit_warnings;
}

namespace cadenza::actors {

class poll_board;
class request_gate;
class troubles;
class workload;

/// What every actor of a node may use. Built once before the first actor, outlives the last one; immutable but for the
/// parts that synchronize themselves. No pointer is null: an actor is given everything that it may use (tests of one
/// actor may leave out what that one does not use).
struct actor_context {
  storage::store* store = nullptr;
  clock* time = nullptr;
  workflow::entropy* chance = nullptr; ///< thread-safe
  router* routes = nullptr;
  domain_source* domains = nullptr;
  engine_counters* counters = nullptr;
  engine_settings settings;
  const live_settings* live = nullptr;
  document_sink on_document = [](document_kind, const std::string&) {};
  limit_warnings* warnings = nullptr; ///< where is noted what goes beyond warning limits; thread-safe
  request_gate* gate = nullptr;       ///< limits of requests to runs; thread-safe
  poll_board* polls = nullptr;        ///< polls that runs may answer themselves; thread-safe
  /// The node is about to end: nobody waits for news of a run any more. The runs hear of it when it is set.
  std::atomic<bool> draining{false};
  troubles* wrong = nullptr;                          ///< what died and what cannot be read; thread-safe
  workload* work = nullptr;                           ///< counts what the workflows do; thread-safe
  other_nodes* others = &other_nodes::none();         ///< which lists and runs are not on this node, and the way there
  other_clusters* clusters = &other_clusters::none(); ///< the other clusters of the group, and the way there
  log::sink log;                                      ///< takes the log lines of the actors; thread-safe
};

/// Whether an isolation group is drained, for everybody or for this domain.
[[nodiscard]] bool is_drained(const actor_context& env, const workflow::domain_view& domain, const std::string& group);

} // namespace cadenza::actors
