#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "replication/failover.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

/// Whether a task may still be needed when the domain becomes active here. `replication::stands` keeps those that only
/// wake a run; here they may be many, and each has been answered for by what it is about.
bool may_be_needed(const workflow::run& run, const record::v1::TransferTask& task) {
  return replication::stands(run, task);
}
bool may_be_needed(const workflow::run& run, const record::v1::TimerTask& task) {
  if (!replication::stands(run, task))
    return false;
  switch (task.type()) {
  case record::v1::TIMER_USER:
    return std::any_of(run.timers().begin(), run.timers().end(),
                       [&](const auto& timer) { return timer.second.started_id() == task.event_id(); });
  case record::v1::TIMER_ACTIVITY_TIMEOUT: return run.activities().find(task.event_id()) != nullptr;
  case record::v1::TIMER_WORKFLOW_BACKOFF: return !run.has_processed_or_pending_decision();
  default: return true;
  }
}

class standby_check final : public run_command {
public:
  standby_check(const run_key& run, std::vector<standby_task_ptr> tasks, caf::actor shard)
    : run_command({run.domain_id, run.workflow_id}, run.run_id), tasks_(std::move(tasks)), shard_(std::move(shard)) {
    everywhere = true;
  }

  outcome<void> act(workflow::transaction& tx) override {
    std::erase_if(tasks_, [&](const auto& waiting) {
      return std::visit([&](const auto& task) { return may_be_needed(tx.state(), task); }, waiting->task);
    });
    return {};
  }
  bool changed() const override { return false; }
  void finished(workflow_run&) override { tell(); }
  void failed(const error& reason) override {
    if (reason.kind == error_kind::entity_not_exists)
      tell();
  }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return "standby_check"; }

private:
  void tell() {
    if (!tasks_.empty())
      caf::anon_send(shard_,
                     make_shard_mail(standby_over{{key.domain_id, key.workflow_id, run_id}, std::move(tasks_)}));
  }

  std::vector<standby_task_ptr> tasks_;
  const caf::actor shard_;
};

} // namespace

run_command_ptr make_look_at_failover(const run_key& key) {
  return make_command(
      "look_at_failover", {key.domain_id, key.workflow_id}, key.run_id, nullptr, false,
      [](workflow::transaction&) -> outcome<bool> { return false; }, [](workflow_run&) {});
}

run_command_ptr make_standby_check(const run_key& key, std::vector<standby_task_ptr> tasks, caf::actor shard) {
  return std::make_shared<standby_check>(key, std::move(tasks), std::move(shard));
}

} // namespace cadenza::actors
