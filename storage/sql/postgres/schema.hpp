#pragma once

#include "messages/outcome.hpp"
#include "storage/sql/postgres/endpoint.hpp"

#include <optional>
#include <string>
#include <vector>

/// The schema of a database: looking at it and changing it. Everything here blocks.
namespace cadenza::storage::sql::postgres {

/// What a database has of ours.
struct schema_state {
  bool foreign = false; ///< has the tables of a Go server, which are neither read nor written
  bool set_up = false;  ///< has the table of versions
  int version = 0;      ///< 0: set up, and nothing more
  int works_for = 0;    ///< programs that know this version or a later one may use it
};

/// The version that this program makes.
[[nodiscard]] int newest_schema();

[[nodiscard]] outcome<schema_state> look_at_schema(pg_conn* link);

/// Nothing when this program may use a database in this state; else a sentence that says why not and names the command
/// that mends it.
[[nodiscard]] std::optional<std::string> why_not(const schema_state& state, const endpoint& of);

/// Makes the table of versions, with version 0. No error when it is there. `bad_request` for a foreign database.
[[nodiscard]] outcome<void> set_up_schema(pg_conn* link, const std::string& program);

/// Carries out what is between the version that is there and `to`, each step in a transaction; `told` gets a line for
/// each. Two at a time are no harm: the second waits and finds it done. `dry`: only tells.
[[nodiscard]] outcome<int> migrate(pg_conn* link, int to, const std::string& program, bool dry,
                                   std::vector<std::string>& told);

/// Drops our tables and nothing else.
[[nodiscard]] outcome<void> drop_schema(pg_conn* link);

/// Of the server that `to` names; its `database` is what is made or dropped.
[[nodiscard]] outcome<void> create_database(const endpoint& to);
[[nodiscard]] outcome<void> drop_database(const endpoint& to);

} // namespace cadenza::storage::sql::postgres
