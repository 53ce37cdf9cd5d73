#pragma once

#include "storage/rocksdb/range_scan.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::storage::rocks {

/// Goes over the rows of [lower, upper) of a table in order, and steps over blocks that cannot be read: for queues, of
/// which the rest must be served when a part is lost. What stands in other files between the first and the last key of
/// a damaged block is given all the same; rows that those had deleted in the damaged file may come back.
class surviving_scan {
public:
  surviving_scan(const database& data, table from, std::string lower, std::string upper);

  /// Goes to the next row, at first to the first. False at the end, and at a failure that cannot be stepped over.
  [[nodiscard]] bool next();
  [[nodiscard]] std::string_view key() const { return scan_->key(); }
  [[nodiscard]] std::string_view value() const { return scan_->value(); }

  /// What was stepped over so far: keys from `first` on and before `end`.
  struct gap {
    std::string first;
    std::string end;
    std::string why;
  };
  [[nodiscard]] const std::vector<gap>& gaps() const { return gaps_; }
  /// Not ok: the scan has ended early.
  [[nodiscard]] const rocksdb::Status& failure() const { return failure_; }

private:
  [[nodiscard]] bool step_over(const rocksdb::Status& damage);
  [[nodiscard]] bool behind_damage();
  [[nodiscard]] bool readable_from(const std::string& key) const;
  [[nodiscard]] std::optional<std::string> end_of_damage(const std::string& from) const;
  void note_file(const rocksdb::Status& damage);

  const database& data_;
  const table from_;
  const std::string upper_;
  std::string at_; ///< where the scan begins, or the last row that was given
  bool ended_ = false;
  bool begun_ = false;                    ///< a row was given: at_ is its key
  std::optional<std::string> resume_;     ///< in a detour: where the damage ends
  std::optional<std::uint64_t> new_file_; ///< named by the last damage
  std::set<std::uint64_t> damaged_files_;
  std::optional<range_scan> scan_;
  std::vector<gap> gaps_;
  rocksdb::Status failure_;
};

[[nodiscard]] unreadable_range range_of(const surviving_scan::gap& gap, std::size_t offset, bool is_all,
                                        std::int64_t highest);

/// Says in a page what its scan has stepped over, and whether it ended early. Keys are ordered by the number behind
/// their first `offset` bytes; `is_all`: nothing follows it. `highest`: what the scan was asked for goes no further.
template <class Row>
void tell_gaps(page<Row>& result, const surviving_scan& scan, std::size_t offset, bool is_all, std::int64_t highest) {
  for (const auto& gap : scan.gaps()) {
    result.unreadable.push_back(range_of(gap, offset, is_all, highest));
    result.outcome = status::corrupted;
    result.message = gap.why;
  }
  if (!scan.failure().ok()) {
    result.unreadable.clear(); // there is more that nobody has looked at
    tell(result, scan.failure());
  }
}

} // namespace cadenza::storage::rocks
