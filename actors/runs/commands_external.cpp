#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/transfer_command.hpp"
#include "workflow/close.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/external.hpp"
#include "workflow/signal.hpp"

/// Signals and cancellations that a decision sends to other workflows.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

class signal_external_command final : public transfer_command {
public:
  using transfer_command::transfer_command;

  outcome<void> act(workflow::transaction& tx) override {
    auto result = workflow::plan_external_signal(tx, task_);
    if (!result)
      return result.error();
    plan_ = *std::move(result);
    return {};
  }

  void finished(workflow_run& run) override {
    if (!plan_)
      return receipt_->done();
    const auto& env = run.env();
    const auto record_failure = [&env, source = key, source_run = run_id,
                                 initiated = task_.initiated_id()](receipt_ptr receipt) {
      tell_run(
          env, "external_signal_failed", source, source_run,
          [initiated](workflow::transaction& tx) { return workflow::external_signal_failed(tx, initiated); },
          finish(std::move(receipt)));
    };
    if (plan_->to_itself)
      return record_failure(std::move(receipt_));
    const workflow_key target{plan_->domain_id, plan_->workflow_id};
    const auto target_run = named_run(plan_->run_id);
    auto answer = step_call<api::SignalWorkflowExecutionResponse>(
        [&env, record_failure, receipt = receipt_, source = key, source_run = run_id, target, target_run,
         initiated = task_.initiated_id(), signal_request = plan_->input.request_id](const error* reason) {
          if (reason != nullptr)
            return for_good(*reason) ? record_failure(receipt) : void();
          tell_run(
              env, "external_signaled", source, source_run,
              [initiated](workflow::transaction& tx) { return workflow::external_signaled(tx, initiated); },
              [&env, receipt, target, target_run, signal_request](const error* failure) {
                if (failure != nullptr && !gone(*failure))
                  return;
                // The target may forget the request id now: the signal will not be sent again.
                tell_run(
                    env, "remove_signal_request", target, target_run,
                    [signal_request](workflow::transaction& tx) -> outcome<bool> {
                      return workflow::remove_signal_request(tx, signal_request);
                    },
                    [receipt](const error*) { receipt->done(); });
              });
        });
    receipt_.reset();
    auto command = make_command(
        "external_signal", target, target_run, answer, true,
        [input = plan_->input](workflow::transaction& tx) { return workflow::signal(tx, input); },
        answer_empty<api::SignalWorkflowExecutionResponse>(answer));
    command->remembered = {{storage::request_kind::signal, plan_->input.request_id, {}}};
    send_to_run(env, std::move(command));
  }
  const char* name() const override { return "signal_external"; }

private:
  std::optional<workflow::external_signal> plan_;
};

class cancel_external_command final : public transfer_command {
public:
  using transfer_command::transfer_command;

  outcome<void> act(workflow::transaction& tx) override {
    auto result = workflow::plan_external_cancel(tx, task_);
    if (!result)
      return result.error();
    plan_ = *std::move(result);
    return {};
  }

  void finished(workflow_run& run) override {
    if (!plan_)
      return receipt_->done();
    const auto& env = run.env();
    const auto record = [&env, source = key, source_run = run_id,
                         initiated = task_.initiated_id()](bool worked, receipt_ptr receipt) {
      tell_run(
          env, "external_cancel_over", source, source_run,
          [initiated, worked](workflow::transaction& tx) {
            return worked ? workflow::external_canceled(tx, initiated)
                          : workflow::external_cancel_failed(tx, initiated);
          },
          finish(std::move(receipt)));
    };
    if (plan_->to_itself)
      return record(false, std::move(receipt_));
    auto answer = step_call<api::SignalWorkflowExecutionResponse>([record, receipt = receipt_](const error* reason) {
      if (reason == nullptr || reason->kind == error_kind::cancellation_already_requested)
        record(true, receipt);
      else if (for_good(*reason))
        record(false, receipt);
    });
    receipt_.reset();
    auto command = make_command(
        "external_cancel", {plan_->domain_id, plan_->workflow_id}, named_run(plan_->run_id), answer, true,
        [input = plan_->input](workflow::transaction& tx) { return workflow::request_cancel(tx, input); },
        answer_empty<api::SignalWorkflowExecutionResponse>(answer));
    command->remembered = {{storage::request_kind::cancel, plan_->input.request_id, {}}};
    send_to_run(env, std::move(command));
  }
  const char* name() const override { return "cancel_external"; }

private:
  std::optional<workflow::external_cancel> plan_;
};

} // namespace

run_command_ptr make_signal_external(const record::v1::TransferTask& task, receipt_ptr receipt) {
  return std::make_shared<signal_external_command>(task, std::move(receipt));
}

run_command_ptr make_cancel_external(const record::v1::TransferTask& task, receipt_ptr receipt) {
  return std::make_shared<cancel_external_command>(task, std::move(receipt));
}

} // namespace cadenza::actors
