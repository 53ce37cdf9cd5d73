#define BOOST_TEST_MODULE answers
#include "tests/integration/served.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

namespace {

using namespace cadenza;
namespace api = uber::cadence::api::v1;

constexpr std::int64_t day_s = 86'400;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A server and a domain, to be asked what programs that know the Go server ask.
struct asked : test::served {
  asked() : served("orders") {}

  void set(const std::string& key, const std::string& value) const {
    run({"admin", "config", "update", "--name", key, "--value", value});
  }
  api::StartWorkflowExecutionRequest start_of(const std::string& id, api::WorkflowIdReusePolicy policy) const {
    api::StartWorkflowExecutionRequest start;
    start.set_domain(domain);
    start.set_request_id(load::new_uuid());
    start.set_workflow_id(id);
    start.mutable_workflow_type()->set_name("type");
    start.mutable_task_list()->set_name("list");
    start.mutable_execution_start_to_close_timeout()->set_seconds(100);
    start.mutable_task_start_to_close_timeout()->set_seconds(10);
    start.set_workflow_id_reuse_policy(policy);
    return start;
  }
  /// The message of the refusal.
  template <class Response, class Request> std::string refusal(const char* method, const Request& request) {
    Response response;
    const auto answer = client->wait(method, request, response, std::chrono::seconds(30));
    BOOST_TEST(!answer.ok(), method);
    return answer.message;
  }
  std::string refused_start(const api::StartWorkflowExecutionRequest& start) {
    return refusal<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", start);
  }
  std::string refused_signal(const api::StartWorkflowExecutionRequest& start) {
    api::SignalWithStartWorkflowExecutionRequest request;
    *request.mutable_start_request() = start;
    request.set_signal_name("go");
    return refusal<api::SignalWithStartWorkflowExecutionResponse>("WorkflowAPI/SignalWithStartWorkflowExecution",
                                                                  request);
  }
  void complete(const std::string& id) {
    const auto task = decision_of("list");
    BOOST_TEST(task.workflow_execution().workflow_id() == id);
    api::RespondDecisionTaskCompletedRequest answer;
    answer.set_task_token(task.task_token());
    answer.add_decisions()->mutable_complete_workflow_execution_decision_attributes();
    (void)ask<api::RespondDecisionTaskCompletedResponse>("WorkerAPI/RespondDecisionTaskCompleted", answer);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(answers, asked)

BOOST_AUTO_TEST_CASE(the_domains_of_the_go_projects_canary_can_be_registered) {
  set("system.minRetentionDays", R"({"Value":0})");
  api::RegisterDomainRequest request;
  request.set_name("cadence-canary");
  request.set_is_global_domain(true);
  request.mutable_workflow_execution_retention_period()->set_seconds(day_s);
  request.set_history_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  request.set_visibility_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  (void)ask<api::RegisterDomainResponse>("DomainAPI/RegisterDomain", request);
  request.set_name("canary-archival-domain");
  request.mutable_workflow_execution_retention_period()->set_seconds(0);
  request.set_history_archival_status(api::ARCHIVAL_STATUS_ENABLED);
  request.set_visibility_archival_status(api::ARCHIVAL_STATUS_ENABLED);
  (void)ask<api::RegisterDomainResponse>("DomainAPI/RegisterDomain", request);

  api::DescribeDomainRequest which;
  which.set_name("canary-archival-domain");
  const auto shown = ask<api::DescribeDomainResponse>("DomainAPI/DescribeDomain", which).domain();
  BOOST_TEST(shown.history_archival_status() == api::ARCHIVAL_STATUS_DISABLED);
  BOOST_TEST(shown.visibility_archival_status() == api::ARCHIVAL_STATUS_DISABLED);
  // What was never set of a domain is empty and not missing.
  BOOST_TEST(shown.has_isolation_groups());
  BOOST_TEST(shown.has_async_workflow_config());
  BOOST_TEST(shown.has_bad_binaries());
  BOOST_TEST(!shown.has_active_clusters());
}

BOOST_AUTO_TEST_CASE(starts_are_told_who_is_in_their_way_on_every_path) {
  const auto first = start_of("w", api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  const auto run_id = ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", first).run_id();
  const auto ids = " WorkflowId: w, RunId: " + run_id + ".";
  BOOST_TEST(refused_start(start_of("w", api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)) ==
             "Workflow execution is already running." + ids);
  complete("w");
  const auto rejected =
      "Workflow execution already finished." + ids + " Workflow ID reuse policy: reject duplicate workflow ID.";
  const auto successful = "Workflow execution already finished successfully." + ids +
                          " Workflow ID reuse policy: allow duplicate workflow ID if last run failed.";
  BOOST_TEST(refused_start(start_of("w", api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)) == rejected);
  BOOST_TEST(refused_signal(start_of("w", api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)) == rejected);
  BOOST_TEST(refused_start(start_of("w", api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY)) == successful);
  BOOST_TEST(refused_signal(start_of("w", api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY)) == successful);
}

BOOST_AUTO_TEST_CASE(batch_jobs_are_refused_and_not_left_lying) {
  auto batch = start_of("batch", api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  batch.set_domain("cadence-batcher");
  batch.mutable_workflow_type()->set_name("cadence-sys-batch-workflow");
  batch.mutable_task_list()->set_name("cadence-sys-batcher-tasklist");
  const std::string sentence = "Domain cadence-batcher is for work of the server's own, and this version has no "
                               "cadence-sys-batch-workflow: nothing would ever carry it out, so it is not started.";
  BOOST_TEST(refused_start(batch) == sentence);
  BOOST_TEST(refused_signal(batch) == sentence);
  BOOST_TEST(run({"workflow", "count"}, "cadence-batcher") == "0\n");
}

BOOST_AUTO_TEST_CASE(search_attributes_have_the_types_that_the_configuration_gives) {
  BOOST_TEST(has(run({"cluster", "get-search-attr"}), "IsCron"));
  const auto type_of = [&](const std::string& key) {
    return ask<api::GetSearchAttributesResponse>("VisibilityAPI/GetSearchAttributes", api::GetSearchAttributesRequest())
        .keys()
        .at(key);
  };
  BOOST_TEST(type_of("IsCron") == api::INDEXED_VALUE_TYPE_BOOL);
  set("frontend.validSearchAttributes", R"({"Value":{"IsCron":1,"CustomIntField":2}})");
  BOOST_TEST(type_of("IsCron") == api::INDEXED_VALUE_TYPE_KEYWORD);
  BOOST_TEST(type_of("CloseTime") == api::INDEXED_VALUE_TYPE_INT); // there whatever is configured
  (void)ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution",
                                                 start_of("w", api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE));
  BOOST_TEST(run({"workflow", "count", "--query", "IsCron = 'false'"}) == "1\n");
}

BOOST_AUTO_TEST_CASE(a_domain_with_clusters_by_attribute_is_taken_and_shown) {
  run({"domain", "register", "--global_domain", "true", "--active_clusters", "region.us-west:cluster0"}, "many");
  const auto shown = run({"domain", "describe"}, "many");
  BOOST_TEST(has(shown, "IsActiveActiveDomain: true"));
  BOOST_TEST(has(shown, "ActiveClustersByClusterAttribute: region.us-west:cluster0"));
  auto start = start_of("w", api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  start.set_domain("many");
  auto& attribute = *start.mutable_active_cluster_selection_policy()->mutable_cluster_attribute();
  attribute.set_scope("region");
  attribute.set_name("us-west");
  (void)ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", start);
  start.set_workflow_id("elsewhere");
  start.set_request_id(load::new_uuid()); // the same request would be told of its run
  attribute.set_name("us-east");
  BOOST_TEST(refused_start(start) ==
             "Cannot start workflow with a cluster attribute that is not found in the domain's metadata.");
}

BOOST_AUTO_TEST_SUITE_END()
