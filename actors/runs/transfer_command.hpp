#pragma once

#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

/// What the commands share that carry out transfer tasks of a run.
namespace cadenza::actors {

/// Who hears how a step on another run ended.
using step_over = std::function<void(const error* reason)>;

/// A call without a caller: its answer goes on with the flow.
template <class Response> call_ptr step_call(step_over next) {
  return std::make_shared<inner_call<Response>>(
      INT64_MAX, [next = std::move(next)](const Response*, const error* reason) { next(reason); });
}

/// Nothing will change by trying again.
inline bool for_good(const error& reason) {
  switch (reason.kind) {
  case error_kind::unavailable:
  case error_kind::service_busy:
  case error_kind::internal_service:
  case error_kind::deadline_exceeded:
  case error_kind::shard_ownership_lost: return false;
  default: return true;
  }
}

inline bool gone(const error& reason) {
  return reason.kind == error_kind::entity_not_exists || reason.kind == error_kind::workflow_already_completed;
}

/// A change of a run that nobody waits for, but for the receipt.
template <class Act>
void tell_run(const services& env, const char* name, workflow_key key, std::optional<uuid> run, Act act,
              step_over next) {
  auto answer = step_call<uber::cadence::api::v1::SignalWorkflowExecutionResponse>(std::move(next));
  send_to_run(env, make_command(name, std::move(key), run, answer, false, std::move(act),
                                answer_empty<uber::cadence::api::v1::SignalWorkflowExecutionResponse>(answer)));
}

/// What all transfer tasks of a run have in common.
class transfer_command : public run_command {
public:
  transfer_command(const record::v1::TransferTask& task, receipt_ptr receipt)
    : run_command({uuid::from_raw(task.domain_id()), task.workflow_id()}, uuid::from_raw(task.run_id())), task_(task),
      receipt_(std::move(receipt)) {}

  bool changed() const override { return false; }
  bool wants_open_run() const override { return false; }
  void failed(const error& reason) override {
    if (gone(reason))
      receipt_->done();
  }

protected:
  /// Ends the task when a last step on the source run is over; a run that is gone needs no telling.
  [[nodiscard]] static step_over finish(receipt_ptr receipt) {
    return [receipt = std::move(receipt)](const error* reason) {
      if (reason == nullptr || gone(*reason))
        receipt->done();
    };
  }

  record::v1::TransferTask task_;
  receipt_ptr receipt_;
};

[[nodiscard]] run_command_ptr make_signal_external(const record::v1::TransferTask& task, receipt_ptr receipt);
[[nodiscard]] run_command_ptr make_cancel_external(const record::v1::TransferTask& task, receipt_ptr receipt);

} // namespace cadenza::actors
