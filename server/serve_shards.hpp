#pragma once

#include "bridge/http/http_server.hpp"
#include "server/serve_store.hpp"

namespace cadenza {

/// What operators see of, and do to, the stored state of a history shard; `shard=N` names it:
///
/// - `GET /admin/shards/row`: its row
/// - `GET /admin/shards/timers?from_ns=…&from_id=…&to_ns=…&limit=…`: its stored timer tasks in order of fire time, and
///   `next` {fire_ns, task_id} when there are more
/// - `GET /admin/shards/history?tree=…&branch=…&from=…&to=…&page=…`: the stored batches of a branch's own nodes whose
/// first
///   event id is in [from, to), as base64, and `next` when there are more
/// - `POST /admin/shards/range?range_id=…`: raises its range id. Whoever holds it loses it at its next write, and takes
///   it anew; nothing that was acknowledged is lost
///
/// Before `start` of the server; `stores` must outlive it.
void add_shard_routes(bridge::http_server& to, open_store& stores);

} // namespace cadenza
