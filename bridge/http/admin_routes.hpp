#pragma once

#include "actors/base/engine.hpp"
#include "bridge/http/http_server.hpp"

#include <chrono>

namespace cadenza::bridge {

/// What our own command line asks for and the contract has no RPC for:
///
/// - `GET /admin/actors` → `[{"path", "kind", "restarts", "mailbox"}]`
/// - `POST /admin/actors/kill?path=…` → `{"killed": path}`; 400 with the reason when the engine refuses
///
/// Each waits for the engine at most `patience`, then answers 503.
void add_actor_routes(http_server& to, actors::engine& engine, std::chrono::milliseconds patience);

} // namespace cadenza::bridge
