#include "actors/matching/task_list.hpp"

#include "actors/base/actor_path.hpp"
#include "messages/invariant.hpp"
#include "workflow/isolation.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <caf/all.hpp>

#include <algorithm>
#include <utility>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::size_t configures_max = 100;
constexpr std::int64_t ephemeral_kept_ns = 24 * 3600 * ns_per_s; ///< from the last write on

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
  if (!task.isolation_group.empty())
    (*out.mutable_partition_config())[std::string(workflow::isolation_group_key)] = task.isolation_group;
  return out;
}

list_task_ptr from_record(const record::v1::BacklogTask& record, const storage::task_list_key& list,
                          uber::cadence::api::v1::TaskListKind kind, std::int64_t id) {
  auto out = std::make_shared<list_task>();
  out->list = list;
  out->kind = kind;
  const auto source = uuid::parse_raw(record.source_domain_id()); // nothing: that of the list
  out->workflow = {source.value_or(list.domain_id), record.workflow_id()};
  out->run_id = uuid::from_raw(record.run_id());
  out->schedule_id = record.schedule_id();
  out->attempt = record.attempt();
  out->version = record.version();
  out->created_ns = record.created_ns();
  out->expiry_ns = record.expiry_ns();
  out->backlog_id = id;
  out->placed = true;
  if (const auto group = record.partition_config().find(std::string(workflow::isolation_group_key));
      group != record.partition_config().end())
    out->isolation_group = group->second;
  return out;
}

} // namespace

void task_list::read_row() {
  become(phase::reading);
  env_.store->task_lists().read_task_list(key_, [self = me()](storage::read_result<std::string> row) {
    caf::anon_send(self, make_matching_mail(list_row_read{std::move(row)}));
  });
}

void task_list::handle(list_row_read& read) {
  if (read.row.outcome != storage::status::committed)
    return end("its row cannot be read: " + read.row.message);
  if (read.row.value && !row_.ParseFromString(*read.row.value))
    return end("its row is damaged");
  if (env_.others->any() && row_.ack_level() < row_.range_id() * list_block_size)
    return take_over();
  serve();
}

/// Tasks may be stored, and another node may still believe that it has the list: from here on that one cannot write, so
/// what is read here is all there is. The ids of this lease are given to nobody: a list that has no tasks any more can
/// be told from its row.
void task_list::take_over() {
  begin_write(write::lease);
  storage::task_list_transaction tx;
  tx.key = key_;
  tx.expected_range_id = row_.range_id();
  row_.set_range_id(row_.range_id() + 1);
  tx.new_range_id = row_.range_id();
  tx.row = row_.SerializeAsString();
  env_.store->task_lists().commit(std::move(tx), [self = me()](storage::commit_result result) {
    caf::anon_send(self, make_matching_mail(list_written{std::move(result), {}}));
  });
}

void task_list::serve() {
  become(phase::serving);
  read_level_ = done_level_ = row_.ack_level();
  // Ids of the last lease's block may have been written up to its end.
  max_written_ = row_.range_id() * list_block_size;
  next_id_ = max_written_ + 1;
  if (row_.range_id() == 0)
    max_written_ = read_level_ = 0;
  tell_partitions();
  for (const auto& asked : std::exchange(describes_, {}))
    describe(*asked);
  configure_next();
  match();
}

/// Moves tasks that are only in memory to the store, oldest first.
void task_list::spill() {
  if (writing_ != write::none || !stored_known() || fresh_.empty())
    return;
  std::vector<list_task_ptr> tasks;
  while (!fresh_.empty() && tasks.size() < settings_.write_batch) {
    // A task that is offered to the parent is taken back while it is written.
    if (fresh_.front()->given.take())
      tasks.push_back(std::move(fresh_.front()));
    fresh_.pop_front();
  }
  if (tasks.empty())
    return;
  write_backlog(std::move(tasks));
}

void task_list::touch_row() {
  row_.set_updated_ns(now());
  if (kind_ == api::TASK_LIST_KIND_EPHEMERAL)
    row_.set_expiry_ns(now() + ephemeral_kept_ns);
}

/// Begins a write of the row, under a range id whose block has `count` ids left.
void task_list::take_ids(storage::task_list_transaction& tx, std::int64_t count) {
  tx.key = key_;
  tx.expected_range_id = row_.range_id();
  const auto block_end = row_.range_id() * list_block_size;
  if (!owned_ || next_id_ + count > block_end) {
    row_.set_range_id(row_.range_id() + 1);
    next_id_ = (row_.range_id() - 1) * list_block_size + 1;
  }
  tx.new_range_id = row_.range_id();
  row_.set_format(1);
  row_.set_kind(kind_);
  touch_row();
  tx.row = row_.SerializeAsString();
}

void task_list::write_backlog(std::vector<list_task_ptr> tasks) {
  begin_write(write::tasks);
  storage::task_list_transaction tx;
  take_ids(tx, static_cast<std::int64_t>(tasks.size()));
  CADENZA_ASSERT(next_id_ > max_written_, "ids of a backlog only grow; list " + key_.name);
  for (auto& task : tasks) {
    waiting_in_memory_ -= std::exchange(task->waited, false) ? 1 : 0;
    task->backlog_id = next_id_++;
    tx.append.push_back({task->backlog_id, to_record(*task).SerializeAsString()});
  }
  env_.store->task_lists().commit(
      std::move(tx), [self = me(), tasks = std::move(tasks)](storage::commit_result result) mutable {
        caf::anon_send(self, make_matching_mail(list_written{std::move(result), std::move(tasks)}));
      });
}

void task_list::handle(list_written& written) {
  CADENZA_ASSERT(written.tasks.empty() == (writing_ != write::tasks), "tasks come back from a write of tasks");
  const bool lease = writing_ == write::lease;
  end_write();
  if (written.result.outcome != storage::status::committed) {
    // Dropped receipts make the history shards push their tasks again, to the next incarnation of this list.
    return end((lease ? "it could not be taken over: " : "its backlog was not written: ") + written.result.message);
  }
  owned_ = true;
  if (lease)
    return serve();
  if (const auto asked = std::exchange(configuring_, nullptr)) {
    tell_partitions();
    asked->call->reply(uber::cadence::admin::v1::UpdateTaskListPartitionConfigResponse());
  }
  configure_next();
  if (written.tasks.empty())
    return;
  env_.counters->tasks_spilled.fetch_add(static_cast<std::int64_t>(written.tasks.size()), std::memory_order_relaxed);
  const bool nothing_unread = read_level_ >= max_written_;
  max_written_ = std::max(max_written_, written.tasks.back()->backlog_id);
  for (auto& task : written.tasks) {
    if (task->receipt) {
      task->receipt->done();
      task->receipt.reset();
    }
    if (nothing_unread && buffer_.size() < settings_.read_batch) {
      outstanding_.add(task->backlog_id);
      read_level_ = task->backlog_id;
      task->given.release();
      buffer_.push_back(std::move(task));
    }
  }
  if (!settings_.sync_match || fresh_.size() > env_.settings.spill_beyond)
    spill();
  match();
}

void task_list::read_backlog() {
  if (reading_ || !stored_known())
    return;
  reading_ = true;
  reading_to_ = max_written_;
  env_.store->task_lists().scan_tasks(key_, read_level_, reading_to_, static_cast<int>(settings_.read_batch),
                                      [self = me()](storage::page<storage::backlog_row> page) {
                                        caf::anon_send(self, make_matching_mail(backlog_read{std::move(page)}));
                                      });
}

void task_list::handle(backlog_read& read) {
  reading_ = false;
  if (!read.page.usable())
    return end("its backlog cannot be read: " + read.page.message);
  auto level = read_level_;
  for (auto& range : read.page.unreadable) {
    level = std::max(level, std::min(range.last, reading_to_));
    lose(std::move(range));
  }
  for (const auto& row : read.page.rows) {
    if (row.task_id <= read_level_)
      continue;
    read_level_ = row.task_id;
    record::v1::BacklogTask record;
    if (!record.ParseFromString(row.value)) {
      lose({row.task_id, row.task_id, "its bytes are no task"});
      continue;
    }
    outstanding_.add(row.task_id);
    buffer_.push_back(from_record(record, key_, kind_, row.task_id));
  }
  read_level_ = std::max(read_level_, level);
  if (read.page.next.empty()) {
    read_level_ = std::max(read_level_, reading_to_); // what was written meanwhile is still to be read
    if (lost_.empty())
      note_unreadable(env_, actor_path::of_list(env_, key_) + ", backlog", {});
  }
  match();
}

void task_list::lose(storage::unreadable_range range) {
  const bool known = !lost_.add(std::move(range));
  note_unreadable(env_, actor_path::of_list(env_, key_) + ", backlog", lost_.texts("tasks"), known);
}

/// Notes how far the backlog is done, now and then, and drops what is.
void task_list::write_ack() {
  if (!stored_known() || writing_ != write::none || now() - ack_written_ns_ < settings_.ack_interval_ns)
    return;
  const auto level = outstanding_.level(read_level_ + 1);
  ack_written_ns_ = now();
  if (level <= done_level_)
    return;
  CADENZA_ASSERT(level <= read_level_, "no task is done that has not been read; list " + key_.name);
  done_level_ = level;
  row_.set_ack_level(std::max(row_.ack_level(), lost_.held_back(level)));
  touch_row();
  begin_write(write::ack_level);
  storage::task_list_transaction tx;
  tx.key = key_;
  tx.expected_range_id = row_.range_id();
  tx.new_range_id = row_.range_id();
  tx.row = row_.SerializeAsString();
  tx.delete_up_to = level;
  tx.keep = lost_.all();
  env_.store->task_lists().commit(std::move(tx), [self = me()](storage::commit_result result) {
    caf::anon_send(self, make_matching_mail(list_written{std::move(result), {}}));
  });
}

// ---------------------------------------------------------------- partitions

/// Tells the owner over which partitions to spread what comes for this list: what the row says, else the settings.
void task_list::tell_partitions() {
  if (sticky() || !partition_ || partition_->index > 0)
    return;
  partitions_known known{key_, {}, {}, settings_.random_spread};
  const auto ids = [](const auto& partitions, int count, std::vector<int>& out) {
    for (const auto& [id, partition] : partitions)
      out.push_back(id);
    for (int id = 0; partitions.empty() && id < count; ++id)
      out.push_back(id);
    std::sort(out.begin(), out.end());
  };
  const bool stored = row_.has_partition_config();
  const auto& config = row_.partition_config();
  const int reads = std::clamp(settings_.read_partitions, 1, partitions_max);
  ids(config.read_partitions(), stored ? std::max(1, config.num_read_partitions()) : reads, known.reads);
  ids(config.write_partitions(),
      stored ? std::max(1, config.num_write_partitions()) : std::clamp(settings_.write_partitions, 1, reads),
      known.writes);
  if (told_ && told_->reads == known.reads && told_->writes == known.writes && told_->random == known.random)
    return;
  if (!told_ && known.reads.size() == 1 && known.writes.size() == 1)
    return; // what the owner takes for granted
  told_ = known;
  reads_ = static_cast<int>(known.reads.size());
  set_rate();
  send(owner_, make_matching_mail(std::move(known)));
}

/// The owner lets a partition know what its root has told.
void task_list::handle(partitions_known& known) {
  reads_ = std::max(1, static_cast<int>(known.reads.size()));
  set_rate();
}

void task_list::handle(std::shared_ptr<configure_list>& asked) {
  last_used_ns_ = now();
  if (sticky() || !partition_ || partition_->index > 0)
    return asked->call->reject(bad_request("Only root partition's partition config can be updated."));
  if (to_configure_.size() >= configures_max)
    return asked->call->reject(service_busy("too many changes of task list " + key_.name + " wait"));
  to_configure_.push_back(std::move(asked));
  configure_next();
}

void task_list::configure_next() {
  const auto same = [](const auto& a, const auto& b) {
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& item) {
             const auto other = b.find(item.first);
             return other != b.end() && item.second.SerializeAsString() == other->second.SerializeAsString();
           });
  };
  while (!to_configure_.empty() && writing_ == write::none && stored_known()) {
    auto asked = std::move(to_configure_.front());
    to_configure_.pop_front();
    const auto& before = row_.partition_config();
    if (row_.has_partition_config() && same(before.read_partitions(), asked->config.read_partitions()) &&
        same(before.write_partitions(), asked->config.write_partitions())) {
      asked->call->reply(uber::cadence::admin::v1::UpdateTaskListPartitionConfigResponse());
      continue;
    }
    const auto version = before.version() + 1;
    auto& config = *row_.mutable_partition_config();
    config = asked->config;
    config.set_version(version);
    config.set_num_read_partitions(config.read_partitions_size());
    config.set_num_write_partitions(config.write_partitions_size());
    begin_write(write::partitions);
    configuring_ = std::move(asked);
    storage::task_list_transaction tx;
    take_ids(tx, 0);
    env_.store->task_lists().commit(std::move(tx), [self = me()](storage::commit_result result) {
      caf::anon_send(self, make_matching_mail(list_written{std::move(result), {}}));
    });
  }
}

} // namespace cadenza::actors
