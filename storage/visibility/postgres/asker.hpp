#pragma once

#include "storage/sql/postgres/endpoint.hpp"
#include "storage/sql/values.hpp"
#include "storage/visibility/postgres/query_sql.hpp"

#include <chrono>
#include <span>
#include <vector>

namespace cadenza::storage::visibility::postgres {

/// A connection for statements that are made as they are needed. One thread at a time.
class asker {
public:
  /// `longest`: what takes longer is given up with limit_exceeded.
  asker(sql::postgres::endpoint at, std::chrono::milliseconds longest, store_probes probes);
  ~asker();
  asker(asker&&) noexcept = default;
  asker& operator=(asker&&) = delete;

  /// Connects when there is no connection; blocks for a bounded time. Errors: `unavailable`.
  [[nodiscard]] outcome<void> connect();

  /// Sends one statement. False: the connection is lost.
  [[nodiscard]] bool send(const built_sql& what);

  /// What became of the one sent last, and whether the connection was lost over it: then it may be sent again on
  /// another one. Errors: limit_exceeded, unavailable, internal_data_inconsistency when the database found damage.
  [[nodiscard]] outcome<sql::row_set> take(bool& lost);

private:
  void drop();

  sql::postgres::endpoint at_;
  std::chrono::milliseconds longest_;
  store_probes probes_;
  sql::postgres::raw_connection link_;
};

/// Asks all of them at the same time, each its own question; an answer for each, or the first error.
[[nodiscard]] outcome<std::vector<sql::row_set>> ask_all(std::span<asker> all, std::span<const built_sql> questions);

} // namespace cadenza::storage::visibility::postgres
