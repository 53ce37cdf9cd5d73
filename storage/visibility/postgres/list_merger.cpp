#include "storage/visibility/postgres/list_merger.hpp"

#include "storage/visibility/rows/listed_rows.hpp"

namespace cadenza::storage::visibility::postgres {
namespace {

constexpr std::size_t run_column = 0;
constexpr std::size_t start_column = 1;

/// A row of one of the answers.
struct place {
  const sql::row_set* rows = nullptr;
  std::size_t row = 0;
};

int compare_values(const place& a, const place& b, const page_shape& shape) {
  if (shape.sort == sorted_by::start) {
    const auto left = a.rows->number(a.row, start_column);
    const auto right = b.rows->number(b.row, start_column);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  const auto left = a.rows->bytes(a.row, sort_column);
  const auto right = b.rows->bytes(b.row, sort_column);
  return shape.sort == sorted_by::number ? compare_decimals(left, right) : left.compare(right);
}

/// Runs without a value come last in both directions.
bool before(const place& a, const place& b, const page_shape& shape) {
  const bool has_left = shape.sort == sorted_by::start || a.rows->has(a.row, sort_column);
  const bool has_right = shape.sort == sorted_by::start || b.rows->has(b.row, sort_column);
  if (has_left != has_right)
    return has_left;
  if (has_left)
    if (const int order = compare_values(a, b, shape); order != 0)
      return shape.descending ? order > 0 : order < 0;
  return a.rows->id(a.row, run_column) < b.rows->id(b.row, run_column);
}

page_position position_of(const place& at, const page_shape& shape) {
  page_position out;
  out.run_id = at.rows->id(at.row, run_column);
  if (shape.sort == sorted_by::start)
    out.value = at.rows->number(at.row, start_column);
  else if (at.rows->has(at.row, sort_column))
    out.value = at.rows->text(at.row, sort_column);
  return out;
}

outcome<void> fill(const place& at, uber::cadence::api::v1::WorkflowExecutionInfo& info) {
  stored_row row;
  row.run_id = at.rows->id(at.row, run_column);
  row.workflow_id = at.rows->bytes(at.row, 2);
  row.closed = at.rows->number(at.row, 3) != 0;
  row.execution_status = at.rows->number(at.row, 4);
  row.record = at.rows->bytes(at.row, 5);
  return read_row(row, info);
}

} // namespace

outcome<list_page> merge_page(std::span<const sql::row_set> found, const page_shape& shape) {
  list_page page;
  std::vector<std::size_t> next(found.size());
  place last;
  while (true) {
    place first;
    std::size_t of = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (next[i] >= found[i].size())
        continue;
      const place candidate{&found[i], next[i]};
      if (first.rows == nullptr || before(candidate, first, shape)) {
        first = candidate;
        of = i;
      }
    }
    if (first.rows == nullptr)
      return page;
    if (page.executions.size() == shape.size) {
      page.next_page_token = write_token(shape.kind, position_of(last, shape));
      return page;
    }
    CADENZA_TRY(fill(first, *page.executions.Add()));
    last = first;
    ++next[of];
  }
}

} // namespace cadenza::storage::visibility::postgres
