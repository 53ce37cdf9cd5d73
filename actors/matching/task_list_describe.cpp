#include "actors/matching/task_list.hpp"
#include "messages/wire_time.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t poller_kept_ns = 300 * ns_per_s;
constexpr std::size_t groups_max = 200;
constexpr std::size_t describes_max = 1000;

} // namespace

void task_list::count_added(const std::string& group) {
  if (added_.empty() && added_rate_.empty())
    window_ns_ = now(); // nothing came for long: it begins with this one
  ++added_[{}];
  if (!group.empty() && (added_.contains(group) || added_.size() < groups_max))
    ++added_[group];
}

void task_list::new_rate_window() {
  const auto passed = now() - window_ns_;
  if (passed < rate_window_ns)
    return;
  if (const auto skipped = polls_->count_taken_by_runs())
    added_[{}] += skipped;
  added_rate_.clear();
  for (const auto& [group, count] : added_)
    added_rate_[group] = static_cast<double>(count) * 1e9 / static_cast<double>(passed);
  added_.clear();
  window_ns_ = now();
}

void task_list::handle(std::shared_ptr<describe_list>& asked) {
  if (sticky() || stored_known())
    return describe(*asked);
  if (describes_.size() >= describes_max)
    return asked->call->reject(service_busy("task list " + key_.name + " is being read"));
  describes_.push_back(std::move(asked));
}

void task_list::describe(const describe_list& asked) {
  api::DescribeTaskListResponse response;
  const auto pollers = book_.recent(now(), poller_kept_ns);
  for (const auto& p : pollers) {
    auto& poller = *response.add_pollers();
    poller.set_identity(p.identity);
    poller.set_rate_per_second(p.rate);
    workflow::set_time(*poller.mutable_last_access_time(), p.last_access_ns);
  }
  response.mutable_task_list()->set_name(key_.name);
  response.mutable_task_list()->set_kind(kind_);
  if (row_.has_partition_config()) {
    *response.mutable_partition_config() = row_.partition_config();
  } else if (told_) {
    auto& config = *response.mutable_partition_config();
    config.set_num_read_partitions(static_cast<std::int32_t>(told_->reads.size()));
    config.set_num_write_partitions(static_cast<std::int32_t>(told_->writes.size()));
    for (const auto id : told_->reads)
      (*config.mutable_read_partitions())[id];
    for (const auto id : told_->writes)
      (*config.mutable_write_partitions())[id];
  }
  if (asked.status) {
    auto& status = *response.mutable_task_list_status();
    fill_status(status);
    for (const auto& p : pollers) {
      if (!p.group.empty()) {
        auto& group = (*status.mutable_isolation_group_metrics())[p.group];
        group.set_poller_count(group.poller_count() + 1);
      }
    }
  }
  asked.call->reply(response);
}

void task_list::fill_status(api::TaskListStatus& status) {
  const auto waiting = fresh_.size() + buffer_.size() + later_.size();
  const auto unread = max_written_ > read_level_ ? max_written_ - read_level_ : 0;
  status.set_backlog_count_hint(static_cast<std::int64_t>(waiting) + unread);
  // Tasks that wait in memory count as if each had taken an id when it began to wait: so that whoever looks at the
  // levels sees a backlog come and go, whether or not it has ever been stored.
  const auto read = read_level_ + done_in_memory_ + (unread == 0 ? waiting_in_memory_ : 0);
  told_read_level_ = std::max(told_read_level_, read);
  status.set_read_level(told_read_level_);
  status.set_ack_level(outstanding_.level(read_level_ + 1) + done_in_memory_);
  status.set_rate_per_second(gate_.rate());
  const auto block = std::max<std::int64_t>(row_.range_id(), 1);
  status.mutable_task_id_block()->set_start_id((block - 1) * list_block_size + 1);
  status.mutable_task_id_block()->set_end_id(block * list_block_size);
  // Of the window that is over; of the present one while there is none before it.
  const auto passed = static_cast<double>(std::max<std::int64_t>(now() - window_ns_, 1)) * 1e-9;
  std::map<std::string, double> rates = added_rate_;
  if (rates.empty()) {
    for (const auto& [group, count] : added_)
      rates[group] = static_cast<double>(count) / passed;
  }
  for (const auto& [group, rate] : rates) {
    if (group.empty())
      status.set_new_tasks_per_second(rate);
    else
      (*status.mutable_isolation_group_metrics())[group].set_new_tasks_per_second(rate);
  }
  status.set_empty(status.backlog_count_hint() == 0);
}

} // namespace cadenza::actors
