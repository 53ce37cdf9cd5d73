#pragma once

#include "storage/sql/postgres/open.hpp"
#include "tests/storage/support.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace cadenza::storage::test {

/// A real PostgreSQL server of Debian's on a directory of its own: it listens on a free port of loopback, runs as a
/// user without rights, and ends with the object. A machine that has none fails the test.
class postgres_server {
public:
  explicit postgres_server(std::string settings = "");
  ~postgres_server();
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  [[nodiscard]] sql::postgres::endpoint database(const std::string& name) const;
  [[nodiscard]] int port() const { return port_; }

  void start();
  /// As a crash of the machine's: no goodbye. Returns when it and its children are gone.
  void kill();

private:
  [[nodiscard]] int run(const std::string& command) const;
  [[nodiscard]] std::string data() const { return directory_ / "data"; }

  temporary_directory directory_;
  std::string settings_;
  std::string programs_;
  int port_ = 0;
};

/// The one that tests of the contract share: started with the first of them, ended with the program.
[[nodiscard]] postgres_server& shared_postgres();

/// A database with the schema, made anew.
[[nodiscard]] sql::postgres::endpoint fresh_database(postgres_server& on, const std::string& name);

/// Options for few connections and little patience.
[[nodiscard]] sql::postgres::postgres_options options_for(std::vector<sql::postgres::endpoint> databases);

/// Opens or fails the test.
[[nodiscard]] std::unique_ptr<store> open_store(sql::postgres::postgres_options options);

/// Stores on one and on four databases, emptied first.
[[nodiscard]] std::unique_ptr<under_test> make_postgres();
[[nodiscard]] std::unique_ptr<under_test> make_postgres_4();

/// Carries out a statement by itself; fails the test with it. The first field of the first row.
std::string query(const sql::postgres::endpoint& at, const std::string& text);

} // namespace cadenza::storage::test
