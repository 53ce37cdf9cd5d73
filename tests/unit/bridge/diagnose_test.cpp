#include "harness.hpp"
#include "requests.hpp"

#include "actors/system/diagnosis_workflow.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::harness;

namespace {

api::DiagnoseWorkflowExecutionRequest good_request() {
  api::DiagnoseWorkflowExecutionRequest request;
  request.set_domain("orders");
  request.mutable_workflow_execution()->set_workflow_id("wf");
  request.mutable_workflow_execution()->set_run_id(tests::some_uuid);
  request.set_identity("me");
  return request;
}

struct diagnose_harness : harness {
  diagnose_harness() { system = engine.add_domain("cadence-system"); }
  grpc::Status ask(const api::DiagnoseWorkflowExecutionRequest& request) {
    response.Clear();
    return call<api::DiagnoseWorkflowExecutionResponse>("WorkflowAPI/DiagnoseWorkflowExecution", request, {},
                                                        &response);
  }
  workflow::domain_ptr system;
  api::DiagnoseWorkflowExecutionResponse response;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(diagnose, diagnose_harness)

BOOST_AUTO_TEST_CASE(a_diagnosis_is_a_workflow_of_the_system) {
  std::promise<tests::seen_request> taken; // looked at on this thread: Boost.Test knows no other
  engine.react([&](tests::seen_request seen) {
    taken.set_value(seen);
    api::StartWorkflowExecutionResponse started;
    started.set_run_id("run-1");
    seen.call->reply(started);
  });
  BOOST_TEST(ask(good_request()).ok());
  const auto asked = taken.get_future().get();
  BOOST_TEST(asked.function == "start");
  BOOST_TEST((asked.domain == system));
  const auto& start = dynamic_cast<api::StartWorkflowExecutionRequest&>(*asked.request);
  BOOST_TEST(start.workflow_id() == std::string("orders-") + tests::some_uuid);
  BOOST_TEST(start.workflow_type().name() == "diagnostics-starter-workflow");
  BOOST_TEST(start.task_list().name() == "diagnostics-wf-tasklist");
  BOOST_TEST(start.execution_start_to_close_timeout().seconds() == 86400);
  BOOST_TEST(start.task_start_to_close_timeout().seconds() == 300);
  BOOST_TEST(start.input().data() == std::string(R"({"Domain":"orders","Identity":"me","WorkflowID":"wf","RunID":")") +
                                         tests::some_uuid + "\"}");
  BOOST_TEST(response.domain() == "cadence-system");
  BOOST_TEST(response.diagnostic_workflow_execution().workflow_id() == std::string("orders-") + tests::some_uuid);
  BOOST_TEST(response.diagnostic_workflow_execution().run_id() == "run-1");
}

BOOST_AUTO_TEST_CASE(one_that_runs_already_is_the_answer) {
  engine.react([](tests::seen_request seen) {
    error_detail detail;
    detail.run_id = "run-0";
    seen.call->reject({error_kind::workflow_already_started, "Workflow is already running.", detail});
  });
  BOOST_TEST(ask(good_request()).ok());
  BOOST_TEST(response.diagnostic_workflow_execution().run_id() == "run-0");
  engine.react([](tests::seen_request seen) { seen.call->reject(unavailable("away")); });
  BOOST_TEST(ask(good_request()).error_code() == grpc::StatusCode::UNAVAILABLE);
}

BOOST_AUTO_TEST_CASE(the_run_must_be_named_and_its_domain_exist) {
  auto request = good_request();
  request.clear_domain();
  BOOST_TEST(ask(request).error_message() == "Domain not set on request.");
  request = good_request();
  request.mutable_workflow_execution()->clear_workflow_id();
  BOOST_TEST(ask(request).error_message() == "Execution is not set on request.");
  request = good_request();
  request.mutable_workflow_execution()->clear_run_id();
  BOOST_TEST(ask(request).error_message() == "Execution is not set on request.");
  request.clear_workflow_execution();
  BOOST_TEST(ask(request).error_message() == "Execution is not set on request.");
  request = good_request();
  request.mutable_workflow_execution()->set_run_id("run");
  BOOST_TEST(ask(request).error_message() == "Invalid RunId.");
  request = good_request();
  request.set_domain("none");
  BOOST_TEST(ask(request).error_code() == grpc::StatusCode::NOT_FOUND);
}

BOOST_AUTO_TEST_SUITE_END()
