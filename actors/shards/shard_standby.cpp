#include "actors/runs/run_commands.hpp"
#include "actors/shards/history_shard.hpp"
#include "messages/invariant.hpp"
#include "replication/failover.hpp"

#include <algorithm>

/// Tasks of runs whose domain is active in another cluster: they wait here, and as they are not done they stay stored.
/// The run's history says when one has become pointless; when the domain becomes active here the rest is carried out.
namespace cadenza::actors {
namespace {

run_key run_of(const record::v1::TransferTask& task) {
  return {uuid::from_raw(task.domain_id()), task.workflow_id(), uuid::from_raw(task.run_id())};
}
run_key run_of(const record::v1::TimerTask& task) {
  return {uuid::from_raw(task.domain_id()), task.workflow_id(), uuid::from_raw(task.run_id())};
}

} // namespace

bool history_shard::active_elsewhere(const uuid& domain_id) const {
  if (!env_.clusters->any())
    return false;
  const auto domain = env_.domains->get()->find(domain_id);
  return domain && !replication::check_active(nullptr, *domain, env_.clusters->group());
}

/// Whether a run of the workflow id may be begun in this cluster; what is known of the current one may be nothing.
outcome<void> history_shard::may_start(const workflow_entry& entry, const workflow_key& key) const {
  if (!env_.clusters->any())
    return {};
  const auto domain = env_.domains->get()->find(key.domain_id);
  if (!domain)
    return no_domain(key.domain_id.str());
  const auto known = entry.state == workflow_entry::knowledge::known && entry.current;
  return replication::check_start(known ? std::optional(entry.current->last_write_version()) : std::nullopt, *domain,
                                  env_.clusters->group());
}

bool history_shard::stands_by(const record::v1::TransferTask& task, receipt_ptr& receipt) {
  if (!active_elsewhere(uuid::from_raw(task.domain_id())))
    return false;
  // Of more than fit into memory the receipt that goes makes the shard read them again later.
  if (standby_count_ < env_.settings.transfer_held)
    stand_by(run_of(task), std::make_shared<standby_task>(standby_task{task, std::move(receipt)}));
  else
    receipt->broken();
  receipt.reset();
  return true;
}

bool history_shard::stands_by(const record::v1::TimerTask& task, receipt_ptr& receipt) {
  if (task.type() == record::v1::TIMER_DELETE_HISTORY || !active_elsewhere(uuid::from_raw(task.domain_id())))
    return false;
  const auto key = run_of(task);
  // A decision that was with a worker of this cluster when the domain went away holds back what came meanwhile.
  if (task.type() == record::v1::TIMER_DECISION_TIMEOUT)
    to_run(key, make_look_at_failover(key));
  stand_by(key, std::make_shared<standby_task>(standby_task{task, std::move(receipt)}));
  receipt.reset();
  return true;
}

void history_shard::stand_by(const run_key& key, standby_task_ptr task) {
  auto& of_run = standby_[{key.domain_id, key.workflow_id}];
  of_run.push_back(std::move(task));
  ++standby_count_;
}

/// What other clusters have told of a workflow id is applied: which of its tasks are still to be kept?
void history_shard::check_standby(const workflow_key& key) {
  const auto found = standby_.find(key);
  if (found == standby_.end())
    return;
  std::unordered_map<run_key, std::vector<standby_task_ptr>> by_run;
  for (const auto& waiting : found->second)
    by_run[std::visit([](const auto& task) { return run_of(task); }, waiting->task)].push_back(waiting);
  for (auto& [run, tasks] : by_run)
    to_run(run, make_standby_check(run, std::move(tasks), me()));
}

void history_shard::handle(standby_over& over) {
  const auto found = standby_.find({over.key.domain_id, over.key.workflow_id});
  if (found == standby_.end())
    return; // carried out meanwhile
  for (const auto& pointless : over.tasks) {
    const auto i = std::find(found->second.begin(), found->second.end(), pointless);
    if (i == found->second.end())
      continue;
    pointless->receipt->done();
    found->second.erase(i);
    forget_standby(1);
  }
  if (found->second.empty())
    standby_.erase(found);
}

void history_shard::forget_standby(std::size_t count) {
  CADENZA_ASSERT(standby_count_ >= count, "a task that waits is counted; shard " + std::to_string(index_));
  standby_count_ -= count;
}

void history_shard::handle(domains_told&) {
  if (!env_.clusters->any() || phase_ != phase::ready)
    return;
  std::vector<standby_task_ptr> due;
  std::erase_if(standby_, [&](auto& waiting) {
    if (active_elsewhere(waiting.first.domain_id))
      return false;
    forget_standby(waiting.second.size());
    due.insert(due.end(), waiting.second.begin(), waiting.second.end());
    return true;
  });
  for (const auto& waiting : due)
    std::visit([&](const auto& task) { carry_on(task, waiting->receipt); }, waiting->task);
  // Runs that were active here until now: what waits behind a decision of theirs is written down.
  std::vector<run_key> lost;
  for (const auto& [key, run] : runs_)
    if (!run.closed && active_elsewhere(key.domain_id))
      lost.push_back(key);
  for (const auto& key : lost)
    to_run(key, make_look_at_failover(key));
}

void history_shard::carry_on(const record::v1::TransferTask& task, receipt_ptr receipt) {
  if (task.type() == record::v1::TRANSFER_DECISION || task.type() == record::v1::TRANSFER_ACTIVITY)
    return push_to_matching(task, std::move(receipt));
  carry_out(task, std::move(receipt));
}

void history_shard::carry_on(const record::v1::TimerTask& task, receipt_ptr receipt) {
  to_run(run_of(task), make_timer(task, std::move(receipt)));
}

} // namespace cadenza::actors
