#include "harness.hpp"
#include "requests.hpp"

#include "bridge/handlers/method_table.hpp"
#include "uber/cadence/api/v1/error.pb.h"
#include "uber/cadence/api/v1/service_meta.pb.h"
#include "uber/cadence/api/v1/service_schedule.pb.h"

#include <google/protobuf/empty.pb.h>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::detail_of;
using tests::good_start;
using tests::harness;

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(every_method_of_the_contract_is_known_and_the_unbuilt_ones_name_themselves) {
  harness h;
  h.engine.react([](tests::seen_request seen) { seen.call->reject(bad_request("reached the engine")); });
  const auto table = bridge::full_method_table();
  BOOST_TEST(table.methods().size() == 95u);
  BOOST_TEST(table.services_served().size() == 7u);
  int unbuilt = 0;
  for (const auto& method : table.methods()) {
    const auto status = h.call<google::protobuf::Empty>(method.path, google::protobuf::Empty{});
    BOOST_TEST_CONTEXT(method.path << " answered " << status.error_code() << " " << status.error_message()) {
      if (method.handle) {
        BOOST_TEST(status.error_code() != grpc::StatusCode::UNIMPLEMENTED);
      } else {
        ++unbuilt;
        BOOST_TEST(status.error_code() == grpc::StatusCode::UNIMPLEMENTED);
        BOOST_TEST(status.error_message() == method.service + "/" + method.name + " is not implemented yet");
      }
    }
  }
  BOOST_TEST(unbuilt > 0);
}

BOOST_AUTO_TEST_CASE(unknown_methods_and_services_are_unimplemented) {
  harness h;
  for (const char* path : {"/uber.cadence.api.v1.WorkflowAPI/Nothing", "/no.such.Service/Method", "/nonsense"})
    BOOST_TEST(h.call<google::protobuf::Empty>(path, google::protobuf::Empty{}).error_code() ==
               grpc::StatusCode::UNIMPLEMENTED);
}

BOOST_AUTO_TEST_CASE(internal_errors_come_from_the_frontend_without_a_type_and_from_the_admin_side_with_one) {
  harness h;
  h.engine.react([](tests::seen_request seen) { seen.call->reject(internal_error("the reason")); });
  auto status = h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", good_start());
  BOOST_TEST(status.error_code() == grpc::StatusCode::UNKNOWN);
  BOOST_TEST(status.error_message() == "cadence internal error, msg: the reason");
  uber::cadence::admin::v1::CloseShardRequest shard;
  status = h.call<uber::cadence::admin::v1::CloseShardResponse>("/uber.cadence.admin.v1.AdminAPI/CloseShard", shard);
  BOOST_TEST(status.error_code() == grpc::StatusCode::INTERNAL);
  BOOST_TEST(status.error_message() == "the reason");
}

BOOST_AUTO_TEST_CASE(the_cluster_has_this_host_in_every_ring) {
  harness h;
  namespace admin = uber::cadence::admin::v1;
  admin::DescribeClusterResponse cluster;
  BOOST_TEST(
      h.call("/uber.cadence.admin.v1.AdminAPI/DescribeCluster", admin::DescribeClusterRequest(), {}, &cluster).ok());
  const auto& members = cluster.membership_info();
  BOOST_TEST(members.current_host().identity() == "127.0.0.1:7833");
  BOOST_REQUIRE_EQUAL(members.rings_size(), 4);
  BOOST_TEST(members.reachable_members_size() == 4);
  std::string roles;
  for (const auto& ring : members.rings()) {
    roles += ring.role() + " ";
    BOOST_TEST(ring.member_count() == 1);
    BOOST_REQUIRE_EQUAL(ring.members_size(), 1);
    BOOST_TEST(ring.members(0).identity() == "127.0.0.1:7833");
  }
  BOOST_TEST(roles == "cadence-frontend cadence-history cadence-matching cadence-worker ");
}

BOOST_AUTO_TEST_CASE(each_member_of_the_cluster_is_in_the_rings_of_its_roles) {
  harness h;
  h.context.set_hosts([] {
    return std::vector<bridge::rpc_context::host>{{"a:7833", {"frontend", "history"}},
                                                  {"b:7833", {"history", "matching"}}};
  });
  namespace admin = uber::cadence::admin::v1;
  admin::DescribeClusterResponse cluster;
  BOOST_TEST(
      h.call("/uber.cadence.admin.v1.AdminAPI/DescribeCluster", admin::DescribeClusterRequest(), {}, &cluster).ok());
  const auto& members = cluster.membership_info();
  BOOST_TEST(members.reachable_members_size() == 4);
  BOOST_REQUIRE_EQUAL(members.rings_size(), 4);
  BOOST_TEST(members.rings(0).member_count() == 1);
  BOOST_REQUIRE_EQUAL(members.rings(1).members_size(), 2);
  BOOST_TEST(members.rings(1).members(0).identity() == "a:7833");
  BOOST_TEST(members.rings(1).members(1).identity() == "b:7833");
  BOOST_TEST(members.rings(3).member_count() == 0);
}

BOOST_AUTO_TEST_CASE(no_message_was_ever_put_aside) {
  harness h;
  namespace admin = uber::cadence::admin::v1;
  admin::CountDLQMessagesResponse counted;
  BOOST_TEST(
      h.call("/uber.cadence.admin.v1.AdminAPI/CountDLQMessages", admin::CountDLQMessagesRequest(), {}, &counted).ok());
  BOOST_TEST(counted.history_size() == 0);
  BOOST_TEST(counted.domain() == 0);
}

BOOST_AUTO_TEST_CASE(a_request_reaches_the_engine_with_its_domain_and_the_answer_comes_back) {
  harness h;
  std::promise<tests::seen_request> taken; // looked at on this thread: Boost.Test knows no other
  h.engine.react([&](tests::seen_request seen) {
    taken.set_value(seen);
    api::StartWorkflowExecutionResponse response;
    response.set_run_id("run");
    seen.call->reply(response);
    seen.call->reject(bad_request("a second answer does not count"));
  });
  api::StartWorkflowExecutionResponse response;
  const auto status = h.call<api::StartWorkflowExecutionResponse>(
      "WorkflowAPI/StartWorkflowExecution", good_start(),
      {{"rpc-caller", "suite"}, {"cadence-client-name", "uber-go"}, {"cadence-worker-isolation-group", "zone-1"}},
      &response);
  BOOST_TEST(status.ok());
  const auto asked = taken.get_future().get();
  BOOST_TEST(asked.function == "start");
  BOOST_TEST((asked.domain == h.domain));
  BOOST_TEST(dynamic_cast<api::StartWorkflowExecutionRequest&>(*asked.request).workflow_id() == "wf");
  BOOST_TEST(asked.call->caller().name == "suite");
  BOOST_TEST(asked.call->caller().client_impl == "uber-go");
  BOOST_TEST(asked.call->caller().isolation_group == "zone-1");
  BOOST_TEST(!asked.call->caller().told_already_completed);
  BOOST_TEST(asked.call->deadline_ns() < INT64_MAX);
  BOOST_TEST(response.run_id() == "run");
  BOOST_TEST(h.registry.value("cadenza_rpc_requests_total",
                              {{"method", "WorkflowAPI/StartWorkflowExecution"}, {"transport", "grpc"}}) == 1);
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_serialized_and_from_another_thread) {
  harness h;
  std::mutex mutex; // guards what follows
  std::vector<std::future<void>> answering;
  h.engine.react([&](tests::seen_request seen) {
    const std::lock_guard hold(mutex);
    answering.push_back(std::async(std::launch::async, [call = std::move(seen.call)] {
      api::StartWorkflowExecutionResponse response;
      response.set_run_id("late");
      call->reply_bytes(response.SerializeAsString());
    }));
  });
  api::StartWorkflowExecutionResponse response;
  BOOST_TEST(
      h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", good_start(), {}, &response)
          .ok());
  BOOST_TEST(response.run_id() == "late");
  const std::lock_guard hold(mutex);
  answering.clear();
}

BOOST_AUTO_TEST_CASE(a_dropped_call_answers_unavailable) {
  harness h;
  h.engine.react([](tests::seen_request) {});
  const auto status = h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", good_start());
  BOOST_TEST(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  BOOST_TEST(status.error_details().empty());
}

BOOST_AUTO_TEST_CASE(errors_carry_their_code_and_detail) {
  harness h;
  h.engine.react([](tests::seen_request seen) {
    error_detail detail;
    detail.run_id = "the run";
    detail.start_request_id = "the request";
    seen.call->reject({error_kind::workflow_already_started, "already started", detail});
  });
  auto status = h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", good_start());
  BOOST_TEST(status.error_code() == grpc::StatusCode::ALREADY_EXISTS);
  const auto started = detail_of<api::WorkflowExecutionAlreadyStartedError>(status);
  BOOST_REQUIRE(started);
  BOOST_TEST(started->run_id() == "the run");
  BOOST_TEST(started->start_request_id() == "the request");

  auto unknown = good_start();
  unknown.set_domain("none");
  status = h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", unknown);
  BOOST_TEST(status.error_code() == grpc::StatusCode::NOT_FOUND);
  BOOST_TEST(status.error_message() == "Domain none does not exist.");
  BOOST_TEST(detail_of<api::EntityNotExistsError>(status).has_value());

  unknown.clear_domain();
  status = h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", unknown);
  BOOST_TEST(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  BOOST_TEST(status.error_details().empty()); // a detail would make it another error to clients
  BOOST_TEST(h.registry.value("cadenza_rpc_errors_total", {{"method", "WorkflowAPI/StartWorkflowExecution"},
                                                           {"transport", "grpc"},
                                                           {"error", "bad_request"}}) == 1);
}

BOOST_AUTO_TEST_CASE(completed_is_told_only_to_clients_that_asked_for_it) {
  harness h;
  h.engine.react([](tests::seen_request seen) { seen.call->reject(already_completed()); });
  api::TerminateWorkflowExecutionRequest request;
  request.set_domain("orders");
  request.mutable_workflow_execution()->set_workflow_id("wf");
  const auto ask = [&](const std::map<std::string, std::string>& headers) {
    const auto status =
        h.call<api::TerminateWorkflowExecutionResponse>("WorkflowAPI/TerminateWorkflowExecution", request, headers);
    BOOST_TEST(status.error_code() == grpc::StatusCode::NOT_FOUND);
    const bool told = detail_of<api::WorkflowExecutionAlreadyCompletedError>(status).has_value();
    BOOST_TEST(told != detail_of<api::EntityNotExistsError>(status).has_value());
    BOOST_TEST(status.error_message() ==
               (told ? "workflow execution already completed" : "Workflow execution already completed."));
    return told;
  };
  const std::string on = R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":true})";
  const auto client = [&](const std::string& impl, const std::string& version, const std::string& flags) {
    return ask({{"cadence-client-name", impl},
                {"cadence-client-feature-version", version},
                {"cadence-client-feature-flags", flags}});
  };
  BOOST_TEST(client("uber-go", "1.7.0", on));
  BOOST_TEST(client("cli", "1.7.0", on));
  BOOST_TEST(client("uber-java", "1.4.0", on));
  BOOST_TEST(!client("uber-go", "1.6.0", on));
  BOOST_TEST(!client("uber-go", "1.7.0", R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":false})"));
  BOOST_TEST(!client("someone", "1.7.0", on));
  BOOST_TEST(!ask({{"cadence-client-name", "uber-go"}, {"cadence-client-feature-version", "1.7.0"}}));
  BOOST_TEST(!ask({}));
}

BOOST_AUTO_TEST_CASE(clients_from_the_future_are_refused) {
  harness h;
  const auto ask = [&](const std::string& impl, const std::string& version) {
    return h.call<api::StartWorkflowExecutionResponse>(
        "WorkflowAPI/StartWorkflowExecution", good_start(),
        {{"cadence-client-name", impl}, {"cadence-client-feature-version", version}});
  };
  const auto status = ask("uber-go", "99.0.0");
  BOOST_TEST(status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  const auto detail = detail_of<api::ClientVersionNotSupportedError>(status);
  BOOST_REQUIRE(detail);
  BOOST_TEST(detail->feature_version() == "99.0.0");
  BOOST_TEST(detail->client_impl() == "uber-go");
  BOOST_TEST(detail->supported_versions() == "<=1.7.0");
  BOOST_TEST(ask("uber-java", "1.5.1").error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  BOOST_TEST(ask("uber-go", "not a version").error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  BOOST_TEST(ask("something-else", "99.0.0").ok());
  BOOST_TEST(ask("uber-go", "1.7.0").ok());
  BOOST_TEST(ask("uber-go", "").ok());
  // Health and cluster info are for everybody.
  const std::map<std::string, std::string> future{{"cadence-client-name", "uber-go"},
                                                  {"cadence-client-feature-version", "99.0.0"}};
  BOOST_TEST(h.call<api::HealthResponse>("MetaAPI/Health", api::HealthRequest{}, future).ok());
  BOOST_TEST(
      h.call<api::GetClusterInfoResponse>("WorkflowAPI/GetClusterInfo", api::GetClusterInfoRequest{}, future).ok());
  bridge::limits loose;
  loose.client_version_checked = false;
  h.context.set_limits(loose);
  BOOST_TEST(ask("uber-go", "99.0.0").ok());
}

BOOST_AUTO_TEST_CASE(large_messages_pass) {
  harness h;
  std::atomic<std::size_t> received{0};
  h.engine.react([&](tests::seen_request seen) {
    const auto& request = dynamic_cast<api::RespondDecisionTaskCompletedRequest&>(*seen.request);
    received = request.execution_context().size();
    api::RespondDecisionTaskCompletedResponse response;
    response.mutable_decision_task()->set_task_token(request.execution_context());
    seen.call->reply(response);
  });
  api::RespondDecisionTaskCompletedRequest request;
  request.set_task_token(R"({"domainId":")" + h.domain->id.str() + R"(","workflowId":"wf"})");
  for (const std::size_t size : {std::size_t{1000}, std::size_t{20} << 20}) {
    request.set_execution_context(std::string(size, 'x'));
    grpc::ClientContext context;
    api::RespondDecisionTaskCompletedResponse response;
    const auto status = h.call("WorkerAPI/RespondDecisionTaskCompleted", request, response, context);
    BOOST_TEST(status.ok(), status.error_message());
    BOOST_TEST(received == size);
    BOOST_TEST(response.decision_task().task_token().size() == size);
  }
  request.set_execution_context(std::string(std::size_t{65} << 20, 'x'));
  grpc::ClientContext context;
  api::RespondDecisionTaskCompletedResponse response;
  BOOST_TEST(h.call("WorkerAPI/RespondDecisionTaskCompleted", request, response, context).error_code() ==
             grpc::StatusCode::INVALID_ARGUMENT); // clients send again what is answered with RESOURCE_EXHAUSTED
}

BOOST_AUTO_TEST_CASE(a_request_that_is_no_such_message_is_a_bad_request) {
  harness h;
  api::HealthResponse nonsense; // its field 2 is a text where a signal has a message
  nonsense.set_message("\xff\xfe");
  const auto status = h.call<google::protobuf::Empty>("WorkflowAPI/SignalWorkflowExecution", nonsense);
  BOOST_TEST(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  BOOST_TEST(status.error_message() ==
             "the request cannot be read as a uber.cadence.api.v1.SignalWorkflowExecutionRequest");
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_an_error) {
  harness h;
  bridge::rpc_server second(h.context, h.health, h.registry);
  bridge::rpc_options options;
  options.port = h.port;
  const auto bound = second.start(options);
  BOOST_REQUIRE(!bound);
  BOOST_TEST(bound.error().message.find(std::to_string(h.port)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_that_says_nothing_is_let_go_of_in_the_end) {
  bridge::rpc_options options;
  options.network.handshake_timeout = std::chrono::milliseconds(50);
  harness h({}, options);
  const int silent = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(h.port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(connect(silent, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  const timeval patience{20, 0};
  setsockopt(silent, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char some[512];
  auto got = recv(silent, some, sizeof some, 0);
  while (got > 0)
    got = recv(silent, some, sizeof some, 0);
  BOOST_TEST((got == 0 || errno == ECONNRESET));
  close(silent);
}

BOOST_AUTO_TEST_SUITE_END()
