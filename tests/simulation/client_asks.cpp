#include "client.hpp"

namespace cadenza::simulation {
namespace {

constexpr std::int64_t patience_ns = 20 * ns_per_s;

/// One run tells everything, so that a strong query can be checked against what was acknowledged.
bool single_run(const workflow_story& story) {
  return story.resets == 0 && !story.restarted && !story.cron && story.program.find_first_of("nf") == std::string::npos;
}

} // namespace

void client::query(bool strong) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::QueryWorkflowRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    request->mutable_query()->set_query_type("signals");
    if (strong)
      request->set_query_consistency_level(api::QUERY_CONSISTENCY_LEVEL_STRONG);
    std::vector<std::string> known;
    for (const auto& f : book_.facts)
      if (strong && single_run(story_) && f.what == fact::kind::signal && f.workflow_id == workflow_id_)
        known.push_back("[" + f.mark + "]");
    in_.engine().query(std::move(domain), request,
                       in_.call<api::QueryWorkflowResponse>(
                           "query",
                           [=, this](const outcome<api::QueryWorkflowResponse>& answer) {
                             if (answer) {
                               in_.count(strong ? "strong queries answered" : "queries answered");
                               for (const auto& mark : known)
                                 if (answer->query_result().data().find(mark) == std::string::npos)
                                   throw violation("a strong query of " + workflow_id_ + " missed " + mark + ": " +
                                                   answer->query_result().data());
                             } else {
                               in_.count("queries failed: " + std::string(name_of(answer.error().kind)));
                             }
                             over();
                           },
                           patience_ns));
  });
}

void client::plan_reset() {
  when_known([this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    request->set_page_size(1000);
    in_.engine().get_history(
        std::move(domain), request,
        in_.call<api::GetWorkflowExecutionHistoryResponse>(
            "history for a reset",
            [this](const outcome<api::GetWorkflowExecutionHistoryResponse>& answer) {
              if (!answer)
                return settle("history", answer.error(), [this] { plan_reset(); });
              std::vector<std::int64_t> points;
              std::string run_id;
              for (const auto& e : answer->history().events()) {
                if (e.has_workflow_execution_started_event_attributes())
                  run_id = e.workflow_execution_started_event_attributes().original_execution_run_id();
                if (e.has_decision_task_completed_event_attributes())
                  points.push_back(e.event_id());
              }
              if (points.empty())
                return over();
              // Without a run id: whatever run is current when the request arrives.
              reset({}, points[static_cast<std::size_t>(in_.chance().below(static_cast<std::int64_t>(points.size())))],
                    fresh_id());
            },
            patience_ns));
  });
}

void client::reset(const std::string& run_id, std::int64_t finish_id, const std::string& request_id) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::ResetWorkflowExecutionRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    request->mutable_workflow_execution()->set_run_id(run_id);
    request->set_reason(reset_reason);
    request->set_decision_finish_event_id(finish_id);
    request->set_request_id(request_id);
    in_.engine().reset(
        std::move(domain), request,
        in_.call<api::ResetWorkflowExecutionResponse>(
            "reset",
            [=, this](const outcome<api::ResetWorkflowExecutionResponse>& answer) {
              if (!answer) {
                // Another run, pending children, or the middle of a batch.
                if (answer.error().kind == error_kind::bad_request) {
                  in_.count("resets refused");
                  return over();
                }
                return settle("reset", answer.error(), [=, this] { reset(run_id, finish_id, request_id); });
              }
              in_.count("resets");
              book_.facts.push_back({fact::kind::reset, workflow_id_, answer->run_id(), answer->run_id()});
              once_more([=, this] { reset_once_more(*request, answer->run_id()); });
              if (story_.closed) {
                story_.closed = false;
                ++story_.clients;
                in_.later(2 * ns_per_s, [this] { watch(); });
              }
              if (story_.cron)
                return terminate("end again:" + workflow_id_);
              over();
            },
            patience_ns));
  });
}

} // namespace cadenza::simulation
