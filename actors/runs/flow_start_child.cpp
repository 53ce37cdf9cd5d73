#include "actors/runs/run_flow.hpp"
#include "messages/invariant.hpp"
#include "workflow/external.hpp"

#include "cadenza/record/v1/run_message.pb.h"

/// Starts a child workflow.
namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

using wire::v1::Refused;
using wire::v1::RunMessage;

///                         ┌─► refusing ──────────────┐
/// planning ──► starting ──┴─► recording ─► beginning ┴─► over
///     │                           └──► settling ─────┘
///     ├──────────────────────────────► settling             the parent has closed before the start was written down
///     └──────────────────────────────► beginning            it was written down by an earlier try
///
/// A child that has started makes no decision before its parent has written that down. When the parent closes in
/// between, nobody else knows of the child: it is settled by its close policy, or lost until its time-out.
class start_child_flow final : public run_flow {
public:
  using run_flow::run_flow;

  outcome<bool> act(workflow::transaction& tx) override {
    parent_open_ = tx.state().open();
    switch (step_) {
    case step::planning: return plan(tx);
    case step::recording: return parent_open_ ? workflow::child_started(tx, task_.initiated_id(), child_run_) : false;
    case step::refusing:
      return workflow::child_start_failed(tx, task_.initiated_id(),
                                          api::CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_RUNNING);
    case step::starting:
    case step::beginning:
    case step::settling: break;
    }
    return internal_error("no step of a parent");
  }

  verdict acted() override {
    switch (step_) {
    case step::planning: return planned();
    case step::recording: return parent_open_ ? begin() : settle();
    case step::refusing: return verdict::over;
    case step::starting:
    case step::beginning:
    case step::settling: break;
    }
    return verdict::again;
  }

  verdict refused(const error& reason) override {
    if (step_ == step::recording && is_gone(reason))
      return settle();
    return run_flow::refused(reason);
  }

  verdict heard(const RunMessage& answer) override {
    if (answer.part() != static_cast<int>(step_))
      return verdict::wait; // a second copy of an earlier step's
    switch (step_) {
    case step::starting:
      if (answer.has_child_started()) {
        child_run_ = answer.child_started().run_id();
        step_ = step::recording;
        return verdict::act;
      }
      if ((answer.refused().reason() != Refused::REASON_STARTED &&
           answer.refused().reason() != Refused::REASON_INVALID) ||
          !for_good(answer))
        return verdict::again;
      step_ = step::refusing;
      return verdict::act;
    case step::beginning: return answer.has_done() || is_gone(answer) ? verdict::over : verdict::again;
    case step::settling:
      return answer.has_done() || (is_gone(answer) && for_good(answer)) ? verdict::over : verdict::again;
    case step::planning:
    case step::recording:
    case step::refusing: break;
    }
    return verdict::wait;
  }

  const char* name() const override { return "start_child"; }

private:
  enum class step { planning, starting, recording, refusing, beginning, settling };

  outcome<bool> plan(workflow::transaction& tx) {
    auto result = workflow::plan_child_start(tx, task_);
    if (!result)
      return result.error();
    plan_ = *std::move(result);
    known_ = false;
    if (const auto* child = tx.state().children().find(task_.initiated_id())) {
      known_ = true;
      child_domain_ = uuid::from_raw(child->domain_id());
      child_workflow_ = child->started_workflow_id();
      policy_ = child->parent_close_policy();
    }
    return false;
  }

  verdict planned() {
    if (!plan_)
      return known_ && !parent_open_ ? settle() : verdict::over;
    if (plan_->already_started) {
      child_run_ = plan_->started_run_id;
      return begin();
    }
    step_ = step::starting;
    auto& start = *ask_child({}).mutable_start_child();
    *start.mutable_request() = std::move(plan_->request);
    start.set_parent_domain(plan_->parent.domain);
    start.set_initiated_id(task_.initiated_id());
    start.mutable_partition_config()->insert(plan_->partition_config.begin(), plan_->partition_config.end());
    plan_.reset();
    return verdict::wait;
  }

  using run_flow::is_gone;
  [[nodiscard]] static bool is_gone(const RunMessage& answer) {
    return answer.refused().reason() == Refused::REASON_GONE;
  }

  verdict begin() {
    step_ = step::beginning;
    ask_child(raw_run(child_run_)).mutable_first_decision();
    return verdict::wait;
  }

  verdict settle() {
    step_ = step::settling;
    auto& child = *ask_child({}).mutable_settle_child();
    child.set_initiated_id(task_.initiated_id());
    child.set_policy(policy_);
    return verdict::wait;
  }

  RunMessage& ask_child(const std::string& run_id) {
    return ask(static_cast<int>(step_), child_domain_, child_workflow_, run_id);
  }

  step step_ = step::planning;
  bool parent_open_ = true;
  bool known_ = false; ///< the parent knows of the child; what follows is what it knows
  uuid child_domain_;
  std::string child_workflow_;
  api::ParentClosePolicy policy_ = api::PARENT_CLOSE_POLICY_INVALID;
  std::optional<workflow::child_start> plan_; ///< while planning
  std::string child_run_;
};

} // namespace

run_flow_ptr make_start_child_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt) {
  return std::make_unique<start_child_flow>(std::move(place), task, std::move(receipt));
}

} // namespace cadenza::actors
