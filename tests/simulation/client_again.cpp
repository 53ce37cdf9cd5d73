#include "client.hpp"

/// Requests that were answered well and are sent once more: nothing may happen a second time. What their answers do not
/// tell is counted in the histories at the end.
namespace cadenza::simulation {
namespace {

constexpr std::int64_t patience_ns = 20 * ns_per_s;
constexpr std::int64_t again_ns = 300 * ns_per_ms;

} // namespace

void client::once_more(std::function<void()> send) {
  auto& chance = in_.chance();
  if (!chance.permille(350))
    return;
  ++story_.clients;
  const auto most = chance.permille(500) ? 5 * ns_per_s : chance.permille(600) ? 30 * ns_per_s : 180 * ns_per_s;
  in_.later(chance.below(most), [this, send = std::move(send)] {
    in_.count("requests sent once more");
    send();
  });
}

void client::settle_again(const std::string& what, const error& reason, std::function<void()> again) {
  if (reason.kind != error_kind::unavailable && reason.kind != error_kind::service_busy &&
      reason.kind != error_kind::deadline_exceeded)
    throw violation(what + " of " + workflow_id_ + " that was answered well is refused now: " +
                    std::string(name_of(reason.kind)) + " " + reason.message);
  in_.later(again_ns, std::move(again));
}

void client::same_run(const std::string& what, const std::string& told, const std::string& now) {
  // The run that a start has made may have been reset since: then the reset run answers.
  if (told != now && story_.resets == 0)
    throw violation(what + " of " + workflow_id_ + " was answered with " + told + ", and again with " + now);
  over();
}

void client::start_once_more(const api::StartWorkflowExecutionRequest& request, const std::string& run_id) {
  when_known([=, this](workflow::domain_ptr domain) {
    in_.engine().start(std::move(domain), std::make_shared<api::StartWorkflowExecutionRequest>(request),
                       in_.call<api::StartWorkflowExecutionResponse>(
                           "start once more",
                           [=, this](const outcome<api::StartWorkflowExecutionResponse>& answer) {
                             if (answer)
                               return same_run("a start", run_id, answer->run_id());
                             settle_again("a start", answer.error(), [=, this] { start_once_more(request, run_id); });
                           },
                           patience_ns));
  });
}

void client::start_with_signal_once_more(const api::SignalWithStartWorkflowExecutionRequest& request,
                                         const std::string& run_id) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto sent = std::make_shared<api::SignalWithStartWorkflowExecutionRequest>(request);
    if (in_.chance().permille(300)) // a policy that would end the run if this were another request
      sent->mutable_start_request()->set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING);
    in_.engine().signal_with_start(std::move(domain), sent,
                                   in_.call<api::SignalWithStartWorkflowExecutionResponse>(
                                       "signal_with_start once more",
                                       [=, this](const outcome<api::SignalWithStartWorkflowExecutionResponse>& answer) {
                                         if (answer)
                                           return same_run("a signal with start", run_id, answer->run_id());
                                         settle_again("a signal with start", answer.error(),
                                                      [=, this] { start_with_signal_once_more(request, run_id); });
                                       },
                                       patience_ns));
  });
}

void client::signal_once_more(const api::SignalWorkflowExecutionRequest& request) {
  when_known([=, this](workflow::domain_ptr domain) {
    in_.engine().signal(std::move(domain), std::make_shared<api::SignalWorkflowExecutionRequest>(request),
                        in_.call<api::SignalWorkflowExecutionResponse>(
                            "signal once more",
                            [=, this](const outcome<api::SignalWorkflowExecutionResponse>& answer) {
                              if (answer)
                                return over();
                              settle_again("a signal", answer.error(), [=, this] { signal_once_more(request); });
                            },
                            patience_ns));
  });
}

void client::cancel_once_more(const api::RequestCancelWorkflowExecutionRequest& request) {
  when_known([=, this](workflow::domain_ptr domain) {
    in_.engine().request_cancel(
        std::move(domain), std::make_shared<api::RequestCancelWorkflowExecutionRequest>(request),
        in_.call<api::RequestCancelWorkflowExecutionResponse>(
            "request_cancel once more",
            [=, this](const outcome<api::RequestCancelWorkflowExecutionResponse>& answer) {
              // A run that closed otherwise than by being canceled says that it is closed, as in the reference system.
              if (answer || answer.error().kind == error_kind::workflow_already_completed)
                return over();
              settle_again("a cancel request", answer.error(), [=, this] { cancel_once_more(request); });
            },
            patience_ns));
  });
}

void client::reset_once_more(const api::ResetWorkflowExecutionRequest& request, const std::string& run_id) {
  when_known([=, this](workflow::domain_ptr domain) {
    in_.engine().reset(std::move(domain), std::make_shared<api::ResetWorkflowExecutionRequest>(request),
                       in_.call<api::ResetWorkflowExecutionResponse>(
                           "reset once more",
                           [=, this](const outcome<api::ResetWorkflowExecutionResponse>& answer) {
                             if (!answer)
                               return settle_again("a reset", answer.error(),
                                                   [=, this] { reset_once_more(request, run_id); });
                             if (answer->run_id() != run_id)
                               throw violation("a reset of " + workflow_id_ + " was answered with " + run_id +
                                               ", and again with " + answer->run_id());
                             over();
                           },
                           patience_ns));
  });
}

/// Tasks are made anew: what they stand for must not be done twice.
void client::refresh() {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::RefreshWorkflowTasksRequest>();
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    in_.engine().refresh_tasks(std::move(domain), request,
                               in_.call<api::RefreshWorkflowTasksResponse>(
                                   "refresh_tasks",
                                   [=, this](const outcome<api::RefreshWorkflowTasksResponse>& answer) {
                                     if (!answer)
                                       return settle("refresh", answer.error(), [this] { refresh(); });
                                     in_.count("refreshed tasks");
                                     over();
                                   },
                                   patience_ns));
  });
}

} // namespace cadenza::simulation
