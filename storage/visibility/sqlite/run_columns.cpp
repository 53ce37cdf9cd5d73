#include "storage/visibility/sqlite/run_columns.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/rows/attribute_rows.hpp"
#include "storage/visibility/rows/listed_rows.hpp"

namespace cadenza::storage::visibility {
namespace {

namespace api = uber::cadence::api::v1;

/// The wire numbers statuses from 1, queries from 0.
constexpr int wire_offset = 1;

void bind_optional_blob(statement& to, int index, const std::string& bytes) {
  if (bytes.empty())
    to.bind_null(index);
  else
    to.bind_blob(index, bytes);
}

/// Binds what an update and an insert have in common, from parameter 2 on.
void bind_common(statement& to, const run_values& values) {
  const auto& record = values.change->record;
  if (values.closed) {
    CADENZA_ASSERT(record.close_status() >= wire_offset,
                   "a run that is listed as closed says how it ended; run " + values.change->run_id.str());
    to.bind(2, record.close_ns());
    to.bind(3, std::int64_t{record.close_status() - wire_offset});
    to.bind(4, record.history_length());
  } else {
    to.bind_null(2).bind_null(3).bind_null(4);
  }
  to.bind(5, record.execution_ns());
  to.bind(6, record.scheduled_execution_ns());
  to.bind(7, record.update_ns());
  to.bind(8, execution_status_of(*values.change));
  to.bind(9, std::int64_t{values.change->shard});
  to.bind(10, values.change->task_id);
  to.bind_text(11, record.task_list());
  to.bind(12, std::int64_t{record.task_list_kind()});
  to.bind(13, std::int64_t{record.is_cron()});
  to.bind_text(14, record.cron_schedule());
  to.bind(15, std::int64_t{record.num_clusters()});
  to.bind_text(16, record.cluster_scope());
  to.bind_text(17, record.cluster_name());
  to.bind(18, values.attributes_hash);
  bind_optional_blob(to, 19, values.search_attributes);
  bind_optional_blob(to, 20, values.memo);
}

template <class Message> bool parse(std::string_view bytes, Message& into) {
  return into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

} // namespace

const std::string_view insert_run =
    "INSERT INTO runs (domain, close_ns, close_status, history_length, execution_ns, scheduled_ns, update_ns, "
    "execution_status, shard, task_id, task_list, task_list_kind, is_cron, cron_schedule, num_clusters, cluster_scope, "
    "cluster_name, attributes_hash, search_attributes, memo, run_id, workflow_id, type, start_ns) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, "
    "?24)";

// Leaves out what never changes: a column that is set makes SQLite rewrite every index that has it.
const std::string_view update_run =
    "UPDATE runs SET close_ns = ?2, close_status = ?3, history_length = ?4, execution_ns = ?5, scheduled_ns = ?6, "
    "update_ns = ?7, execution_status = ?8, shard = ?9, task_id = ?10, task_list = ?11, task_list_kind = ?12, "
    "is_cron = ?13, cron_schedule = ?14, num_clusters = ?15, cluster_scope = ?16, cluster_name = ?17, "
    "attributes_hash = ?18, search_attributes = ?19, memo = ?20 WHERE id = ?1";

run_values::run_values(const visibility_change& of)
  : change(&of), closed(of.kind == visibility_change_kind::closed),
    attributes_hash(visibility::attributes_hash(of.record.search_attributes())) {
  if (!of.record.search_attributes().indexed_fields().empty())
    search_attributes = of.record.search_attributes().SerializeAsString();
  if (!of.record.memo().fields().empty())
    memo = of.record.memo().SerializeAsString();
}

void bind_insert(statement& to, const run_values& values) {
  const auto& change = *values.change;
  bind_common(to, values);
  to.bind_blob(21, {reinterpret_cast<const char*>(change.run_id.bytes.data()), change.run_id.bytes.size()});
  to.bind_text(22, change.workflow_id);
  to.bind_text(23, change.record.type());
  to.bind(24, change.record.start_ns());
}

void bind_update(statement& to, const run_values& values) { bind_common(to, values); }

outcome<void> read_info(const statement& row, api::WorkflowExecutionInfo& info) {
  auto& execution = *info.mutable_workflow_execution();
  execution.set_run_id(uuid::from_raw(row.blob(run_id_column)).str());
  execution.set_workflow_id(std::string{row.text(2)});
  info.mutable_type()->set_name(std::string{row.text(3)});
  const std::int64_t start_ns = row.number(start_column);
  set_time(*info.mutable_start_time(), start_ns);
  if (!row.null(5)) {
    set_time(*info.mutable_close_time(), row.number(4));
    info.set_close_status(static_cast<api::WorkflowExecutionCloseStatus>(row.number(5) + wire_offset));
    info.set_history_length(row.number(6));
  }
  const std::int64_t execution_ns = row.number(7);
  set_time(*info.mutable_execution_time(), execution_ns == 0 ? start_ns : execution_ns);
  if (row.number(8) != 0)
    set_time(*info.mutable_scheduled_execution_time(), row.number(8));
  if (row.number(9) != 0)
    set_time(*info.mutable_update_time(), row.number(9));
  info.set_execution_status(static_cast<api::WorkflowExecutionStatus>(row.number(10) + wire_offset));
  info.set_task_list(std::string{row.text(11)});
  info.mutable_task_list_info()->set_name(info.task_list());
  info.mutable_task_list_info()->set_kind(static_cast<api::TaskListKind>(row.number(12)));
  info.set_is_cron(row.number(13) != 0);
  info.set_cron_schedule(std::string{row.text(14)});
  if (!row.null(15) && !parse(row.blob(15), *info.mutable_search_attributes()))
    return error{error_kind::internal_data_inconsistency, "visibility store: undecodable search attributes of run " +
                                                              execution.run_id() + "; it must be rebuilt"};
  if (!row.null(16) && !parse(row.blob(16), *info.mutable_memo()))
    return error{error_kind::internal_data_inconsistency,
                 "visibility store: undecodable memo of run " + execution.run_id() + "; it must be rebuilt"};
  return {};
}

} // namespace cadenza::storage::visibility
