#include "messages/invariant.hpp"
#include "storage/sql/group.hpp"
#include "storage/sql/listed.hpp"

/// A group as statements. Rows go before others are written, so that what is written in place of them stays.
namespace cadenza::storage::sql {

namespace {

using enum value_type;

} // namespace

void group::write(std::vector<step>& out) const {
  write_shards(out);
  write_currents(out);
  write_runs(out);
  write_pending(out);
  write_trees(out);
  write_history(out);
  write_requests(out);
  write_tasks(out);
  write_lists(out);
  std::vector<const listed_run*> rows;
  for (const auto& [key, row] : listed_)
    rows.push_back(row);
  list_runs(rows, out);
}

void group::write_shards(std::vector<step>& out) const {
  row_batch locks(statement::lock_shards, {int4, int4});
  row_batch checks(statement::check_shards, {int4, int8});
  row_batch fresh(statement::insert_shards, {int4, int8, bytes});
  row_batch moved(statement::update_shards, {int4, int8, int8, bytes});
  for (const auto& [shard, slot] : shards_) {
    if (!slot.used)
      continue;
    CADENZA_ASSERT(slot.known, "what rests on a shard says under which range id");
    CADENZA_ASSERT(!slot.moved || slot.value != nullptr, "a shard that is moved has a row");
    const std::int64_t key = shard;
    locks.add(key, std::int64_t{slot.moved ? 1 : 0});
    if (!slot.moved)
      checks.add(key, slot.stored);
    else if (slot.stored == 0)
      fresh.add(key, slot.range_id, *slot.value);
    else
      moved.add(key, slot.stored, slot.range_id, *slot.value);
  }
  locks.move_to(out);
  checks.move_to(out);
  fresh.move_to(out);
  moved.move_to(out);
}

void group::write_currents(std::vector<step>& out) const {
  using kind = current_condition::kind;
  row_batch absent(statement::check_currents_absent, {int4, id, bytes});
  row_batch named(statement::check_currents_run, {int4, id, bytes, id});
  row_batch closed(statement::check_currents_closed, {int4, id, bytes, id, int8});
  row_batch other(statement::check_currents_not_run, {int4, id, bytes, id});
  row_batch removals(statement::remove_currents, {int4, id, bytes, id});
  row_batch puts(statement::put_currents, {int4, id, bytes, id, int4, int8, bytes});
  for (const auto& [key, slot] : currents_) {
    const std::int64_t shard = key.shard;
    const auto& domain = key.key.domain_id;
    const auto& workflow = key.key.workflow_id;
    for (const auto* one : slot.conditions)
      switch (one->expect) {
      case kind::absent: absent.add(shard, domain, workflow); break;
      case kind::is_run: named.add(shard, domain, workflow, one->run_id); break;
      case kind::is_run_closed: closed.add(shard, domain, workflow, one->run_id, one->last_write_version); break;
      case kind::is_not_run: other.add(shard, domain, workflow, one->run_id); break;
      }
    CADENZA_ASSERT(slot.change != current_slot::write::put || slot.row != nullptr,
                   "a current-run row that is put is there");
    if (slot.change == current_slot::write::put)
      puts.add(shard, domain, workflow, slot.row->run_id, std::int64_t{slot.row->state}, slot.row->last_write_version,
               slot.row->value);
    else if (slot.change == current_slot::write::remove)
      removals.add_without_last(shard, domain, workflow); // whatever run it names
    else if (slot.remove_if)
      removals.add(shard, domain, workflow, *slot.remove_if);
  }
  absent.move_to(out);
  named.move_to(out);
  closed.move_to(out);
  other.move_to(out);
  removals.move_to(out);
  puts.move_to(out);
}

void group::write_runs(std::vector<step>& out) const {
  row_batch removals(statement::delete_runs, {int4, id, bytes, id});
  row_batch emptied(statement::delete_runs_pending, {int4, id, bytes, id});
  row_batch fresh(statement::insert_runs, {int4, id, bytes, id, int8, bytes, bytes});
  row_batch changed(statement::update_runs, {int4, id, bytes, id, int8, int8, bytes, bytes});
  for (const auto& [key, slot] : runs_) {
    const std::int64_t shard = key.shard;
    const auto& [domain, workflow, run] = key.key;
    if (slot.removed)
      removals.add(shard, domain, workflow, run);
    if (slot.removed || (slot.cleared && slot.stored))
      emptied.add(shard, domain, workflow, run);
    if (!slot.written)
      continue;
    CADENZA_ASSERT(slot.known && slot.version, "a run that is written has a version");
    if (!slot.stored)
      fresh.add(shard, domain, workflow, run, *slot.version, slot.header, slot.fixed.value_or(std::string_view()));
    else if (slot.fixed)
      changed.add(shard, domain, workflow, run, *slot.stored, *slot.version, slot.header, *slot.fixed);
    else
      changed.add_without_last(shard, domain, workflow, run, *slot.stored, *slot.version, slot.header);
  }
  removals.move_to(out);
  emptied.move_to(out);
  fresh.move_to(out);
  changed.move_to(out);
}

void group::write_pending(std::vector<step>& out) const {
  row_batch removals(statement::delete_pending, {int4, id, bytes, id, int4, int8, bytes});
  row_batch puts(statement::put_pending, {int4, id, bytes, id, int4, int8, bytes, bytes});
  for (const auto& [key, slot] : runs_) {
    const std::int64_t shard = key.shard;
    const auto& [domain, workflow, run] = key.key;
    for (const auto& [row, value] : slot.pending) {
      const std::int64_t kind = static_cast<int>(row.kind);
      if (value)
        puts.add(shard, domain, workflow, run, kind, row.number, row.text, *value);
      else if (slot.stored && !slot.cleared)
        removals.add(shard, domain, workflow, run, kind, row.number, row.text);
    }
  }
  removals.move_to(out);
  puts.move_to(out);
}

void group::write_trees(std::vector<step>& out) const {
  row_batch ended(statement::end_trees, {int4, id, int8});
  row_batch emptied(statement::drop_tree_branches, {int4, id});
  row_batch fresh(statement::insert_trees, {int4, id, int8});
  row_batch changed(statement::update_trees, {int4, id, int8, int8});
  row_batch removals(statement::drop_branches, {int4, id, id});
  row_batch puts(statement::put_branches, {int4, id, id, bytes});
  for (const auto& [key, slot] : trees_) {
    const std::int64_t shard = key.shard;
    if (!slot.written)
      continue;
    CADENZA_ASSERT(slot.known, "a history tree that is written was judged");
    CADENZA_ASSERT(slot.ended == (slot.version == 0), "a history tree has a version until it ends");
    if (slot.ended) {
      // One that must not be there is made first: then nobody else makes it meanwhile.
      if (slot.stored == 0)
        fresh.add(shard, key.key, std::int64_t{1});
      ended.add(shard, key.key, slot.stored == 0 ? std::int64_t{1} : slot.stored);
      emptied.add(shard, key.key);
      continue;
    }
    if (slot.stored == 0)
      fresh.add(shard, key.key, slot.version);
    else
      changed.add(shard, key.key, slot.stored, slot.version);
    for (const auto& [branch, value] : slot.branches) {
      if (value)
        puts.add(shard, key.key, branch, *value);
      else if (slot.stored != 0)
        removals.add(shard, key.key, branch);
    }
  }
  fresh.move_to(out);
  changed.move_to(out);
  ended.move_to(out);
  emptied.move_to(out);
  removals.move_to(out);
  puts.move_to(out);
}

void group::write_history(std::vector<step>& out) const {
  row_batch puts(statement::put_history, {int4, id, id, int8, int8, bytes});
  for (const auto& [key, batch] : nodes_) {
    const auto& [shard, tree, branch, event, newest] = key;
    puts.add(std::int64_t{shard}, tree, branch, event, newest, batch);
  }
  puts.move_to(out);
}

void group::write_requests(std::vector<step>& out) const {
  row_batch checks(statement::check_requests, {int4, id, bytes, int4, int8, bytes, int8});
  row_batch puts(statement::put_requests, {int4, id, bytes, int4, int8, bytes, id, int8});
  for (const auto& [key, slot] : requests_) {
    if (slot.write == nullptr)
      continue;
    CADENZA_ASSERT(slot.known, "a request that is remembered was judged");
    const std::int64_t shard = key.shard;
    const auto& one = key.key;
    const std::int64_t kind = static_cast<int>(one.kind);
    checks.add(shard, one.workflow.domain_id, one.workflow.workflow_id, kind, one.version, one.id, slot.write->now_ns);
    puts.add(shard, one.workflow.domain_id, one.workflow.workflow_id, kind, one.version, one.id, slot.run_id,
             slot.expires_ns);
  }
  checks.move_to(out);
  puts.move_to(out);
}

void group::write_tasks(std::vector<step>& out) const {
  const auto by_id = [&out](const auto& all, statement removal, statement put) {
    row_batch removals(removal, {int4, int8});
    row_batch puts(put, {int4, int8, bytes});
    for (const auto& [key, value] : all) {
      if (value)
        puts.add(std::int64_t{key.first}, key.second, *value);
      else
        removals.add(std::int64_t{key.first}, key.second);
    }
    removals.move_to(out);
    puts.move_to(out);
  };
  by_id(transfer_, statement::delete_transfer, statement::put_transfer);
  by_id(replication_, statement::delete_replication, statement::put_replication);
  row_batch removals(statement::delete_timers, {int4, int8, int8});
  row_batch puts(statement::put_timers, {int4, int8, int8, bytes});
  for (const auto& [key, value] : timers_) {
    const auto& [shard, fire_ns, task] = key;
    if (value)
      puts.add(std::int64_t{shard}, fire_ns, task, *value);
    else
      removals.add(std::int64_t{shard}, fire_ns, task);
  }
  removals.move_to(out);
  puts.move_to(out);
}

void group::write_lists(std::vector<step>& out) const {
  row_batch fresh(statement::insert_lists, {id, bytes, int4, int8, int8, bytes});
  row_batch changed(statement::update_lists, {id, bytes, int4, int8, int8, bytes});
  row_batch checks(statement::check_lists, {id, bytes, int4, int8});
  row_batch removals(statement::delete_lists, {id, bytes, int4, int8});
  row_batch emptied(statement::delete_lists_tasks, {id, bytes, int4});
  row_batch drops(statement::drop_tasks, {id, bytes, int4, int8, int8});
  row_batch puts(statement::put_tasks, {id, bytes, int4, int8, bytes});
  for (const auto& [key, slot] : lists_) {
    if (!slot.used)
      continue;
    CADENZA_ASSERT(slot.known, "what rests on a task list says under which range id");
    CADENZA_ASSERT(!slot.removed || slot.range_id == 0, "a task list that goes has no range id");
    const auto& domain = key.domain_id;
    const std::int64_t type = key.type;
    if (slot.removed) {
      // One that must not be there is made first: then nobody else makes it meanwhile.
      if (slot.stored == 0)
        fresh.add(domain, key.name, type, std::int64_t{ring_position(key)}, std::int64_t{1}, std::string_view());
      removals.add(domain, key.name, type, slot.stored == 0 ? std::int64_t{1} : slot.stored);
      emptied.add(domain, key.name, type);
      continue;
    }
    if (slot.stored == 0)
      fresh.add(domain, key.name, type, std::int64_t{ring_position(key)}, slot.range_id,
                slot.value != nullptr ? std::string_view(*slot.value) : std::string_view());
    else if (slot.moved && slot.value != nullptr)
      changed.add(domain, key.name, type, slot.stored, slot.range_id, *slot.value);
    else if (slot.moved)
      changed.add_without_last(domain, key.name, type, slot.stored, slot.range_id);
    else
      checks.add(domain, key.name, type, slot.stored);
    for (const auto& range : slot.drops) {
      CADENZA_ASSERT(range.from <= range.to, "a range of tasks begins before it ends");
      drops.add(domain, key.name, type, range.from, range.to);
    }
    for (const auto& [task, value] : slot.tasks)
      puts.add(domain, key.name, type, task, value);
  }
  fresh.move_to(out);
  changed.move_to(out);
  checks.move_to(out);
  removals.move_to(out);
  emptied.move_to(out);
  drops.move_to(out);
  puts.move_to(out);
}

} // namespace cadenza::storage::sql
