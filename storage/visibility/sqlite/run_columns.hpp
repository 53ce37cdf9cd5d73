#pragma once

#include "storage/visibility/sqlite/sqlite.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <string>
#include <string_view>

namespace cadenza::storage::visibility {

/// What a list entry is made of, in the order `read_info` expects; `r` is the table of runs.
inline constexpr std::string_view info_columns =
    "r.run_id, r.start_ns, r.workflow_id, r.type, r.close_ns, r.close_status, r.history_length, r.execution_ns, "
    "r.scheduled_ns, r.update_ns, r.execution_status, r.task_list, r.task_list_kind, r.is_cron, r.cron_schedule, "
    "r.search_attributes, r.memo";
inline constexpr int info_column_count = 17;

/// The first two of them, which say where the next page begins.
inline constexpr int run_id_column = 0;
inline constexpr int start_column = 1;

/// Fills a list entry from the current row. Undecodable memo or attributes are damage.
[[nodiscard]] outcome<void> read_info(const statement& row, uber::cadence::api::v1::WorkflowExecutionInfo& info);

/// What of a change is stored, in columns' terms. Refers to the change; lives no longer than it.
struct run_values {
  explicit run_values(const visibility_change& change);

  const visibility_change* change;
  bool closed;
  std::int64_t attributes_hash;
  std::string search_attributes; ///< serialized, "" for none
  std::string memo;              ///< serialized, "" for none
};

/// Inserts a run: `insert_run` takes the domain's number as parameter 1, the rest is bound by `bind_insert`.
extern const std::string_view insert_run;
void bind_insert(statement& to, const run_values& values);

/// Changes what can change of a run: `update_run` takes the row's id as parameter 1.
extern const std::string_view update_run;
void bind_update(statement& to, const run_values& values);

} // namespace cadenza::storage::visibility
