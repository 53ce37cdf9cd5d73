#include "storage/sql/listed.hpp"

#include "messages/invariant.hpp"

#include <optional>

namespace cadenza::storage::sql {

namespace {

using enum value_type;

std::optional<std::int64_t> of_closed(const listed_run& row, std::int64_t value) {
  return row.closed ? std::optional(value) : std::nullopt;
}

} // namespace

void list_runs(const std::vector<const listed_run*>& rows, std::vector<step>& out) {
  row_batch gone(statement::drop_listed, {id, id, int8});
  row_batch old(statement::drop_listed_attributes, {id, id, int8, int8});
  row_batch puts(statement::put_listed, {id,   id,   int4, int8, text, text, int8, int8, int8, int8, int8,
                                         int8, int8, int8, text, int4, text, int8, text, text, int8, bytes});
  row_batch values(statement::put_listed_attributes, {id, id, int8, text, int4, text});
  for (const auto* row : rows) {
    CADENZA_ASSERT(row->domain_id != uuid{} && row->run_id != uuid{}, "what is listed is a run of a domain");
    if (row->removed) {
      gone.add(row->domain_id, row->run_id, row->task_id);
      continue;
    }
    CADENZA_ASSERT(!row->record.empty(), "a listed run has a record; run " + row->run_id.str());
    old.add(row->domain_id, row->run_id, row->task_id, row->attributes_hash);
    puts.add(row->domain_id, row->run_id, std::int64_t{row->shard}, row->task_id, row->workflow_id, row->type,
             row->start_ns, of_closed(*row, row->close_ns), of_closed(*row, row->close_status),
             of_closed(*row, row->history_length), row->execution_ns, row->scheduled_ns, row->update_ns,
             row->execution_status, row->task_list, std::int64_t{row->is_cron}, row->cron_schedule, row->num_clusters,
             row->cluster_scope, row->cluster_name, row->attributes_hash, row->record);
    for (const auto& one : row->attributes)
      values.add(row->domain_id, row->run_id, row->task_id, one.key, std::int64_t{one.number}, one.value);
  }
  gone.move_to(out);
  old.move_to(out);
  puts.move_to(out);
  values.move_to(out);
}

} // namespace cadenza::storage::sql
