#include "verify/verify_parts.hpp"

#include <algorithm>

namespace cadenza::actors::verifying {
namespace {

constexpr int page_rows = 1000;

template <class Task> run_key key_of(const Task& task) {
  return {uuid::from_raw(task.domain_id()), task.workflow_id(), uuid::from_raw(task.run_id())};
}

task_brief brief_of(const rec::TransferTask& task, std::int64_t id) {
  const bool scheduled = task.type() == rec::TRANSFER_DECISION || task.type() == rec::TRANSFER_ACTIVITY;
  return {task.type(), scheduled ? task.schedule_id() : task.initiated_id(), task.attempt(), 0, id};
}

} // namespace

shard_tasks::shard_tasks(context& scan, int shard, bool again) : shard_(shard), again_(again) {
  // The level comes first: what is beyond it when the rows are read was not over then.
  const auto stored = wait_for<storage::read_result<std::string>>(
      [&](auto done) { scan.store().shards().read_shard(shard, std::move(done)); });
  row_read = stored.outcome == storage::status::committed && (!stored.value || row.ParseFromString(*stored.value));
  if (!row_read) {
    complete = false;
    scan.found(finding::kind::shard, shard, {}, "the row of the shard cannot be read: " + stored.message);
    return;
  }
  ack_transfer = row.transfer_ack();
  ack_timer_ns = row.timer_ack_ns();
  range_id = row.range_id();
  read_transfer(scan, shard);
  read_timers(scan, shard);
}

template <class Row>
bool shard_tasks::go_on(context& scan, const storage::page<Row>& page, const char* what, std::int64_t at) {
  if (!again_)
    scan.unreadable(shard_, {}, what, page.unreadable);
  if (page.usable())
    return !page.next.empty() && (!page.rows.empty() || !page.unreadable.empty());
  complete = false;
  if (!again_)
    scan.unreadable(shard_, {}, what + (" from " + std::to_string(at)) + " on", unread(page));
  return false;
}

void shard_tasks::read_transfer(context& scan, int shard) {
  for (auto after = ack_transfer;;) {
    scan.check_stopping();
    const auto page = wait_for<storage::page<transfer_row>>(
        [&](auto done) { scan.store().shards().scan_transfer(shard, after, INT64_MAX, page_rows, std::move(done)); });
    for (const auto& stored : page.rows) {
      ++scan.report.tasks;
      after = stored.task_id;
      highest_id = std::max(highest_id, stored.task_id);
      rec::TransferTask task;
      if (!task.ParseFromString(stored.value)) {
        bad_transfer.push_back(stored.task_id);
        continue;
      }
      auto& of = by_run_[uuid::from_raw(task.run_id())];
      of.run = key_of(task);
      of.transfer.push_back(brief_of(task, stored.task_id));
      for (const auto& branch : task.branches())
        note_leaving(branch);
    }
    if (!go_on(scan, page, "transfer tasks", after + 1))
      return;
    after = last_of(page, after);
  }
}

void shard_tasks::read_timers(context& scan, int shard) {
  std::int64_t from_ns = ack_timer_ns;
  std::int64_t from_id = 0;
  for (;;) {
    scan.check_stopping();
    const auto page = wait_for<storage::page<timer_row>>([&](auto done) {
      scan.store().shards().scan_timers(shard, from_ns, from_id, INT64_MAX, page_rows, std::move(done));
    });
    for (const auto& stored : page.rows) {
      ++scan.report.tasks;
      from_ns = stored.fire_ns;
      from_id = stored.task_id + 1;
      highest_id = std::max(highest_id, stored.task_id);
      rec::TimerTask task;
      if (!task.ParseFromString(stored.value)) {
        bad_timers.push_back({stored.fire_ns, stored.task_id, {}});
        continue;
      }
      auto& of = by_run_[uuid::from_raw(task.run_id())];
      of.run = key_of(task);
      of.timers.push_back({task.type(), task.event_id(), task.attempt(), stored.fire_ns, stored.task_id});
    }
    if (!go_on(scan, page, "timers that fire (ns)", from_ns))
      return;
    if (const auto behind = last_of(page, INT64_MIN); behind >= from_ns) {
      from_ns = behind + 1;
      from_id = 0;
    }
  }
}

void shard_tasks::note_leaving(const rec::HistoryBranch& branch) {
  const auto tree = uuid::from_raw(branch.tree_id());
  leaving.emplace(tree, uuid::from_raw(branch.branch_id()));
  for (const auto& a : branch.ancestors())
    leaving.emplace(tree, uuid::from_raw(a.branch_id()));
}

namespace {

/// The tasks of one list; false: not all of them could be read.
bool read_list(context& scan, const storage::task_list_key& key, const std::string& name, std::int64_t after,
               backlog& out) {
  for (;;) {
    const auto page = wait_for<storage::page<storage::backlog_row>>(
        [&](auto done) { scan.store().task_lists().scan_tasks(key, after, INT64_MAX, page_rows, std::move(done)); });
    for (const auto& stored : page.rows) {
      ++scan.report.tasks;
      after = stored.task_id;
      rec::BacklogTask task;
      if (task.ParseFromString(stored.value))
        out.tasks.emplace(uuid::from_raw(task.run_id()), task.schedule_id());
      else
        scan.found(finding::kind::task, 0, {key.domain_id, {}, {}},
                   name + ": task " + std::to_string(stored.task_id) + " cannot be read");
    }
    scan.unreadable(0, {key.domain_id, {}, {}}, name + ": tasks", page.unreadable);
    if (!page.usable()) {
      scan.unreadable(0, {key.domain_id, {}, {}}, name + ": tasks after " + std::to_string(after), unread(page));
      return false;
    }
    if (page.next.empty() || (page.rows.empty() && page.unreadable.empty()))
      return true;
    after = last_of(page, after);
  }
}

} // namespace

backlog read_backlog(context& scan) {
  backlog out;
  const auto problem = for_each<std::pair<storage::task_list_key, std::string>>(
      [&](const std::string& token, auto done) {
        scan.store().task_lists().scan_task_lists({}, token, page_rows, std::move(done));
      },
      [&](const std::pair<storage::task_list_key, std::string>& list) {
        scan.check_stopping();
        const auto& [key, value] = list;
        const auto name = "task list " + key.name + (key.type == 0 ? " (decisions)" : " (activities)");
        rec::TaskListRow row;
        if (!row.ParseFromString(value)) {
          out.complete = false;
          return scan.found(finding::kind::task, 0, {key.domain_id, {}, {}}, name + ": its row cannot be read");
        }
        if (!read_list(scan, key, name, row.ack_level(), out))
          out.complete = false;
      });
  if (problem) {
    out.complete = false;
    scan.unreadable(0, {}, "the task lists", *problem);
  }
  return out;
}

} // namespace cadenza::actors::verifying
