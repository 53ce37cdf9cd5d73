#pragma once

#include "messages/records.hpp"

#include <algorithm>
#include <tuple>

namespace cadenza::workflow::test {

/// Applies a mutation to stored rows as a store would.
inline void apply_mutation(run_rows& rows, const run_mutation& mutation) {
  rows.header = mutation.header;
  if (mutation.fixed)
    rows.fixed = *mutation.fixed;
  if (mutation.clear_pending)
    rows.pending.clear();
  for (const auto& row : mutation.pending) {
    std::erase_if(rows.pending, [&](const pending_row& old) {
      return old.kind == row.kind && old.number == row.number && old.text == row.text;
    });
    if (row.value)
      rows.pending.push_back(row);
  }
  std::sort(rows.pending.begin(), rows.pending.end(), [](const pending_row& a, const pending_row& b) {
    return std::tie(a.kind, a.number, a.text) < std::tie(b.kind, b.number, b.text);
  });
}

} // namespace cadenza::workflow::test
