#pragma once

#include "actors/visibility_writer.hpp"
#include "config/metrics.hpp"
#include "config/server_config.hpp"
#include "storage/store.hpp"

#include <memory>
#include <string>

namespace cadenza {

/// The stores of a server.
struct open_store {
  std::unique_ptr<storage::store> store;
  actors::visibility_opener open_visibility;
  int shard_count = 0;          ///< as fixed at the first start
  std::string directory;        ///< "" when everything is in memory
  std::string backup_directory;
};

/// Opens what the configuration names. Refuses a data directory made with another number of history shards, and one
/// that another process has open.
[[nodiscard]] outcome<std::unique_ptr<open_store>> open_stores(const config::server_config& c,
                                                               metrics::registry& registry);

} // namespace cadenza
