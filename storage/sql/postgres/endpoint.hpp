#pragma once

#include "messages/outcome.hpp"
#include "storage/probes.hpp"
#include "storage/sql/connection.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct pg_conn;

namespace cadenza::storage::sql::postgres {

/// Where a database is and who asks for it.
struct endpoint {
  std::string host = "127.0.0.1"; ///< name, address or directory of a socket; several with commas between
  std::string port = "5432";      ///< one, or one for each host
  std::string database;
  std::string user;
  std::string password; ///< empty: none, or what libpq finds by itself (PGPASSFILE)
  /// Other settings of libpq by name (sslmode, sslrootcert, sslcert, sslkey and so on).
  std::map<std::string, std::string> settings;
  std::chrono::seconds connect_timeout{5};
  std::chrono::seconds answer_timeout{60}; ///< of statements sent together; after it the connection is given up

  /// For people: host, port and database; never the password.
  [[nodiscard]] std::string label() const;
};

/// "host:port", "host" or several of them with commas between. A path is the directory of a socket; an IPv6 address
/// with a port stands in brackets. Errors: `bad_request` for a port that is none.
[[nodiscard]] outcome<void> set_address(endpoint& to, const std::string& address);

struct free_connection {
  void operator()(pg_conn* link) const;
};
using raw_connection = std::unique_ptr<pg_conn, free_connection>;

/// Connects; blocks up to `connect_timeout` for each host. With several hosts the first that takes writes. Errors:
/// `unavailable`, in words that name the database and no password.
[[nodiscard]] outcome<raw_connection> connect(const endpoint& to);

/// Makes connections for lanes and readers. Any thread.
[[nodiscard]] connector connector_to(const endpoint& to, const store_probes& probes);

} // namespace cadenza::storage::sql::postgres
