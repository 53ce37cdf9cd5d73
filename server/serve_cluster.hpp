#pragma once

#include "bridge/http/http_server.hpp"
#include "server/node_part.hpp"

#include <string>

namespace cadenza {

/// `GET /admin/cluster`: who belongs to the cluster and where everything is placed, as this server knows it:
///
/// - `self`: name of the node; `member`: whether it belongs to the cluster
/// - `members`: `name`, `grpc`, `http`, `link` (addresses), `roles`, `draining`, `build`, `started_ns`, `shards` (how
///   many are placed there)
/// - `shards`: for each history shard the name of the member, "" for nobody
///
/// `node` null: a server that is alone, under the name `alone_as`. Before `start` of the server; `node` must outlive
/// it.
void add_cluster_routes(bridge::http_server& to, const node_part* node, int shard_count, const std::string& alone_as);

} // namespace cadenza
