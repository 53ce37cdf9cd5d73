#include "actors/runs/commit_over.hpp"

#include "actors/visibility/listed_changes.hpp"
#include "actors/visibility/visibility_mail.hpp"

#include <caf/send.hpp>

#include <utility>
#include <vector>

namespace cadenza::actors {

void tell_commit(const std::shared_ptr<commit_note>& note, const storage::commit_result& result,
                 const actor_context& env, const caf::actor& shard) {
  note->result = result;
  std::vector<visibility_task> visible;
  if (result.outcome == storage::status::committed) {
    const bool behind = !env.store->able_to().keeps_lists; // else the lists have it already
    note->receipts.reserve(note->transfer.size());
    for (const auto& task : note->transfer) {
      const bool shown = behind && changes_lists(task.type());
      const bool both = shown && task.type() == record::v1::TRANSFER_CLOSE && note->has_family;
      note->receipts.push_back(std::make_shared<task_receipt>(shard, false, 0, task.task_id(), both ? 2 : 1));
      if (shown)
        visible.push_back({task, note->receipts.back()});
    }
  }
  caf::anon_send(shard, make_shard_mail(note));
  if (!visible.empty())
    caf::anon_send(env.routes->visibility(), std::make_shared<visibility_mail>(std::move(visible)));
}

} // namespace cadenza::actors
