#pragma once

#include "messages/outcome.hpp"
#include "messages/uuid.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"

#include <optional>
#include <unordered_map>

namespace cadenza::storage::visibility {

/// The small numbers that stand for domain ids in rows and indexes. A number is never given to another domain, so what
/// was read once may be remembered; there are as many as there are domains.
class domain_numbers {
public:
  /// Nothing when no run of the domain was ever stored.
  [[nodiscard]] outcome<std::optional<std::int64_t>> find(connection& on, const uuid& domain_id);

  /// Gives the domain a number if it has none; within the caller's transaction.
  [[nodiscard]] outcome<std::int64_t> find_or_add(connection& on, const uuid& domain_id);

  /// After a rollback: numbers given in the transaction are void.
  void forget() { known_.clear(); }

private:
  std::unordered_map<uuid, std::int64_t> known_;
};

} // namespace cadenza::storage::visibility
