#pragma once

#include "messages/outcome.hpp"
#include "storage/sql/values.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cadenza::storage::sql {

/// How statements that were sent together ended.
enum class ended {
  done,             ///< all of them; a transaction that ended with them is on disk
  condition_failed, ///< a condition did not hold; nothing was changed
  refused,          ///< the database did not carry one out; nothing was changed
  lost,             ///< the connection broke first: nobody knows. It is of no use any more
};

struct exchange {
  ended how = ended::done;
  bool at_once = false; ///< refused, and worth being sent again at once (a deadlock was resolved)
  std::size_t failed_step = 0;
  std::string message;
  std::vector<row_set> rows; ///< of each statement, when all are done
};

/// A connection to one database. Blocks; for one thread at a time.
class connection {
public:
  virtual ~connection() = default;

  /// Sends all of them at once and waits: one transaction, unless they begin or end another one.
  [[nodiscard]] virtual exchange run(std::span<const step> steps) = 0;

  /// The same, but each is a transaction of its own and may end otherwise than the rest.
  [[nodiscard]] virtual std::vector<exchange> ask(std::span<const step> steps) = 0;
};

/// Makes a connection to one database; blocks for a bounded time. Any thread.
using connector = std::function<outcome<std::unique_ptr<connection>>()>;

} // namespace cadenza::storage::sql
