#include "actors/runs/run_flow.hpp"
#include "workflow/external.hpp"

#include "cadenza/record/v1/run_message.pb.h"

/// Cancellations that a decision asks other workflows for.
namespace cadenza::actors {
namespace {

using wire::v1::Refused;
using wire::v1::RunMessage;

/// planning ──┬─► cancelling ──┬─► recording ──► over
///            │                └─► failing ────► over
///            └──────────────────► over            to itself: written as failed while planning
class cancel_flow final : public run_flow {
public:
  using run_flow::run_flow;

  outcome<bool> act(workflow::transaction& tx) override {
    switch (step_) {
    case step::planning: {
      auto result = workflow::plan_external_cancel(tx, task_);
      if (!result)
        return result.error();
      plan_ = *std::move(result);
      if (!plan_ || !plan_->to_itself)
        return false;
      return workflow::external_cancel_failed(tx, task_.initiated_id());
    }
    case step::recording: return workflow::external_canceled(tx, task_.initiated_id());
    case step::failing: return workflow::external_cancel_failed(tx, task_.initiated_id());
    case step::cancelling: break;
    }
    return internal_error("no step of a sender");
  }

  verdict acted() override {
    if (step_ != step::planning || !plan_ || plan_->to_itself)
      return verdict::over;
    step_ = step::cancelling;
    auto& cancel =
        *ask(static_cast<int>(step_), plan_->domain_id, plan_->workflow_id, raw_run(plan_->run_id)).mutable_cancel();
    cancel.set_request_id(plan_->input.request_id);
    cancel.set_initiated_id(task_.initiated_id());
    cancel.set_child_only(task_.child_only());
    return verdict::wait;
  }

  verdict heard(const RunMessage& answer) override {
    if (step_ != step::cancelling)
      return verdict::wait; // a second copy
    if (answer.has_done() || answer.refused().reason() == Refused::REASON_REQUESTED)
      step_ = step::recording;
    else if (for_good(answer))
      step_ = step::failing;
    else
      return verdict::again;
    return verdict::act;
  }

  const char* name() const override { return "cancel_external"; }

private:
  enum class step { planning, cancelling, recording, failing };

  step step_ = step::planning;
  std::optional<workflow::external_cancel> plan_;
};

} // namespace

run_flow_ptr make_cancel_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt) {
  return std::make_unique<cancel_flow>(std::move(place), task, std::move(receipt));
}

} // namespace cadenza::actors
