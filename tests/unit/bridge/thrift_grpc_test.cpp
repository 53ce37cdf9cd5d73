#include "harness.hpp"
#include "requests.hpp"

#include "messages/thrift_plan.hpp"
#include "tests/unit/messages/thrift_peer.hpp"
#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_meta.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"

#include <grpcpp/support/byte_buffer.h>

#include <boost/test/unit_test.hpp>

#include <map>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::good_start;
using tests::harness;
using tests::seen_request;

namespace {

using tests::read_thrift_reply;

const std::string service = "cadence-frontend";

/// What a YARPC client that speaks Thrift over gRPC sees of an answer.
struct answer {
  grpc::Status status;
  std::string body;
  std::map<std::string, std::string> trailers;
};

std::string text_of(grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  (void)bytes.Dump(&slices);
  std::string out;
  for (const auto& slice : slices)
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return out;
}

answer ask(harness& h, const thrift_method& which, const google::protobuf::Message& request,
           const std::map<std::string, std::string>& headers = {}) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  context.AddMetadata("rpc-service", service);
  context.AddMetadata("rpc-encoding", "thrift");
  for (const auto& [name, value] : headers)
    context.AddMetadata(name, value);
  const grpc::Slice slice(tests::thrift_arguments(which, request));
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::ByteBuffer got;
  const grpc::internal::RpcMethod method(which.path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  answer out;
  out.status =
      grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
          h.channel.get(), method, &context, bytes, &got);
  out.body = text_of(got);
  for (const auto& [name, value] : context.GetServerTrailingMetadata())
    out.trailers.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  return out;
}

const thrift_method& named(const char* name) { return tests::thrift_method_named(name); }

} // namespace

BOOST_AUTO_TEST_SUITE(thrift_over_grpc)

BOOST_AUTO_TEST_CASE(a_call_reaches_the_handler_of_its_rpc_and_is_answered_in_thrift) {
  harness h;
  seen_request seen; // before the answer, which the client waits for
  h.engine.react([&seen](seen_request now) {
    seen = now;
    api::StartWorkflowExecutionResponse response;
    response.set_run_id("the run");
    now.call->reply(response);
  });
  const auto& which = named("WorkflowService::StartWorkflowExecution");
  const auto got = ask(h, which, good_start(), {{"cadence-client-name", "uber-go"}});
  BOOST_TEST(got.status.ok(), got.status.error_message());
  api::StartWorkflowExecutionResponse response;
  const auto reply = tests::read_thrift_reply(which, got.body, response);
  BOOST_TEST(reply.wrong == "");
  BOOST_TEST(reply.field == 0);
  BOOST_TEST(response.run_id() == "the run");
  BOOST_TEST(got.trailers.at("rpc-service") == service);
  BOOST_TEST(!got.trailers.contains("rpc-application-error"));
  BOOST_TEST(seen.function == "start");
  BOOST_TEST(seen.call->caller().client_impl == "uber-go");
  BOOST_TEST(static_cast<const api::StartWorkflowExecutionRequest&>(*seen.request).workflow_id() == "wf");
}

BOOST_AUTO_TEST_CASE(declared_failures_are_exceptions_with_the_metadata_of_yarpc) {
  harness h;
  const auto& which = named("WorkflowService::StartWorkflowExecution");
  api::StartWorkflowExecutionResponse response;
  auto request = good_start();
  request.set_domain("nowhere");
  const auto got = ask(h, which, request);
  BOOST_TEST(got.status.ok(), got.status.error_message());
  const auto reply = tests::read_thrift_reply(which, got.body, response);
  BOOST_TEST(reply.field == which.field_of(error_kind::entity_not_exists));
  BOOST_TEST(reply.text.find("nowhere") != std::string::npos, reply.text);
  BOOST_TEST(got.trailers.at("rpc-application-error") == "error");
  BOOST_TEST(got.trailers.at("rpc-application-error-name") == "EntityNotExistsError");
}

BOOST_AUTO_TEST_CASE(other_failures_are_those_of_the_transport) {
  harness h;
  const auto told = [&](const char* name, const error& reason) {
    h.engine.react([reason](seen_request seen) { seen.call->reject(reason); });
    return ask(h, named(name), good_start()).status;
  };
  const char* start = "WorkflowService::StartWorkflowExecution";
  BOOST_TEST(told(start, unavailable("come again")).error_code() == grpc::StatusCode::UNAVAILABLE);
  const auto internal = told(start, internal_error("broken"));
  BOOST_TEST(internal.error_code() == grpc::StatusCode::UNKNOWN);
  BOOST_TEST(internal.error_message() == "cadence internal error, msg: broken");
  const auto undeclared = told(start, {error_kind::query_failed, "no"});
  BOOST_TEST(undeclared.error_code() == grpc::StatusCode::UNKNOWN);
  BOOST_TEST(undeclared.error_message() == "QueryFailedError{Message: no}");
}

BOOST_AUTO_TEST_CASE(clients_are_told_of_completed_workflows_only_when_they_know_the_error) {
  harness h;
  h.engine.react([](seen_request seen) { seen.call->reject(already_completed()); });
  const auto& which = named("WorkflowService::SignalWorkflowExecution");
  api::SignalWorkflowExecutionRequest request;
  request.set_domain("orders");
  request.mutable_workflow_execution()->set_workflow_id("wf");
  request.set_signal_name("s");
  const auto field = [&](const std::map<std::string, std::string>& headers) {
    api::SignalWorkflowExecutionResponse response;
    return tests::read_thrift_reply(which, ask(h, which, request, headers).body, response).field;
  };
  BOOST_TEST(field({}) == which.field_of(error_kind::entity_not_exists));
  BOOST_TEST(field({{"cadence-client-name", "uber-go"},
                    {"cadence-client-feature-version", "1.7.0"},
                    {"cadence-client-feature-flags", R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":true})"}}) ==
             which.field_of(error_kind::workflow_already_completed));
}

BOOST_AUTO_TEST_CASE(a_poll_that_is_let_go_of_is_answered_empty) {
  harness h;
  h.engine.react([](seen_request seen) { seen.call->on_cancel([call = seen.call] { (void)call; }); });
  const auto& which = named("WorkflowService::PollForDecisionTask");
  api::PollForDecisionTaskRequest request;
  request.set_domain("orders");
  request.mutable_task_list()->set_name("list");
  h.context.drain();
  const auto got = ask(h, which, request);
  api::PollForDecisionTaskResponse response;
  const auto reply = tests::read_thrift_reply(which, got.body, response);
  BOOST_TEST(reply.wrong == "");
  BOOST_TEST(reply.field == 0);
  BOOST_TEST(response.task_token().empty());
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_call_are_a_bad_request) {
  harness h;
  const auto& which = named("WorkflowService::StartWorkflowExecution");
  grpc::ClientContext context;
  const grpc::Slice slice("\x0F nonsense");
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::ByteBuffer got;
  const grpc::internal::RpcMethod method(which.path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  const auto status =
      grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
          h.channel.get(), method, &context, bytes, &got);
  BOOST_TEST(status.ok(), status.error_message());
  api::StartWorkflowExecutionResponse response;
  const auto reply = tests::read_thrift_reply(which, text_of(got), response);
  BOOST_TEST(reply.field == which.field_of(error_kind::bad_request));
  BOOST_TEST(reply.text.find("cannot be read as a call of WorkflowService::StartWorkflowExecution") !=
                 std::string::npos,
             reply.text);
}

BOOST_AUTO_TEST_CASE(every_method_of_the_contract_is_known) {
  harness h;
  h.engine.react([](seen_request seen) { seen.call->reject(bad_request("reached the engine")); });
  for (const auto& which : thrift_methods()) {
    grpc::ClientContext context;
    const grpc::Slice slice(std::string("\x0C\x00\x01\x00\x00", 5)); // an empty request
    const grpc::ByteBuffer bytes(&slice, 1);
    grpc::ByteBuffer got;
    const grpc::internal::RpcMethod method(which.path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
    const auto status =
        grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
            h.channel.get(), method, &context, bytes, &got);
    BOOST_TEST(status.error_message().find("unknown method") == std::string::npos, which.path);
  }
}

BOOST_AUTO_TEST_CASE(calls_are_counted_under_their_transport) {
  harness h;
  (void)ask(h, named("WorkflowService::StartWorkflowExecution"), good_start());
  const metrics::labels labels{{"method", "WorkflowAPI/StartWorkflowExecution"}, {"transport", "grpc-thrift"}};
  BOOST_TEST(h.registry.value("cadenza_rpc_requests_total", labels) == 1);
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_class_with_the_same_fields_is_told) {
  harness h;
  h.engine.react([](seen_request now) { // as the engine does
    if (now.function == "restart") {
      api::StartWorkflowExecutionResponse response;
      response.set_run_id("the run");
      return now.call->reply(response);
    }
    api::RecordActivityTaskHeartbeatResponse response;
    response.set_cancel_requested(true);
    now.call->reply(response);
  });
  const auto& restart = named("WorkflowService::RestartWorkflowExecution");
  api::RestartWorkflowExecutionRequest again;
  again.set_domain("orders");
  again.mutable_workflow_execution()->set_workflow_id("wf");
  api::RestartWorkflowExecutionResponse restarted;
  const auto got = ask(h, restart, again);
  BOOST_TEST(got.status.ok(), got.status.error_message());
  const auto told = read_thrift_reply(restart, got.body, restarted);
  BOOST_TEST(told.wrong + told.text == "");
  BOOST_TEST(restarted.run_id() == "the run");

  const auto& heartbeat = named("WorkflowService::RecordActivityTaskHeartbeatByID");
  api::RecordActivityTaskHeartbeatByIDRequest beat;
  beat.set_domain("orders");
  beat.mutable_workflow_execution()->set_workflow_id("wf");
  beat.set_activity_id("a");
  api::RecordActivityTaskHeartbeatByIDResponse answered;
  const auto beaten = ask(h, heartbeat, beat);
  BOOST_TEST(beaten.status.ok(), beaten.status.error_message());
  const auto also = read_thrift_reply(heartbeat, beaten.body, answered);
  BOOST_TEST(also.wrong + also.text == "");
  BOOST_TEST(answered.cancel_requested());
}

BOOST_AUTO_TEST_CASE(every_method_answers_whatever_class_its_answer_has) {
  harness h;
  h.engine.react([](seen_request now) {
    api::HealthResponse other; // of no method of the engine
    other.set_ok(true);
    now.call->reply(other);
  });
  int asked = 0;
  for (const auto& which : thrift_methods()) {
    if (!which.translated || which.request == nullptr)
      continue;
    const std::unique_ptr<google::protobuf::Message> request(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(which.request->message)->New());
    if (const auto* domain = which.request->message->FindFieldByName("domain");
        domain != nullptr && domain->type() == google::protobuf::FieldDescriptor::TYPE_STRING)
      request->GetReflection()->SetString(request.get(), domain, "orders");
    const auto got = ask(h, which, *request);
    BOOST_TEST(got.status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED, which.name);
    BOOST_TEST(got.status.error_code() != grpc::StatusCode::INTERNAL, which.name << ": " << got.status.error_message());
    ++asked;
  }
  BOOST_TEST(asked > 60);
}

BOOST_AUTO_TEST_CASE(health_is_told_as_every_server_of_yarpc_tells_it) {
  harness h;
  const auto& which = named("Meta::health");
  api::HealthResponse told;
  const auto good = ask(h, which, api::HealthRequest());
  BOOST_TEST(good.status.ok(), good.status.error_message());
  BOOST_TEST(read_thrift_reply(which, good.body, told).wrong == "");
  BOOST_TEST(told.ok());
  BOOST_TEST(told.message() == "OK");
}

BOOST_AUTO_TEST_SUITE_END()
