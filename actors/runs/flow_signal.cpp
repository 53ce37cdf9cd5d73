#include "actors/runs/run_flow.hpp"
#include "workflow/external.hpp"

#include "cadenza/record/v1/run_message.pb.h"

/// Signals that a decision sends to other workflows.
namespace cadenza::actors {
namespace {

using wire::v1::Refused;
using wire::v1::RunMessage;

/// planning ──┬─► signalling ──┬─► recording ──► forgetting ──► over
///            │                └─► failing ────────────────────► over
///            └──────────────────► failing                       to itself
///
/// The task is done when its end is recorded. The target knows the signal by its request id until no copy of it can
/// come any more, and may forget it then; when the shard dies before, the target keeps the id.
class signal_flow final : public run_flow {
public:
  using run_flow::run_flow;

  outcome<bool> act(workflow::transaction& tx) override {
    switch (step_) {
    case step::planning: {
      auto result = workflow::plan_external_signal(tx, task_);
      if (!result)
        return result.error();
      plan_ = *std::move(result);
      if (!plan_ || !plan_->to_itself)
        return false;
      // Nobody has to be asked: it is written at once.
      return workflow::external_signal_failed(tx, task_.initiated_id());
    }
    case step::recording: return workflow::external_signaled(tx, task_.initiated_id());
    case step::failing: return workflow::external_signal_failed(tx, task_.initiated_id());
    case step::signalling:
    case step::forgetting: break;
    }
    return internal_error("no step of a sender");
  }

  verdict acted() override {
    switch (step_) {
    case step::planning: return plan_ && !plan_->to_itself ? send() : verdict::over;
    case step::recording:
      finish();
      step_ = step::forgetting; // when due_ns() of the signal has come: no copy of it outlives that
      return verdict::wait;
    case step::failing: return verdict::over;
    case step::signalling:
    case step::forgetting: break;
    }
    return verdict::again;
  }

  verdict heard(const RunMessage& answer) override {
    if (step_ != step::signalling)
      return verdict::wait; // a second copy
    if (answer.has_refused() && !for_good(answer))
      return verdict::again;
    step_ = answer.has_refused() ? step::failing : step::recording;
    return verdict::act;
  }

  verdict silence() override {
    if (step_ != step::forgetting)
      return run_flow::silence();
    tell(domain_, workflow_, raw_run(run_)).mutable_forget_signal()->set_request_id(request_id_);
    return verdict::over;
  }
  bool may_be_dropped() const override { return step_ == step::forgetting; }

  const char* name() const override { return "signal_external"; }

private:
  enum class step { planning, signalling, recording, failing, forgetting };

  verdict send() {
    step_ = step::signalling;
    domain_ = plan_->domain_id;
    workflow_ = plan_->workflow_id;
    run_ = plan_->run_id;
    request_id_ = plan_->input.request_id;
    auto& input = plan_->input;
    auto& signal = *ask(static_cast<int>(step_), domain_, workflow_, raw_run(run_)).mutable_signal();
    signal.set_name(std::move(input.name));
    if (input.input)
      signal.set_input(*std::move(input.input));
    if (input.control)
      signal.set_control(*std::move(input.control));
    signal.set_request_id(request_id_);
    signal.set_initiated_id(task_.initiated_id());
    signal.set_child_only(task_.child_only());
    plan_.reset();
    return verdict::wait;
  }

  step step_ = step::planning;
  std::optional<workflow::external_signal> plan_; ///< while planning
  uuid domain_;
  std::string workflow_;
  std::string run_; ///< "": the current one
  std::string request_id_;
};

} // namespace

run_flow_ptr make_signal_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt) {
  return std::make_unique<signal_flow>(std::move(place), task, std::move(receipt));
}

} // namespace cadenza::actors
