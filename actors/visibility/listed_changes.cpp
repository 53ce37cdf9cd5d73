#include "actors/visibility/listed_changes.hpp"

#include "messages/invariant.hpp"
#include "storage/visibility/rows/listed_rows.hpp"

namespace cadenza::actors {

bool changes_lists(record::v1::TransferType type) {
  return type == record::v1::TRANSFER_RECORD_STARTED || type == record::v1::TRANSFER_UPSERT ||
         type == record::v1::TRANSFER_CLOSE || type == record::v1::TRANSFER_DELETE_VISIBILITY;
}

storage::visibility_change change_of(record::v1::TransferTask&& task) {
  using kind = storage::visibility_change_kind;
  CADENZA_ASSERT(changes_lists(task.type()), "a task that is read as a change of the lists is one");
  storage::visibility_change out;
  switch (task.type()) {
  case record::v1::TRANSFER_RECORD_STARTED: out.kind = kind::started; break;
  case record::v1::TRANSFER_UPSERT: out.kind = kind::upsert; break;
  case record::v1::TRANSFER_CLOSE: out.kind = kind::closed; break;
  default: out.kind = kind::remove; break;
  }
  out.domain_id = uuid::from_raw(task.domain_id());
  out.workflow_id = task.workflow_id();
  out.run_id = uuid::from_raw(task.run_id());
  out.task_id = task.task_id();
  out.shard = task.visibility().shard();
  out.record = std::move(*task.mutable_visibility());
  return out;
}

void take_listed(std::vector<record::v1::TransferTask>& tasks, int shard, bool closes_stay,
                 std::vector<listed_run>& out) {
  std::vector<record::v1::TransferTask> kept;
  for (auto& task : tasks) {
    if (!changes_lists(task.type())) {
      kept.push_back(std::move(task));
      continue;
    }
    if (closes_stay && task.type() == record::v1::TRANSFER_CLOSE)
      kept.emplace_back(task).clear_visibility();
    auto change = change_of(std::move(task));
    change.shard = shard;
    out.push_back(storage::visibility::row_of(change));
  }
  tasks = std::move(kept);
}

} // namespace cadenza::actors
