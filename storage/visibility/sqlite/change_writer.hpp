#pragma once

#include "storage/visibility/sqlite/domain_numbers.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <span>

namespace cadenza::storage::visibility {

struct run_values;

/// Turns changes into rows. Owns the prepared statements of the writing connection, which must outlive it.
class change_writer {
public:
  [[nodiscard]] static outcome<change_writer> create(connection& on, std::int64_t removed_kept_max);

  /// See visibility_store.
  [[nodiscard]] outcome<apply_result> apply(std::span<const visibility_change> changes);
  [[nodiscard]] outcome<void> clear();

private:
  struct stored_run {
    std::int64_t id = 0; ///< 0: there is none
    std::int64_t task_id = 0;
    std::int64_t attributes_hash = 0;
  };

  change_writer(connection& on, std::int64_t removed_kept_max) : on_(&on), removed_kept_max_(removed_kept_max) {}

  [[nodiscard]] outcome<apply_result> apply_all(std::span<const visibility_change> changes);
  /// True when the change took effect, false when it was too old.
  [[nodiscard]] outcome<bool> apply_one(const visibility_change& change);
  [[nodiscard]] outcome<stored_run> find(std::int64_t domain, const visibility_change& change);
  [[nodiscard]] outcome<bool> removed_later(std::int64_t domain, const visibility_change& change);
  [[nodiscard]] outcome<bool> remove(std::int64_t domain, const stored_run& run, const visibility_change& change);
  [[nodiscard]] outcome<void> write_attributes(std::int64_t domain, std::int64_t run, const run_values& values,
                                               std::int64_t old_hash);
  [[nodiscard]] outcome<void> forget_oldest_removed();

  connection* on_;
  std::int64_t removed_kept_max_;
  domain_numbers domains_;
  statement find_, insert_, update_, delete_run_;
  statement delete_attributes_, insert_attribute_;
  statement find_removed_, insert_removed_, trim_removed_;
};

} // namespace cadenza::storage::visibility
