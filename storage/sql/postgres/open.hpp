#pragma once

#include "config/log_line.hpp"
#include "messages/outcome.hpp"
#include "storage/sql/postgres/endpoint.hpp"
#include "storage/sql/sql_store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace cadenza::storage::sql::postgres {

/// Which other processes may have a store open at the same time.
enum class tenancy {
  open,   ///< whoever wants to
  shared, ///< those that are `shared`, and not one that is `alone`
  alone,  ///< none that is `shared` or `alone`
};

struct postgres_options {
  std::vector<endpoint> databases; ///< one, or the same ones in the same order for ever
  int connections_max = 20;        ///< to each of them
  std::string program = "cadenza"; ///< noted in a database with each schema that it is brought to
  bool migrate = false;            ///< make a missing schema and bring an older one up to date
  tenancy sharing = tenancy::open; ///< refuse while a process has the store open that does not allow this
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
