#include "installation.hpp"

using namespace cadenza;
using namespace cadenza::integration;

namespace {

/// A client that names the ids of its requests itself.
class exact_client {
public:
  explicit exact_client(const std::string& address) : client_(std::in_place, address, 1) {}
  void connect(const std::string& address) { client_.emplace(address, 1); }

  std::string start(const std::string& request_id) {
    api::StartWorkflowExecutionRequest request;
    request.set_domain("orders");
    request.set_request_id(request_id);
    request.set_workflow_id("w");
    request.mutable_workflow_type()->set_name("type");
    request.mutable_task_list()->set_name("list");
    request.mutable_execution_start_to_close_timeout()->set_seconds(60);
    request.mutable_task_start_to_close_timeout()->set_seconds(10);
    request.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
    api::StartWorkflowExecutionResponse response;
    const auto result = client_->wait("WorkflowAPI/StartWorkflowExecution", request, response);
    BOOST_TEST(result.ok(), result.message);
    return response.run_id();
  }
  void signal(const std::string& request_id) {
    api::SignalWorkflowExecutionRequest request;
    request.set_domain("orders");
    request.mutable_workflow_execution()->set_workflow_id("w");
    request.set_signal_name("s");
    request.set_request_id(request_id);
    api::SignalWorkflowExecutionResponse response;
    const auto result = client_->wait("WorkflowAPI/SignalWorkflowExecution", request, response);
    BOOST_TEST(result.ok(), result.message);
  }
  void cancel(const std::string& request_id) {
    api::RequestCancelWorkflowExecutionRequest request;
    request.set_domain("orders");
    request.mutable_workflow_execution()->set_workflow_id("w");
    request.set_request_id(request_id);
    api::RequestCancelWorkflowExecutionResponse response;
    const auto result = client_->wait("WorkflowAPI/RequestCancelWorkflowExecution", request, response);
    BOOST_TEST(result.ok(), result.message);
  }
  /// Takes the first decision of the current run and completes it with nothing.
  void decide() {
    api::PollForDecisionTaskRequest poll;
    poll.set_domain("orders");
    poll.mutable_task_list()->set_name("list");
    api::PollForDecisionTaskResponse task;
    BOOST_TEST(client_->wait("WorkerAPI/PollForDecisionTask", poll, task, std::chrono::seconds(60)).ok());
    api::RespondDecisionTaskCompletedRequest decided;
    decided.set_task_token(task.task_token());
    api::RespondDecisionTaskCompletedResponse taken;
    BOOST_TEST(client_->wait("WorkerAPI/RespondDecisionTaskCompleted", decided, taken).ok());
  }
  std::string reset(const std::string& run, const std::string& request_id) {
    api::ResetWorkflowExecutionRequest request;
    request.set_domain("orders");
    request.mutable_workflow_execution()->set_workflow_id("w");
    request.mutable_workflow_execution()->set_run_id(run);
    request.set_reason("again");
    request.set_decision_finish_event_id(4);
    request.set_request_id(request_id);
    api::ResetWorkflowExecutionResponse response;
    const auto result = client_->wait("WorkflowAPI/ResetWorkflowExecution", request, response);
    BOOST_TEST(result.ok(), result.message);
    return response.run_id();
  }

private:
  std::optional<load::client> client_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(operators, installation)

BOOST_AUTO_TEST_CASE(with_strong_idempotency_request_ids_outlive_the_run) {
  register_domain("orders");
  exact_client client(server->address());
  const std::vector<std::string> end{"workflow", "terminate", "-w", "w"};
  const auto events = [&](const std::string& run) {
    return json::parse(good({"--output", "json", "workflow", "show", "-w", "w", "-r", run}, "orders")).size();
  };
  const auto start1 = load::new_uuid();
  const auto start2 = load::new_uuid();
  const auto start3 = load::new_uuid();
  const auto signal1 = load::new_uuid();
  const auto cancel1 = load::new_uuid();

  const auto forget = [&](const std::string& run) {
    good(end, "orders");
    good({"admin", "workflow", "delete", "-w", "w", "-r", run, "--remote", "--yes"}, "orders");
  };

  // Off, as by default: what the runs do not tell one another nobody knows.
  const auto run0 = client.start(start1);
  client.signal(signal1);
  forget(run0);
  const auto run1 = client.start(load::new_uuid());
  client.signal(signal1);
  BOOST_TEST(events(run1) == 3U);
  forget(run1);
  BOOST_TEST(client.start(start1) != run0);
  good(end, "orders");

  set("history.enableStrongIdempotency", R"({"Value":true,"Filters":[{"Name":"domainName","Value":"orders"}]})");
  const auto run2 = client.start(start2);
  client.signal(signal1);
  client.cancel(cancel1);
  BOOST_TEST(events(run2) == 4U);
  forget(run2);
  const auto run3 = client.start(start3);
  BOOST_TEST(run3 != run2);
  client.signal(signal1);
  client.cancel(cancel1);
  BOOST_TEST(events(run3) == 2U); // they have been carried out, on the run before

  client.decide();
  const auto reset_id = load::new_uuid();
  const auto made = client.reset(run3, reset_id);
  BOOST_TEST(made != run3);
  good(end, "orders");
  const auto run4 = client.start(load::new_uuid());
  BOOST_TEST(client.reset(run3, reset_id) == made);
  restart();
  client.connect(server->address());
  client.signal(load::new_uuid());
  client.signal(signal1);
  BOOST_TEST(events(run4) == 3U); // neither reset nor signalled once more
  good(end, "orders");
  BOOST_TEST(client.start(start2) == run2);
}

BOOST_AUTO_TEST_SUITE_END()
