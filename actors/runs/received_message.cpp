#include "actors/runs/received_message.hpp"

#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/external.hpp"
#include "workflow/signal.hpp"

#include "cadenza/record/v1/run_message.pb.h"

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

using wire::v1::RunMessage;

constexpr const char* close_policy_reason = "by parent close policy";

workflow_key key_of(const wire::v1::RunAddress& run) { return {uuid::from_raw(run.domain_id()), run.workflow_id()}; }

std::optional<uuid> run_of_address(const wire::v1::RunAddress& run) {
  if (run.run_id().empty())
    return std::nullopt;
  return uuid::from_raw(run.run_id());
}

template <class Body> workflow::external_origin origin_of(const RunMessage& message, const Body& body) {
  return {message.from().workflow_id(), uuid::from_raw(message.from().run_id()).str(), body.initiated_id(),
          body.child_only()};
}

/// A parent's close policy names the parent and no event.
workflow::external_origin parent_of(const RunMessage& message) {
  return {message.from().workflow_id(), uuid::from_raw(message.from().run_id()).str(), std::nullopt, true};
}

outcome<bool> first_decision(workflow::transaction& tx) {
  if (!tx.state().open() || tx.state().has_processed_or_pending_decision())
    return false;
  return changed_if_ok(workflow::schedule_first_decision(tx));
}

outcome<bool> end_child(workflow::transaction& tx, const RunMessage& message) {
  const auto& end = message.end_child();
  if (end.terminate()) {
    workflow::terminate_input input;
    input.reason = close_policy_reason;
    input.identity = std::string(history_identity);
    input.first_execution_run_id = end.first_run_id();
    input.origin = parent_of(message);
    return changed_if_ok(workflow::terminate(tx, input));
  }
  // Unlike the reason of a termination, the reference system gives no cause here.
  workflow::cancel_input input;
  input.identity = std::string(history_identity);
  input.first_execution_run_id = end.first_run_id();
  input.origin = parent_of(message);
  return workflow::request_cancel(tx, input);
}

/// The parent closed while the child was being started: the child ends by the close policy, or begins.
outcome<bool> settle_child(workflow::transaction& tx, const RunMessage& message) {
  const auto& child = message.settle_child();
  const auto& fixed = tx.state().fixed();
  if (fixed.parent_initiated_id() != child.initiated_id() ||
      fixed.parent_run_id() != uuid::from_raw(message.from().run_id()).str())
    return not_exists("the workflow id has no run of that parent");
  if (!tx.state().open())
    return false;
  if (child.policy() == api::PARENT_CLOSE_POLICY_TERMINATE) {
    workflow::terminate_input input;
    input.reason = close_policy_reason;
    input.identity = std::string(history_identity);
    input.origin = parent_of(message);
    return changed_if_ok(workflow::terminate(tx, input));
  }
  bool changed = false;
  if (child.policy() == api::PARENT_CLOSE_POLICY_REQUEST_CANCEL && !tx.state().head().cancel_requested()) {
    workflow::cancel_input input;
    input.identity = std::string(history_identity);
    input.origin = parent_of(message);
    const auto asked = workflow::request_cancel(tx, input);
    if (!asked)
      return asked.error();
    changed = *asked;
  }
  const auto began = first_decision(tx);
  if (!began)
    return began.error();
  return changed || *began;
}

outcome<bool> signal(workflow::transaction& tx, const RunMessage& message) {
  const auto& given = message.signal();
  workflow::signal_input input;
  input.name = given.name();
  if (given.has_input())
    input.input = given.input();
  if (given.has_control())
    input.control = given.control();
  input.identity = std::string(history_identity);
  input.request_id = given.request_id();
  input.to_current = message.to().run_id().empty();
  input.origin = origin_of(message, given);
  return workflow::signal(tx, input);
}

outcome<bool> cancel(workflow::transaction& tx, const RunMessage& message) {
  const auto& given = message.cancel();
  workflow::cancel_input input;
  input.identity = std::string(history_identity);
  input.request_id = given.request_id();
  input.to_current = message.to().run_id().empty();
  input.origin = origin_of(message, given);
  return workflow::request_cancel(tx, input);
}

/// What a message asks of a run that is there.
class received_command final : public run_command {
public:
  received_command(const actor_context& env, run_message_ptr message)
    : run_command(key_of(message->to()), run_of_address(message->to())), env_(env), message_(std::move(message)) {
    if (message_->has_signal())
      remembered = {{storage::request_kind::signal, message_->signal().request_id(), {}}};
    else if (message_->has_cancel())
      remembered = {{storage::request_kind::cancel, message_->cancel().request_id(), {}}};
  }
  ~received_command() override {
    if (!answered_)
      answer_refused(env_, *message_, unavailable("the message was dropped"));
  }

  outcome<void> act(workflow::transaction& tx) override {
    if (tx.env().now_ns > message_->expires_ns())
      return error(error_kind::deadline_exceeded, "the message arrived too late");
    const auto result = carry_out(tx);
    if (!result)
      return result.error();
    changed_ = *result;
    return {};
  }
  bool changed() const override { return changed_; }
  void finished(workflow_run&) override {
    answered_ = true;
    answer_done(env_, *message_);
  }
  void failed(const error& reason) override {
    answered_ = true;
    answer_refused(env_, *message_, reason);
  }
  /// What is for whatever run is current looks for it until it is open; the rest names a run, closed or not.
  bool wants_open_run() const override { return true; }

  const char* name() const override {
    switch (message_->body_case()) {
    case RunMessage::kFirstDecision: return "first_decision";
    case RunMessage::kChildClosed: return "child_closed";
    case RunMessage::kEndChild: return "end_child";
    case RunMessage::kSettleChild: return "settle_child";
    case RunMessage::kSignal: return "external_signal";
    case RunMessage::kForgetSignal: return "forget_signal";
    case RunMessage::kCancel: return "external_cancel";
    default: return "unknown_message";
    }
  }

private:
  outcome<bool> carry_out(workflow::transaction& tx) const {
    switch (message_->body_case()) {
    case RunMessage::kFirstDecision: return first_decision(tx);
    case RunMessage::kChildClosed:
      return workflow::child_closed(tx, message_->child_closed().initiated_id(), message_->from().workflow_id(),
                                    uuid::from_raw(message_->from().run_id()).str(),
                                    message_->child_closed().close_event());
    case RunMessage::kEndChild: return end_child(tx, *message_);
    case RunMessage::kSettleChild: return settle_child(tx, *message_);
    case RunMessage::kSignal: return signal(tx, *message_);
    case RunMessage::kForgetSignal: return workflow::remove_signal_request(tx, message_->forget_signal().request_id());
    case RunMessage::kCancel: return cancel(tx, *message_);
    default: return unavailable("a message of a kind that is not known here");
    }
  }

  const actor_context& env_;
  const run_message_ptr message_;
  bool changed_ = false;
  bool answered_ = false;
};

start_request_ptr start_of(const actor_context& env, run_message_ptr message) {
  const auto& given = message->start_child();
  auto asked = std::make_shared<start_request>();
  asked->key = key_of(message->to());
  asked->request = {message, &given.request()};
  asked->backoff_s = -1;
  const auto& parent = message->from();
  asked->parent = workflow::parent_link{uuid::from_raw(parent.domain_id()), given.parent_domain(), parent.workflow_id(),
                                        uuid::from_raw(parent.run_id()).str(), given.initiated_id()};
  asked->carried.partition_config.insert(given.partition_config().begin(), given.partition_config().end());
  asked->expires_ns = message->expires_ns();
  asked->call = std::make_shared<inner_call<api::StartWorkflowExecutionResponse>>(
      INT64_MAX, [&env, message](const api::StartWorkflowExecutionResponse* response, const error* reason) {
        if (response != nullptr)
          answer_child_started(env, *message, response->run_id());
        else
          answer_refused(env, *message, *reason);
      });
  return asked;
}

} // namespace

std::variant<run_command_ptr, start_request_ptr> receive(const actor_context& env, run_message_ptr message) {
  if (message->has_start_child())
    return start_of(env, std::move(message));
  return std::make_shared<received_command>(env, std::move(message));
}

} // namespace cadenza::actors
