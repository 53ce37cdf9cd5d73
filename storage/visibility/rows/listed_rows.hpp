#pragma once

#include "messages/listed_run.hpp"
#include "messages/outcome.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Runs as databases that keep their lists in columns of their own see them.
namespace cadenza::storage::visibility {

/// The execution status that a change says or means, numbered as queries number it, from 0.
[[nodiscard]] std::int64_t execution_status_of(const visibility_change& change);

/// Whether the change can be stored at all.
[[nodiscard]] outcome<void> check_change(const visibility_change& change);

/// The newest change of each run: a short run's start and end, arriving together, become one write.
[[nodiscard]] std::vector<const visibility_change*> newest_of_each(std::span<const visibility_change> changes);

/// A text as databases take it: U+0000, which they have no room for, and U+0001 become two characters each, so that
/// texts stay different and in their order. What is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::string storable_text(std::string_view text);

/// All digits of a number, so that it sorts and compares with others in a column of decimal numbers.
[[nodiscard]] std::string decimal(double value);

/// What it was, but for what was no UTF-8.
[[nodiscard]] std::string original_text(std::string_view stored);

/// The row that a change makes, or the removal of one. The change can be stored (`check_change`).
[[nodiscard]] listed_run row_of(const visibility_change& change);

/// What a stored row says of a run.
struct stored_row {
  std::string_view workflow_id; ///< as `storable_text` made it
  uuid run_id;
  bool closed = false;
  std::int64_t execution_status = 0;
  std::string_view record;
};

/// Fills a list entry. An undecodable record is damage.
[[nodiscard]] outcome<void> read_row(const stored_row& row, uber::cadence::api::v1::WorkflowExecutionInfo& info);

/// Puts a time into its message.
void set_time(google::protobuf::Timestamp& time, std::int64_t ns);

} // namespace cadenza::storage::visibility
