#pragma once

#include "actors/base/engine.hpp"
#include "bridge/http/http_server.hpp"
#include "config/dynamic.hpp"
#include "messages/outcome.hpp"
#include "server/clusters_part.hpp"
#include "server/serve_store.hpp"

#include <string>

namespace cadenza {

/// Where backups go for a request that asks for `asked`: that directory, as it stands or below the configured one; ""
/// is the configured one itself. Anything that does not lie below it, through links or dots, is a bad request: whoever
/// may ask for a backup shall not fill, or look into, the rest of the disk.
[[nodiscard]] outcome<std::string> backup_directory_of(const std::string& configured, const std::string& asked);

/// What the HTTP side says of the stores:
///
/// - `GET /health` and `GET /ready`: 503 also while the store takes no writes; `/health` also
///   says which actors died lately, what cannot be read, and which other clusters are reached
/// - `POST /admin/backup/create?dir=…` (409 while another one is under way; the answer comes when the backup has been
///   read back), `GET /admin/backup/list?dir=…`, `POST /admin/backup/verify?dir=…&id=…`; `dir` as above, without `id`
///   the newest backup
///
/// `clusters` null: the cluster is alone. Before `start` of the server; all must outlive it.
void add_store_routes(bridge::http_server& to, const bridge::health_board& health, open_store& stores,
                      const actors::engine& engine, const clusters_part* clusters);

/// `GET /admin/config`: every key of the dynamic configuration with its default, what it means, and the values that
/// apply now. Before `start` of the server; both must outlive it.
void add_config_routes(bridge::http_server& to, const config::dynamic_config& dynamic);

} // namespace cadenza
