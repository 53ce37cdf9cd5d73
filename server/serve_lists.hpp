#pragma once

#include "actors/visibility/visibility_rebuild.hpp"
#include "config/server_config.hpp"
#include "storage/visibility/postgres/postgres_lists.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

/// The lists of runs of a store that keeps them in its databases.
namespace cadenza {

/// Opens them where a datastore is.
[[nodiscard]] outcome<std::unique_ptr<storage::postgres_lists>> open_lists(const config::sql_config& of,
                                                                           const storage::store_probes& probes);

/// Puts the runs that were there before the lists into them, unless that was done; blocks as long as it takes to read
/// every run. Nothing else may write the store meanwhile. What it is interrupted in is done again.
[[nodiscard]] outcome<void> complete_lists(storage::postgres_lists& lists, const actors::rebuild_source& runs);

/// Why lists that are not complete are not used.
[[nodiscard]] error incomplete_lists(const std::string& where);

/// How the cluster was made; nothing before its first start. Blocks.
struct cluster_facts {
  int shard_count = 0;
  std::string name;
};
[[nodiscard]] outcome<std::optional<cluster_facts>> read_cluster_facts(storage::store& store);

} // namespace cadenza
