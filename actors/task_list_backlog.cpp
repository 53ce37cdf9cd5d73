#include "actors/task_list.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

constexpr std::size_t write_batch_max = 1000;
constexpr int read_batch = 1000;
constexpr std::int64_t ack_interval_ns = 10 * ns_per_s;

record::v1::BacklogTask to_record(const list_task& task) {
  record::v1::BacklogTask out;
  out.set_format(1);
  out.set_workflow_id(task.workflow.workflow_id);
  out.set_run_id(task.run_id.raw());
  out.set_schedule_id(task.schedule_id);
  out.set_created_ns(task.created_ns);
  out.set_expiry_ns(task.expiry_ns);
  out.set_attempt(task.attempt);
  out.set_version(task.version);
  if (task.workflow.domain_id != task.list.domain_id)
    out.set_source_domain_id(task.workflow.domain_id.raw());
  return out;
}

list_task_ptr from_record(const record::v1::BacklogTask& record, const storage::task_list_key& list,
                          uber::cadence::api::v1::TaskListKind kind, std::int64_t id) {
  auto out = std::make_shared<list_task>();
  out->list = list;
  out->kind = kind;
  const auto source = uuid::from_raw(record.source_domain_id());
  out->workflow = {source.empty() ? list.domain_id : source, record.workflow_id()};
  out->run_id = uuid::from_raw(record.run_id());
  out->schedule_id = record.schedule_id();
  out->attempt = record.attempt();
  out->version = record.version();
  out->created_ns = record.created_ns();
  out->expiry_ns = record.expiry_ns();
  out->backlog_id = id;
  return out;
}

} // namespace

void task_list::read_row() {
  lease_ = lease::reading;
  env_.store->read_task_list(key_, [self = me()](storage::read_result<std::string> row) {
    caf::anon_send(self, make_matching_mail(list_row_read{std::move(row)}));
  });
}

void task_list::handle(list_row_read& read) {
  if (read.row.outcome != storage::status::committed)
    return quit(caf::make_error(caf::sec::runtime_error, "task list row not readable: " + read.row.message));
  if (read.row.value && !row_.ParseFromString(*read.row.value))
    return quit(caf::make_error(caf::sec::runtime_error, "task list row damaged"));
  lease_ = lease::known;
  read_level_ = row_.ack_level();
  // Ids of the last lease's block may have been written up to its end.
  max_written_ = row_.range_id() * list_block_size;
  next_id_ = max_written_ + 1;
  if (row_.range_id() == 0)
    max_written_ = read_level_ = 0;
  match();
}

/// Moves tasks that are only in memory to the store, oldest first.
void task_list::spill() {
  if (sticky() || writing_ || lease_ != lease::known || fresh_.empty())
    return;
  std::vector<list_task_ptr> tasks;
  while (!fresh_.empty() && tasks.size() < write_batch_max) {
    tasks.push_back(std::move(fresh_.front()));
    fresh_.pop_front();
  }
  write_backlog(std::move(tasks));
}

void task_list::write_backlog(std::vector<list_task_ptr> tasks) {
  writing_ = true;
  storage::task_list_transaction tx;
  tx.key = key_;
  tx.expected_range_id = row_.range_id();
  const auto block_end = row_.range_id() * list_block_size;
  if (!owned_ || next_id_ + static_cast<std::int64_t>(tasks.size()) > block_end) {
    row_.set_range_id(row_.range_id() + 1);
    next_id_ = (row_.range_id() - 1) * list_block_size + 1;
  }
  tx.new_range_id = row_.range_id();
  row_.set_format(1);
  row_.set_kind(kind_);
  row_.set_updated_ns(now());
  tx.row = row_.SerializeAsString();
  for (auto& task : tasks) {
    task->backlog_id = next_id_++;
    tx.append.push_back({task->backlog_id, to_record(*task).SerializeAsString()});
  }
  env_.store->commit(std::move(tx), [self = me(), tasks = std::move(tasks)](storage::commit_result result) mutable {
    caf::anon_send(self, make_matching_mail(list_written{std::move(result), std::move(tasks)}));
  });
}

void task_list::handle(list_written& written) {
  writing_ = false;
  if (written.result.outcome != storage::status::committed) {
    // Dropped receipts make the history shards push their tasks again, to the next incarnation of this list.
    env_.log(2, "backlog of task list " + key_.name + " not written: " + written.result.message);
    return quit(caf::make_error(caf::sec::runtime_error, "task list write failed"));
  }
  if (written.tasks.empty())
    return;
  owned_ = true;
  env_.counters->tasks_spilled.fetch_add(static_cast<std::int64_t>(written.tasks.size()), std::memory_order_relaxed);
  const bool nothing_unread = read_level_ >= max_written_;
  max_written_ = std::max(max_written_, written.tasks.back()->backlog_id);
  for (auto& task : written.tasks) {
    if (task->receipt) {
      task->receipt->done();
      task->receipt.reset();
    }
    if (nothing_unread && buffer_.size() < static_cast<std::size_t>(read_batch)) {
      outstanding_.add(task->backlog_id);
      read_level_ = task->backlog_id;
      buffer_.push_back(std::move(task));
    }
  }
  match();
}

void task_list::read_backlog() {
  if (reading_ || lease_ != lease::known)
    return;
  reading_ = true;
  env_.store->scan_tasks(key_, read_level_, max_written_, read_batch, [self = me()](storage::page<storage::backlog_row> page) {
    caf::anon_send(self, make_matching_mail(backlog_read{std::move(page)}));
  });
}

void task_list::handle(backlog_read& read) {
  reading_ = false;
  if (read.page.outcome != storage::status::committed)
    return quit(caf::make_error(caf::sec::runtime_error, "backlog not readable: " + read.page.message));
  for (const auto& row : read.page.rows) {
    if (row.task_id <= read_level_)
      continue;
    read_level_ = row.task_id;
    record::v1::BacklogTask record;
    if (!record.ParseFromString(row.value)) {
      env_.log(3, "task " + std::to_string(row.task_id) + " of task list " + key_.name + " is damaged and left out");
      continue;
    }
    outstanding_.add(row.task_id);
    buffer_.push_back(from_record(record, key_, kind_, row.task_id));
  }
  if (read.page.next.empty())
    read_level_ = std::max(read_level_, max_written_);
  match();
}

/// Notes how far the backlog is done, now and then, and drops what is.
void task_list::write_ack() {
  if (!owned_ || writing_ || now() - ack_written_ns_ < ack_interval_ns)
    return;
  const auto level = outstanding_.level(read_level_ + 1);
  ack_written_ns_ = now();
  if (level <= row_.ack_level())
    return;
  row_.set_ack_level(level);
  row_.set_updated_ns(now());
  writing_ = true;
  storage::task_list_transaction tx;
  tx.key = key_;
  tx.expected_range_id = row_.range_id();
  tx.new_range_id = row_.range_id();
  tx.row = row_.SerializeAsString();
  tx.delete_up_to = level;
  env_.store->commit(std::move(tx), [self = me()](storage::commit_result result) {
    caf::anon_send(self, make_matching_mail(list_written{std::move(result), {}}));
  });
}

} // namespace cadenza::actors
