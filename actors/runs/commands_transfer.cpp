#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/transfer_command.hpp"
#include "workflow/close.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/external.hpp"
#include "workflow/signal.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

// ---------------------------------------------------------------- close

/// Tells the parent and the children of a closed run.
class close_command final : public transfer_command {
public:
  using transfer_command::transfer_command;

  outcome<void> act(workflow::transaction& tx) override {
    auto result = workflow::report_close(tx);
    if (!result)
      return result.error();
    report_ = *std::move(result);
    return {};
  }

  void finished(workflow_run& run) override {
    const auto& env = run.env();
    // Done when every part is: each holds the join, and the last one to let go ends the task.
    auto all = std::make_shared<join>(std::move(receipt_));
    if (report_.notify_parent) {
      const auto& parent = report_.parent;
      const auto event = std::make_shared<const api::HistoryEvent>(report_.close_event);
      tell_run(
          env, "child_closed", {parent.domain_id, parent.workflow_id}, named_run(parent.run_id),
          [event, initiated = parent.initiated_id, child = key.workflow_id, child_run = run_id.str()](
              workflow::transaction& tx) { return workflow::child_closed(tx, initiated, child, child_run, *event); },
          [all](const error* reason) {
            if (reason != nullptr && !for_good(*reason))
              all->again = true;
          });
    }
    for (const auto& child : report_.children)
      end_child(env, child, all);
  }
  const char* name() const override { return "close"; }

private:
  struct join {
    explicit join(receipt_ptr r) : receipt(std::move(r)) {}
    ~join() {
      if (!again)
        receipt->done();
    }
    receipt_ptr receipt;
    std::atomic<bool> again{false};
  };

  void end_child(const services& env, const workflow::close_report::child_action& child,
                 const std::shared_ptr<join>& all) {
    workflow::external_origin origin;
    origin.workflow_id = key.workflow_id;
    origin.run_id = run_id.str();
    origin.child_only = true;
    auto act = [child, origin](workflow::transaction& tx) -> outcome<bool> {
      if (!child.terminate) {
        // Unlike the reason of a termination, the reference system gives no cause here.
        workflow::cancel_input input;
        input.identity = std::string(history_identity);
        input.first_execution_run_id = child.first_run_id;
        input.origin = origin;
        return workflow::request_cancel(tx, input);
      }
      workflow::terminate_input input;
      input.reason = "by parent close policy";
      input.identity = std::string(history_identity);
      input.first_execution_run_id = child.first_run_id;
      input.origin = origin;
      return changed_if_ok(workflow::terminate(tx, input));
    };
    auto answer = step_call<api::SignalWorkflowExecutionResponse>([all](const error* reason) {
      if (reason != nullptr && !for_good(*reason))
        all->again = true;
    });
    send_to_run(env, make_command("end_child", {child.domain_id, child.workflow_id}, std::nullopt, answer, true,
                                  std::move(act), answer_empty<api::SignalWorkflowExecutionResponse>(answer)));
  }

  workflow::close_report report_;
};

// ---------------------------------------------------------------- children

class start_child_command final : public transfer_command {
public:
  using transfer_command::transfer_command;

  outcome<void> act(workflow::transaction& tx) override {
    auto result = workflow::plan_child_start(tx, task_);
    if (!result)
      return result.error();
    plan_ = *std::move(result);
    link_.reset();
    if (const auto* child = tx.state().children().find(task_.initiated_id()))
      link_ = family{{uuid::from_raw(child->domain_id()), child->started_workflow_id()},
                     run_id.str(),
                     task_.initiated_id(),
                     child->parent_close_policy(),
                     {key.workflow_id, run_id.str(), {}, true}};
    parent_open_ = tx.state().open();
    return {};
  }

  void finished(workflow_run& run) override {
    const auto& env = run.env();
    if (!plan_ && link_ && !parent_open_)
      return settle_orphan(env, *link_, std::move(receipt_));
    if (!plan_)
      return receipt_->done();
    const workflow_key child{plan_->domain_id, plan_->request.workflow_id()};
    if (plan_->already_started)
      return first_decision(env, child, plan_->started_run_id, std::move(receipt_));
    auto asked = std::make_shared<start_request>();
    asked->key = child;
    asked->domain = env.domains->get()->find(plan_->domain_id);
    if (!asked->domain)
      return; // unknown at the moment; the queue tries again
    asked->request = std::make_shared<api::StartWorkflowExecutionRequest>(std::move(plan_->request));
    asked->backoff_s = -1;
    asked->parent = plan_->parent;
    asked->carried.partition_config = plan_->partition_config;
    asked->answer = std::make_shared<inner_call<api::StartWorkflowExecutionResponse>>(
        INT64_MAX, [&env, child, source = key, source_run = run_id, initiated = task_.initiated_id(), link = link_,
                    receipt = receipt_](const api::StartWorkflowExecutionResponse* response, const error* reason) {
          if (response != nullptr) {
            const auto child_run = response->run_id();
            return tell_run(
                env, "child_started", source, source_run,
                [initiated, child_run](workflow::transaction& tx) {
                  return workflow::child_started(tx, initiated, child_run);
                },
                [&env, child, child_run, link, receipt](const error* failure) {
                  if (failure == nullptr)
                    first_decision(env, child, child_run, receipt);
                  else if (gone(*failure) && link)
                    settle_orphan(env, *link, receipt);
                });
          }
          if (reason->kind != error_kind::workflow_already_started && reason->kind != error_kind::bad_request)
            return; // tried again
          tell_run(
              env, "child_start_failed", source, source_run,
              [initiated](workflow::transaction& tx) {
                return workflow::child_start_failed(
                    tx, initiated, api::CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_RUNNING);
              },
              finish(receipt));
        });
    receipt_.reset();
    send_start(env, std::move(asked));
  }
  const char* name() const override { return "start_child"; }

private:
  /// How a child is tied to its parent.
  struct family {
    workflow_key child;
    std::string parent_run_id;
    std::int64_t initiated_id = 0;
    api::ParentClosePolicy policy = api::PARENT_CLOSE_POLICY_INVALID;
    workflow::external_origin origin;
  };

  /// The parent closed while the child was being started, and nobody may have told the child: it begins if it is
  /// abandoned, else it ends by the close policy. Nothing happens when there is no such child.
  static void settle_orphan(const services& env, const family& link, receipt_ptr receipt) {
    auto act = [link](workflow::transaction& tx) -> outcome<bool> {
      const auto& fixed = tx.state().fixed();
      if (!tx.state().open() || fixed.parent_initiated_id() != link.initiated_id ||
          fixed.parent_run_id() != link.parent_run_id)
        return false;
      if (link.policy == api::PARENT_CLOSE_POLICY_TERMINATE) {
        workflow::terminate_input input;
        input.reason = "by parent close policy";
        input.identity = std::string(history_identity);
        input.origin = link.origin;
        return changed_if_ok(workflow::terminate(tx, input));
      }
      bool changed = false;
      if (link.policy == api::PARENT_CLOSE_POLICY_REQUEST_CANCEL && !tx.state().head().cancel_requested()) {
        workflow::cancel_input input;
        input.identity = std::string(history_identity);
        input.origin = link.origin;
        const auto asked = workflow::request_cancel(tx, input);
        if (!asked)
          return asked.error();
        changed = *asked;
      }
      if (tx.state().has_processed_or_pending_decision())
        return changed;
      return changed_if_ok(workflow::schedule_first_decision(tx));
    };
    auto answer = step_call<api::SignalWorkflowExecutionResponse>(finish(std::move(receipt)));
    send_to_run(env, make_command("settle_orphan", link.child, std::nullopt, answer, true, std::move(act),
                                  answer_empty<api::SignalWorkflowExecutionResponse>(answer)));
  }

  static void first_decision(const services& env, const workflow_key& child, const std::string& run,
                             receipt_ptr receipt) {
    tell_run(
        env, "schedule_first_decision", child, named_run(run),
        [](workflow::transaction& tx) -> outcome<bool> {
          if (!tx.state().open() || tx.state().has_processed_or_pending_decision())
            return false;
          return changed_if_ok(workflow::schedule_first_decision(tx));
        },
        finish(std::move(receipt)));
  }

  std::optional<workflow::child_start> plan_;
  std::optional<family> link_;
  bool parent_open_ = true;
};

} // namespace

run_command_ptr make_transfer(const record::v1::TransferTask& task, receipt_ptr receipt) {
  switch (task.type()) {
  case record::v1::TRANSFER_CLOSE: return std::make_shared<close_command>(task, std::move(receipt));
  case record::v1::TRANSFER_START_CHILD: return std::make_shared<start_child_command>(task, std::move(receipt));
  case record::v1::TRANSFER_SIGNAL_EXTERNAL: return make_signal_external(task, std::move(receipt));
  case record::v1::TRANSFER_CANCEL_EXTERNAL: return make_cancel_external(task, std::move(receipt));
  default: return make_auto_reset(task, std::move(receipt));
  }
}

} // namespace cadenza::actors
