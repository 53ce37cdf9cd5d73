#pragma once

#include "messages/listed_run.hpp"
#include "storage/sql/connection.hpp"
#include "storage/sql/postgres/endpoint.hpp"

#include <memory>
#include <span>
#include <vector>

namespace cadenza::storage::visibility::postgres {

/// How many changes took effect.
struct write_result {
  std::int64_t listed = 0;
  std::int64_t removed = 0;
};

/// Writes the lists of one database where no transaction of a run does. One thread at a time.
class list_writer {
public:
  list_writer(const sql::postgres::endpoint& at, std::int64_t removed_kept_max, const store_probes& probes);

  /// In one transaction; each of another run. Errors: `unavailable`; nothing was changed then, or all, and writing it
  /// again does no harm.
  [[nodiscard]] outcome<write_result> write(const std::vector<listed_run>& rows);
  [[nodiscard]] outcome<void> clear();
  [[nodiscard]] outcome<bool> complete();
  [[nodiscard]] outcome<void> set_complete();

private:
  [[nodiscard]] outcome<std::vector<sql::row_set>> run(std::span<const sql::step> steps);

  sql::connector connect_;
  std::int64_t removed_kept_max_;
  std::unique_ptr<sql::connection> connection_;
};

} // namespace cadenza::storage::visibility::postgres
