#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "workflow/missing.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

/// The start that the first event of a run tells of, in place of whatever runs now.
api::StartWorkflowExecutionRequest started_again(const api::WorkflowExecutionStartedEventAttributes& first,
                                                 workflow_run& base) {
  api::StartWorkflowExecutionRequest out;
  out.set_domain(base.domain()->name);
  out.set_workflow_id(base.key().workflow_id);
  out.set_request_id(base.env().chance->new_uuid().str());
  out.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING);
  *out.mutable_workflow_type() = first.workflow_type();
  *out.mutable_task_list() = first.task_list();
  if (first.has_input())
    *out.mutable_input() = first.input();
  *out.mutable_execution_start_to_close_timeout() = first.execution_start_to_close_timeout();
  *out.mutable_task_start_to_close_timeout() = first.task_start_to_close_timeout();
  if (first.has_retry_policy())
    *out.mutable_retry_policy() = first.retry_policy();
  out.set_cron_schedule(first.cron_schedule());
  out.set_cron_overlap_policy(first.cron_overlap_policy());
  if (first.has_memo())
    *out.mutable_memo() = first.memo();
  if (first.has_search_attributes())
    *out.mutable_search_attributes() = first.search_attributes();
  if (first.has_header())
    *out.mutable_header() = first.header();
  if (base.state().fixed().jitter_s() > 0)
    out.mutable_jitter_start()->set_seconds(base.state().fixed().jitter_s());
  return out;
}

class restart_command final : public run_command {
public:
  restart_command(workflow_key workflow, std::optional<uuid> run, std::string identity, call_ptr asker)
    : run_command(std::move(workflow), run, std::move(asker)), identity_(std::move(identity)) {}

  outcome<void> act(workflow::transaction& tx) override {
    const auto* event = tx.event(first_event_id, first_event_id);
    if (event == nullptr)
      return workflow::event_not_at_hand();
    first_ = event->workflow_execution_started_event_attributes();
    return {};
  }
  bool changed() const override { return false; }
  bool wants_open_run() const override { return false; }
  void failed(const error& reason) override {
    if (reason.kind == error_kind::entity_not_exists)
      return call->reject(bad_request("Requested workflow history not found, may have passed retention period."));
    call->reject(reason);
  }
  void finished(workflow_run& base) override {
    auto asked = std::make_shared<start_request>();
    asked->key = key;
    asked->backoff_s = -1;
    asked->call = call;
    auto again = std::make_shared<api::StartWorkflowExecutionRequest>(started_again(first_, base));
    again->set_identity(identity_);
    asked->request = std::move(again);
    send_start(base.env(), std::move(asked));
  }
  const char* name() const override { return "restart"; }

private:
  const std::string identity_;
  api::WorkflowExecutionStartedEventAttributes first_;
};

} // namespace

void restart_run(const actor_context& env, workflow::domain_ptr domain,
                 engine::body<api::RestartWorkflowExecutionRequest> request, call_ptr call) {
  send_to_run(env, std::make_shared<restart_command>(
                       workflow_key{domain->id, request->workflow_execution().workflow_id()},
                       run_of(request->workflow_execution()), request->identity(), std::move(call)));
}

} // namespace cadenza::actors
