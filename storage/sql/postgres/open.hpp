#pragma once

#include "config/log_line.hpp"
#include "messages/outcome.hpp"
#include "storage/sql/postgres/endpoint.hpp"
#include "storage/sql/sql_store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace cadenza::storage::sql::postgres {

struct postgres_options {
  std::vector<endpoint> databases; ///< one, or the same ones in the same order for ever
  int connections_max = 20;        ///< to each of them
  std::string program = "cadenza"; ///< noted in a database with each schema that it is brought to
  bool migrate = false;            ///< make a missing schema and bring an older one up to date
  bool alone = false;              ///< refuse while another process that asked for this has the store open
  limits bounds;
  store_probes probes;
  /// One line each, never with a password; on any thread, must not block. May be empty.
  log::sink log;
};

/// Opens a store on PostgreSQL. Errors: `unavailable` when a database cannot be reached, `bad_request` when it is not
/// one of this cluster, has a schema that this program does not know, or is a Go server's; the words name the command
/// that mends it.
[[nodiscard]] outcome<std::unique_ptr<store>> open_postgres(postgres_options options);

} // namespace cadenza::storage::sql::postgres
