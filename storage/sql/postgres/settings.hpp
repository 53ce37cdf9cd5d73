#pragma once

#include "config/server_config.hpp"
#include "messages/outcome.hpp"
#include "storage/sql/postgres/open.hpp"

namespace cadenza::storage::sql::postgres {

/// What a datastore of the configuration says, as options; the rest at its defaults. Errors: `bad_request` for an
/// address that is none.
[[nodiscard]] outcome<postgres_options> options_of(const config::sql_config& given);

} // namespace cadenza::storage::sql::postgres
