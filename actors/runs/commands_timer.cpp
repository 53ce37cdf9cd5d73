#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"
#include "replication/failover.hpp"
#include "workflow/activity.hpp"
#include "workflow/close.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/isolation.hpp"
#include "workflow/timer.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {
namespace {

/// Fires one timer task. Stale ones change nothing. The receipt is done when the outcome is on disk.
class fire_timer : public run_command {
public:
  fire_timer(const record::v1::TimerTask& task, receipt_ptr receipt)
    : run_command({uuid::from_raw(task.domain_id()), task.workflow_id()}, uuid::from_raw(task.run_id())), task_(task),
      receipt_(std::move(receipt)) {
    CADENZA_ASSERT(receipt_ && receipt_->task_id() == task_.task_id(), "a timer that fires has its receipt");
  }

  outcome<void> act(workflow::transaction& tx) override {
    const auto result = apply(tx);
    if (!result)
      return result.error();
    changed_ = *result;
    return {};
  }
  bool changed() const override { return changed_; }
  bool stands(const workflow::run& run) const override { return replication::stands(run, task_); }
  void finished(workflow_run& run) override {
    // The clock was set back since the task fired, and the rules found it early: it comes again.
    if (!changed_ && run.now() < task_.fire_ns())
      return;
    receipt_->done();
  }
  void failed(const error& reason) override {
    // The run is gone or closed: nothing will ever come of this timer. Anything else: the queue tries again.
    if (reason.kind == error_kind::entity_not_exists || reason.kind == error_kind::workflow_already_completed)
      receipt_->done();
  }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return "timer"; }

protected:
  outcome<bool> apply(workflow::transaction& tx) {
    if (!tx.state().open())
      return false;
    switch (task_.type()) {
    case record::v1::TIMER_DECISION_TIMEOUT: return workflow::decision_timed_out(tx, task_);
    case record::v1::TIMER_ACTIVITY_TIMEOUT: return workflow::activities_timed_out(tx, task_);
    case record::v1::TIMER_USER: return workflow::user_timers_due(tx, task_);
    case record::v1::TIMER_WORKFLOW_TIMEOUT: return workflow::workflow_timed_out(tx, task_);
    case record::v1::TIMER_WORKFLOW_BACKOFF: return workflow::backoff_over(tx);
    default: return false;
    }
  }

  record::v1::TimerTask task_;
  receipt_ptr receipt_;
  bool changed_ = false;
};

/// The back-off of a retried activity is over: it goes to matching again.
class retry_activity final : public fire_timer {
public:
  using fire_timer::fire_timer;

  outcome<void> act(workflow::transaction& tx) override {
    push_ = tx.state().open() ? workflow::activity_retry_due(tx.state(), task_) : std::nullopt;
    return {};
  }
  bool changed() const override { return false; }
  void finished(workflow_run& run) override {
    if (!push_)
      return receipt_->done();
    auto out = std::make_shared<list_task>();
    const auto& list_domain = push_->target_domain_id().empty() ? push_->domain_id() : push_->target_domain_id();
    out->list = {uuid::from_raw(list_domain), push_->task_list(), 1};
    out->kind = push_->task_list_kind();
    out->workflow = key;
    out->run_id = run_id;
    out->schedule_id = push_->schedule_id();
    out->attempt = push_->attempt();
    out->version = push_->version();
    out->isolation_group = workflow::isolation_group_of(*push_);
    out->created_ns = run.now();
    if (push_->schedule_to_start_s() > 0)
      out->expiry_ns = out->created_ns + push_->schedule_to_start_s() * ns_per_s;
    out->receipt = std::move(receipt_);
    caf::anon_send(run.env().routes->matching(), make_matching_mail(std::move(out)));
  }
  const char* name() const override { return "activity_retry"; }

private:
  std::optional<record::v1::TransferTask> push_;
};

/// Retention is over.
class delete_after_retention final : public fire_timer {
public:
  delete_after_retention(const record::v1::TimerTask& task, receipt_ptr receipt)
    : fire_timer(task, std::move(receipt)) {
    everywhere = true;
  }

  outcome<void> act(workflow::transaction& tx) override {
    closed_ = !tx.state().open();
    return {};
  }
  bool changed() const override { return false; }
  void finished(workflow_run& run) override {
    if (!closed_)
      return receipt_->done();
    run.remove(std::move(receipt_), [write = run.env().log, id = key.workflow_id,
                                     run_id = run.key().run_id.str()](const outcome<void>& result) {
      if (!result)
        write(log::level::warn, {field::workflow_id(id), field::run_id(run_id), field::error(result.error().message)},
              "run {run_id} of workflow {workflow_id} was not deleted after its retention: {error}");
    });
  }
  const char* name() const override { return "retention"; }

private:
  bool closed_ = false;
};

} // namespace

run_command_ptr make_timer(const record::v1::TimerTask& task, receipt_ptr receipt) {
  switch (task.type()) {
  case record::v1::TIMER_ACTIVITY_RETRY: return std::make_shared<retry_activity>(task, std::move(receipt));
  case record::v1::TIMER_DELETE_HISTORY: return std::make_shared<delete_after_retention>(task, std::move(receipt));
  default: return std::make_shared<fire_timer>(task, std::move(receipt));
  }
}

} // namespace cadenza::actors
