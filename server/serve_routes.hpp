#pragma once

#include "bridge/http/http_server.hpp"
#include "config/dynamic.hpp"
#include "server/serve_store.hpp"

namespace cadenza {

/// What the HTTP side says of the stores:
///
/// - `GET /health`: 503 also while the store takes no writes
/// - `POST /admin/backup/create?dir=…`, `GET /admin/backup/list?dir=…`, `POST /admin/backup/verify?dir=…&id=…`;
///   without `dir` the configured directory, without `id` the newest backup
///
/// Before `start` of the server; both must outlive it.
void add_store_routes(bridge::http_server& to, const bridge::health_board& health, open_store& stores);

/// `GET /admin/config`: every key of the dynamic configuration with its default, what it means, and the values that
/// apply now. Before `start` of the server; both must outlive it.
void add_config_routes(bridge::http_server& to, const config::dynamic_config& dynamic);

} // namespace cadenza
