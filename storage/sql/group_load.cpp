#include "messages/invariant.hpp"
#include "storage/sql/group.hpp"

/// Reading what the conditions of a group look at.
namespace cadenza::storage::sql {

namespace {

using enum value_type;

/// Calls `take(slot, row)` for each row found: its first field is the place of its key among those asked for.
template <class Map, class Take> void each_found(Map& asked, const row_set& found, Take take) {
  std::vector<typename Map::mapped_type*> slots;
  slots.reserve(asked.size());
  for (auto& [key, slot] : asked) {
    slot.known = true;
    slots.push_back(&slot);
  }
  for (std::size_t row = 0; row < found.size(); ++row) {
    const auto place = found.number(row, 0);
    CADENZA_ASSERT(place >= 1 && place <= static_cast<std::int64_t>(slots.size()), "a row was asked for by its key");
    take(*slots[static_cast<std::size_t>(place - 1)], row);
  }
}

} // namespace

void group::ask_for(const request& what) {
  if (const auto* update = std::get_if<shard_update>(&what)) {
    locks_[update->shard] = true;
    shards_.try_emplace(update->shard);
  } else if (const auto* list = std::get_if<task_list_transaction>(&what)) {
    lists_.try_emplace(list->key);
  } else if (const auto* tx = std::get_if<shard_transaction>(&what)) {
    locks_.try_emplace(tx->shard, false);
    shards_.try_emplace(tx->shard);
    if (tx->current)
      currents_.try_emplace({tx->shard, tx->current->key});
    if (tx->delete_current)
      currents_.try_emplace({tx->shard, tx->delete_current->key});
    for (const auto& run : tx->runs)
      runs_.try_emplace({tx->shard, run.key});
    for (const auto& tree : tx->trees)
      trees_.try_emplace({tx->shard, tree.tree_id});
    for (const auto& mark : tx->requests)
      requests_.try_emplace({tx->shard, {mark.workflow, mark.kind, mark.version, mark.request_id}});
  }
}

void group::load(std::vector<step>& out) const {
  row_batch locks(statement::lock_shards, {int4, int4});
  for (const auto& [shard, moved] : locks_)
    locks.add(std::int64_t{shard}, std::int64_t{moved ? 1 : 0});
  row_batch shards(statement::load_shards, {int4});
  for (const auto& [shard, slot] : shards_)
    shards.add(std::int64_t{shard});
  row_batch currents(statement::load_currents, {int4, id, bytes});
  for (const auto& [key, slot] : currents_)
    currents.add(std::int64_t{key.shard}, key.key.domain_id, key.key.workflow_id);
  row_batch runs(statement::load_runs, {int4, id, bytes, id});
  for (const auto& [key, slot] : runs_)
    runs.add(std::int64_t{key.shard}, key.key.domain_id, key.key.workflow_id, key.key.run_id);
  row_batch trees(statement::load_trees, {int4, id});
  for (const auto& [key, slot] : trees_)
    trees.add(std::int64_t{key.shard}, key.key);
  row_batch requests(statement::load_requests, {int4, id, bytes, int4, int8, bytes});
  for (const auto& [key, slot] : requests_)
    requests.add(std::int64_t{key.shard}, key.key.workflow.domain_id, key.key.workflow.workflow_id,
                 std::int64_t{static_cast<int>(key.key.kind)}, key.key.version, key.key.id);
  row_batch lists(statement::load_lists, {id, bytes, int4});
  for (const auto& [key, slot] : lists_)
    lists.add(key.domain_id, key.name, std::int64_t{key.type});
  for (auto* batch : {&locks, &shards, &currents, &runs, &trees, &requests, &lists})
    batch->move_to(out);
}

void group::loaded(const std::vector<row_set>& found, std::size_t first) {
  auto next = first + (locks_.empty() ? 0 : 1);
  const auto from = [&](auto& asked, auto take) {
    if (asked.empty())
      return;
    const auto& rows = found.at(next++);
    each_found(asked, rows, [&](auto& slot, std::size_t row) { take(slot, rows, row); });
  };
  from(shards_, [](fenced_slot& slot, const row_set& rows, std::size_t row) {
    slot.range_id = slot.stored = rows.number(row, 1);
  });
  from(currents_, [](current_slot& slot, const row_set& rows, std::size_t row) {
    slot.found =
        current_row{rows.id(row, 1), static_cast<int>(rows.number(row, 2)), rows.number(row, 3), rows.text(row, 4)};
    slot.row = &*slot.found;
  });
  from(runs_,
       [](run_slot& slot, const row_set& rows, std::size_t row) { slot.version = slot.stored = rows.number(row, 1); });
  from(trees_,
       [](tree_slot& slot, const row_set& rows, std::size_t row) { slot.version = slot.stored = rows.number(row, 1); });
  from(requests_, [](request_slot& slot, const row_set& rows, std::size_t row) {
    slot.run_id = rows.id(row, 1);
    slot.expires_ns = rows.number(row, 2);
  });
  from(lists_, [](list_slot& slot, const row_set& rows, std::size_t row) {
    slot.range_id = slot.stored = rows.number(row, 1);
  });
}

} // namespace cadenza::storage::sql
