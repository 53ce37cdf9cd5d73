#include "harness.hpp"

#include "actors/base/task_token.hpp"
#include "bridge/base/caller.hpp"
#include "bridge/base/error_mapping.hpp"
#include "bridge/handlers/method_table.hpp"
#include "messages/utf8.hpp"

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/support/byte_buffer.h>

#include <boost/test/unit_test.hpp>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::harness;

namespace {

const std::string cut_text = "in mid-letter: \xE4\xB8";
const std::string readable_text = "in mid-letter: \uFFFD";

/// Puts text that is no UTF-8 into every place of a message that holds text, down to a depth.
void spoil(google::protobuf::Message& message, int depth) {
  using google::protobuf::FieldDescriptor;
  const auto& reflection = *message.GetReflection();
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      if (field->is_repeated())
        reflection.AddString(&message, field, cut_text);
      else
        reflection.SetString(&message, field, cut_text);
    } else if (field->type() == FieldDescriptor::TYPE_MESSAGE && depth > 0) {
      spoil(field->is_repeated() ? *reflection.AddMessage(&message, field)
                                 : *reflection.MutableMessage(&message, field),
            depth - 1);
    }
  }
}

grpc::Status send(harness& h, const std::string& path, const std::string& bytes) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  return grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
      h.channel.get(), method, &context, request, &response);
}

} // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(no_rpc_is_unreadable_for_text_that_is_no_utf8) {
  const google::protobuf::LogSilencer quiet; // of writers and parsers of such text
  harness h;
  const auto table = bridge::full_method_table();
  int with_text = 0;
  for (const auto& method : table.methods()) {
    if (method.handle == nullptr)
      continue;
    const auto& prototype = *google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.input);
    const std::unique_ptr<google::protobuf::Message> request(prototype.New());
    spoil(*request, 4);
    const auto bytes = request->SerializeAsString();
    if (utf8::valid(bytes))
      continue; // nothing but numbers
    ++with_text;
    const auto status = send(h, method.path, bytes);
    BOOST_TEST(!status.error_message().starts_with("the request cannot be read"),
               method.path << ": " << status.error_message());
    BOOST_TEST(utf8::valid(status.error_message()));
  }
  BOOST_TEST(with_text > 60);
  BOOST_TEST(h.registry.text().find("cadenza_rpc_text_repaired_total " + std::to_string(with_text)) !=
             std::string::npos);
}

/// Deep enough that a parser gives up on the whole, and on no part of it.
BOOST_AUTO_TEST_CASE(a_request_that_stays_unreadable_is_not_counted_as_mended) {
  const google::protobuf::LogSilencer quiet;
  harness h;
  const auto path = "/uber.cadence.api.v1.WorkflowAPI/StartWorkflowExecution";
  const auto mended = [&h] {
    const auto text = h.registry.text();
    const std::string name = "\ncadenza_rpc_text_repaired_total ";
    const auto at = text.find(name);
    BOOST_TEST_REQUIRE(at != text.npos);
    return std::stoi(text.substr(at + name.size()));
  };
  api::StartWorkflowExecutionRequest request;
  request.set_domain(cut_text);
  auto& value = (*request.mutable_memo()->mutable_fields())["key"];
  auto* unknown = value.GetReflection()->MutableUnknownFields(&value);
  for (int depth = 0; depth < 98; ++depth)
    unknown = unknown->AddGroup(1000);
  const auto status = send(h, path, request.SerializeAsString());
  BOOST_TEST(status.error_message().starts_with("the request cannot be read"), status.error_message());
  BOOST_TEST(mended() == 0);
  value.GetReflection()->MutableUnknownFields(&value)->Clear();
  BOOST_TEST(!send(h, path, request.SerializeAsString()).error_message().starts_with("the request cannot be read"));
  BOOST_TEST(mended() == 1);
}

BOOST_AUTO_TEST_CASE(a_workflow_that_fails_with_a_cut_reason_reaches_the_engine) {
  const google::protobuf::LogSilencer quiet;
  harness h;
  actors::task_token token;
  token.domain_id = h.domain->id;
  token.workflow_id = "wf";
  token.run_id = uuid::v4(7, 8);
  token.schedule_id = 2;
  api::RespondDecisionTaskCompletedRequest decided;
  decided.set_task_token(encode(token));
  auto& failure = *decided.add_decisions()->mutable_fail_workflow_execution_decision_attributes()->mutable_failure();
  failure.set_reason(cut_text);
  failure.set_details(cut_text);
  BOOST_TEST(h.call<api::RespondDecisionTaskCompletedResponse>("WorkerAPI/RespondDecisionTaskCompleted", decided).ok());
  const auto seen = h.engine.last();
  const auto& read = dynamic_cast<const api::RespondDecisionTaskCompletedRequest&>(*seen.request);
  const auto& arrived = read.decisions(0).fail_workflow_execution_decision_attributes().failure();
  BOOST_TEST(arrived.reason() == readable_text);
  BOOST_TEST(arrived.details() == cut_text);
  BOOST_TEST(read.task_token() == decided.task_token());

  api::RecordActivityTaskHeartbeatRequest beat;
  beat.set_task_token(encode(token));
  beat.set_identity(cut_text);
  beat.mutable_details()->set_data(cut_text);
  BOOST_TEST(h.call<api::RecordActivityTaskHeartbeatResponse>("WorkerAPI/RecordActivityTaskHeartbeat", beat).ok());
  const auto beaten = h.engine.last();
  BOOST_TEST(dynamic_cast<const api::RecordActivityTaskHeartbeatRequest&>(*beaten.request).identity() == readable_text);
  BOOST_TEST(dynamic_cast<const api::RecordActivityTaskHeartbeatRequest&>(*beaten.request).details().data() ==
             cut_text);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_message_are_told_as_such) {
  const google::protobuf::LogSilencer quiet;
  harness h;
  for (const std::string bytes : {"\x0A\x05no", "\xFF", "\x0A\x01\xFF\x07"}) {
    const auto status = send(h, "/uber.cadence.api.v1.WorkflowAPI/StartWorkflowExecution", bytes);
    BOOST_TEST(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    BOOST_TEST(status.error_message() ==
               "the request cannot be read as a uber.cadence.api.v1.StartWorkflowExecutionRequest");
  }
}

BOOST_AUTO_TEST_CASE(text_in_a_token_is_mended_too) {
  // Tokens are bytes: a client may have made one of anything.
  auto token = actors::decode_task_token("{\"domainId\":\"" + uuid::v4(1, 2).str() + "\",\"workflowId\":\"" + cut_text +
                                         "\",\"activityId\":\"\\ud800\"}");
  BOOST_REQUIRE(token);
  BOOST_TEST(token->workflow_id == readable_text);
  BOOST_TEST(token->activity_id == "\uFFFD");
}

BOOST_AUTO_TEST_CASE(headers_are_mended) {
  bridge::caller_builder builder;
  for (const char* header : {"rpc-caller", "cadence-client-name", "cadence-client-library-version",
                             "cadence-client-feature-version", "cadence-caller-type", "cadence-authorization",
                             "cadence-workflow-partition-config", "cadence-worker-isolation-group"})
    builder.add(header, cut_text);
  const auto caller = std::move(builder).finish();
  for (const auto& value : {caller.name, caller.client_impl, caller.library_version, caller.feature_version,
                            caller.caller_type, caller.authorization, caller.partition_config, caller.isolation_group})
    BOOST_TEST(value == readable_text);
}

BOOST_AUTO_TEST_CASE(errors_are_text_whatever_they_quote) {
  error_detail detail;
  detail.client_impl = std::string(5000, '\xFF');
  detail.feature_version = std::string(5000, 'v');
  const auto wire =
      bridge::to_wire({error_kind::client_version_not_supported, "quoted: " + cut_text, std::move(detail)}, false);
  BOOST_TEST(wire.message == "quoted: " + readable_text);
  BOOST_TEST(wire.details.size() < 2048U);
}

BOOST_AUTO_TEST_SUITE_END()
