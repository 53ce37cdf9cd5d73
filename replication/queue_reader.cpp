#include "replication/queue_reader.hpp"

#include "storage/shard_store.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace cadenza::replication {
namespace {

outcome<queue_page> parse(const storage::page<replication_row>& stored, std::int64_t after) {
  if (stored.outcome == storage::status::corrupted)
    return error{error_kind::internal_data_inconsistency, "the replication queue is damaged: " + stored.message};
  if (stored.outcome != storage::status::committed)
    return unavailable("the replication queue cannot be read now: " + stored.message);
  queue_page out;
  out.last_id = after;
  out.more = !stored.next.empty();
  out.tasks.reserve(stored.rows.size());
  for (const auto& row : stored.rows) {
    record::v1::ReplicationTask task;
    // A task whose own id is not the one it is stored under was not written as it reads.
    if (!task.ParseFromString(row.value) || task.task_id() != row.task_id)
      return error{error_kind::internal_data_inconsistency,
                   "replication task " + std::to_string(row.task_id) + " is damaged"};
    out.last_id = row.task_id;
    out.tasks.push_back(std::move(task));
  }
  return out;
}

} // namespace

void read_queue(storage::shard_store& from, int shard, std::int64_t after, std::int64_t up_to, int limit,
                std::function<void(outcome<queue_page>)> hand_over) {
  from.scan_replication(shard, after, up_to, std::clamp(limit, 1, queue_page_max),
                        [after, hand_over = std::move(hand_over)](const storage::page<replication_row>& stored) {
                          hand_over(parse(stored, after));
                        });
}

} // namespace cadenza::replication
