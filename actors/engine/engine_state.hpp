#pragma once

#include "actors/base/troubles.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/matching/poll_board.hpp"
#include "actors/system/system_worker.hpp"

#include <atomic>

namespace cadenza::actors {

/// Everything the actors of a local engine point to.
struct local_engine::state {
  state(caf::actor_system& s, visibility_opener open, engine_options o, const clock& time, log::sink log)
    : system(s), open_visibility(std::move(open)), options(std::move(o)), routes(options.shard_count),
      wrong(time, std::move(log)) {}

  caf::actor_system& system;
  visibility_opener open_visibility;
  engine_options options;
  router routes;
  domain_source directory;
  engine_counters counters;
  request_gate gate;
  poll_board polls;
  troubles wrong;
  actor_context env;
  caf::actor root;
  engine* whole_cluster = nullptr;   ///< what the worker of the system works through; null: this engine
  std::shared_ptr<engine_link> link; ///< null without a worker of the system
  std::atomic<bool> ready{false};
  std::atomic<std::uint64_t> next_poll{1};
};

} // namespace cadenza::actors
