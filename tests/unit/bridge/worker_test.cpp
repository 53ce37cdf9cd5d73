#include "harness.hpp"

#include "actors/base/task_token.hpp"
#include "bridge/checks/validate_worker.hpp"
#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::harness;

namespace {

const std::string too_big((2 << 20) + 1, 'b');

actors::task_token token_in(const harness& h) {
  actors::task_token token;
  token.domain_id = h.domain->id;
  token.workflow_id = "wf";
  token.run_id = uuid::v4(7, 8);
  token.schedule_id = 5;
  token.activity_id = "a1";
  return token;
}

grpc::Status poll(harness& h, api::PollForDecisionTaskRequest request, std::optional<std::chrono::milliseconds> time,
                  api::PollForDecisionTaskResponse* into = nullptr) {
  grpc::ClientContext context;
  if (time)
    context.set_deadline(std::chrono::system_clock::now() + *time);
  api::PollForDecisionTaskResponse response;
  return h.call("WorkerAPI/PollForDecisionTask", request, into ? *into : response, context);
}

api::PollForDecisionTaskRequest good_poll() {
  api::PollForDecisionTaskRequest request;
  request.set_domain("orders");
  request.mutable_task_list()->set_name("list");
  return request;
}

} // namespace

BOOST_AUTO_TEST_SUITE(worker)

BOOST_AUTO_TEST_CASE(polls_need_time_and_a_list) {
  harness h;
  using namespace std::chrono_literals;
  BOOST_TEST(poll(h, good_poll(), {}).error_message() == "Context timeout is not set.");
  BOOST_TEST(poll(h, good_poll(), 1s).error_message() == "Context timeout is too short.");
  BOOST_TEST(poll(h, good_poll(), 1s).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  BOOST_TEST(poll(h, good_poll(), 30s).ok());
  auto request = good_poll();
  request.clear_task_list();
  BOOST_TEST(poll(h, request, 30s).error_message() == "TaskList is not set on request.");
  request = good_poll();
  request.set_identity(std::string(1001, 'i'));
  BOOST_TEST(poll(h, request, 30s).error_message() == "Identity length exceeds limit.");
  h.engine.add_domain("careful", [](record::v1::DomainRow& row) {
    (*row.mutable_domain()->mutable_bad_binaries()->mutable_binaries())["rotten"].set_reason("r");
  });
  request = good_poll();
  request.set_domain("careful");
  request.set_binary_checksum("rotten");
  BOOST_TEST(poll(h, request, 30s).error_message() == "binary rotten already marked as bad deployment");
  request.set_binary_checksum("fresh");
  BOOST_TEST(poll(h, request, 30s).ok());
}

BOOST_AUTO_TEST_CASE(the_engine_learns_that_a_poller_left) {
  harness h;
  std::promise<actors::call_ptr> arrived;
  std::promise<void> left;
  h.engine.react([&](tests::seen_request seen) {
    seen.call->on_cancel([&] { left.set_value(); });
    arrived.set_value(seen.call);
  });
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  api::PollForDecisionTaskResponse response;
  auto waiting = std::async(std::launch::async,
                            [&] { return h.call("WorkerAPI/PollForDecisionTask", good_poll(), response, context); });
  const auto call = arrived.get_future().get();
  BOOST_TEST(!call->cancelled());
  BOOST_TEST(h.registry.value("cadenza_rpc_hanging_polls") == 1);
  context.TryCancel();
  left.get_future().wait();
  BOOST_TEST(call->cancelled());
  BOOST_TEST(waiting.get().error_code() == grpc::StatusCode::CANCELLED);
  // A hook that comes too late runs at once.
  bool ran = false;
  call->on_cancel([&] { ran = true; });
  BOOST_TEST(ran);
  call->reply(api::PollForDecisionTaskResponse{});
  BOOST_TEST(h.registry.value("cadenza_rpc_hanging_polls") == 0);
}

BOOST_AUTO_TEST_CASE(draining_answers_waiting_and_new_polls_empty) {
  harness h;
  std::promise<void> arrived;
  std::mutex lock;
  actors::call_ptr held;
  h.engine.react([&](tests::seen_request seen) {
    const std::lock_guard guard(lock);
    held = seen.call;
    seen.call->on_cancel([&] {
      const std::lock_guard inner(lock);
      held.reset();
    });
    arrived.set_value();
  });
  auto waiting = std::async(std::launch::async, [&] { return poll(h, good_poll(), std::chrono::seconds(60)); });
  arrived.get_future().wait();
  h.server.drain();
  BOOST_TEST(waiting.get().ok());
  BOOST_TEST(poll(h, good_poll(), std::chrono::seconds(60)).ok());
  BOOST_TEST(!h.health.serving());
}

BOOST_AUTO_TEST_CASE(answers_carry_their_task) {
  harness h;
  const auto token = token_in(h);
  api::RespondActivityTaskCompletedRequest request;
  request.set_task_token(encode(token));
  request.mutable_result()->set_data("res");
  BOOST_TEST(h.call<api::RespondActivityTaskCompletedResponse>("WorkerAPI/RespondActivityTaskCompleted", request).ok());
  const auto seen = h.engine.last();
  BOOST_TEST(seen.function == "activity_completed");
  BOOST_TEST(seen.token->workflow_id == "wf");
  BOOST_TEST((seen.token->run_id == token.run_id));
  BOOST_TEST(seen.token->schedule_id == 5);
  BOOST_TEST(!seen.token->by_id);
}

BOOST_AUTO_TEST_CASE(tokens_that_are_none_are_refused) {
  harness h;
  for (const char* junk : {"", "{not a token", "[]", "{\"domainId\":3}", "{} "}) {
    api::RespondDecisionTaskCompletedRequest decision;
    decision.set_task_token(junk);
    const auto code =
        h.call<api::RespondDecisionTaskCompletedResponse>("WorkerAPI/RespondDecisionTaskCompleted", decision)
            .error_code();
    const auto expected = std::string(junk) == "{} " ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::UNKNOWN;
    BOOST_TEST(code == expected, junk);
  }
  api::RespondQueryTaskCompletedRequest query;
  query.set_task_token("{}");
  BOOST_TEST(
      h.call<api::RespondQueryTaskCompletedResponse>("WorkerAPI/RespondQueryTaskCompleted", query).error_message() ==
      "Invalid TaskToken.");
  api::RecordActivityTaskHeartbeatRequest beat;
  auto token = token_in(h);
  token.domain_id = uuid::v4(9, 9);
  beat.set_task_token(encode(token));
  BOOST_TEST(
      h.call<api::RecordActivityTaskHeartbeatResponse>("WorkerAPI/RecordActivityTaskHeartbeat", beat).error_code() ==
      grpc::StatusCode::NOT_FOUND);
}

BOOST_AUTO_TEST_CASE(by_id_calls_become_tokens_without_a_schedule_id) {
  harness h;
  api::RespondActivityTaskFailedByIDRequest request;
  const auto ask = [&] {
    return h.call<api::RespondActivityTaskFailedByIDResponse>("WorkerAPI/RespondActivityTaskFailedByID", request);
  };
  BOOST_TEST(ask().error_message() == "Domain name is empty");
  request.set_domain("none");
  BOOST_TEST(ask().error_message() == "Domain none does not exist.");
  request.set_domain("orders");
  BOOST_TEST(ask().error_message() == "WorkflowId is not set on request.");
  request.mutable_workflow_execution()->set_workflow_id("wf");
  BOOST_TEST(ask().error_message() == "ActivityID is not set on request.");
  request.set_activity_id("a1");
  request.mutable_workflow_execution()->set_run_id("no-uuid");
  BOOST_TEST(ask().error_message() == "RunID is not valid UUID.");
  request.mutable_workflow_execution()->clear_run_id();
  request.mutable_failure()->set_reason("broken");
  request.set_identity("me");
  BOOST_TEST(ask().ok());
  const auto seen = h.engine.last();
  BOOST_TEST(seen.function == "activity_failed");
  BOOST_TEST(seen.token->by_id);
  BOOST_TEST(seen.token->schedule_id == no_event_id);
  BOOST_TEST(seen.token->activity_id == "a1");
  BOOST_TEST(!seen.token->run_id.has_value());
  const auto& passed = dynamic_cast<api::RespondActivityTaskFailedRequest&>(*seen.request);
  BOOST_TEST(passed.failure().reason() == "broken");
  BOOST_TEST(passed.identity() == "me");
}

BOOST_AUTO_TEST_CASE(too_large_results_become_failures) {
  harness h;
  const auto text = encode(token_in(h));
  const auto failure = [&] {
    const auto seen = h.engine.last();
    BOOST_TEST(seen.function == "activity_failed");
    return dynamic_cast<api::RespondActivityTaskFailedRequest&>(*seen.request).failure();
  };
  api::RespondActivityTaskCompletedRequest done;
  done.set_task_token(text);
  done.mutable_result()->set_data(too_big);
  BOOST_TEST(h.call<api::RespondActivityTaskCompletedResponse>("WorkerAPI/RespondActivityTaskCompleted", done).ok());
  auto as = failure();
  BOOST_TEST(as.reason() == "COMPLETE_RESULT_EXCEEDS_LIMIT");
  BOOST_TEST(as.details().size() == std::size_t{2} << 20);

  api::RespondActivityTaskCanceledRequest canceled;
  canceled.set_task_token(text);
  canceled.mutable_details()->set_data(too_big);
  BOOST_TEST(h.call<api::RespondActivityTaskCanceledResponse>("WorkerAPI/RespondActivityTaskCanceled", canceled).ok());
  BOOST_TEST(failure().reason() == "CANCEL_DETAILS_EXCEEDS_LIMIT");

  api::RespondActivityTaskFailedRequest failed;
  failed.set_task_token(text);
  failed.mutable_failure()->set_reason("mine");
  failed.mutable_failure()->set_details(too_big);
  BOOST_TEST(h.call<api::RespondActivityTaskFailedResponse>("WorkerAPI/RespondActivityTaskFailed", failed).ok());
  as = failure();
  BOOST_TEST(as.reason() == "FAILURE_DETAILS_EXCEEDS_LIMIT");
  BOOST_TEST(as.details().size() == std::size_t{2} << 20);

  api::RecordActivityTaskHeartbeatRequest beat;
  beat.set_task_token(text);
  beat.mutable_details()->set_data(too_big);
  api::RecordActivityTaskHeartbeatResponse beaten;
  BOOST_TEST(
      h.call<api::RecordActivityTaskHeartbeatResponse>("WorkerAPI/RecordActivityTaskHeartbeat", beat, {}, &beaten)
          .ok());
  BOOST_TEST(beaten.cancel_requested());
  BOOST_TEST(failure().reason() == "HEARTBEAT_EXCEEDS_LIMIT");
  h.engine.react([](tests::seen_request seen) { seen.call->reject(not_exists("gone")); });
  BOOST_TEST(
      h.call<api::RecordActivityTaskHeartbeatResponse>("WorkerAPI/RecordActivityTaskHeartbeat", beat).error_code() ==
      grpc::StatusCode::NOT_FOUND);
  h.engine.react({});

  api::RespondDecisionTaskFailedRequest decision;
  decision.set_task_token(text);
  decision.mutable_details()->set_data(too_big);
  BOOST_TEST(h.call<api::RespondDecisionTaskFailedResponse>("WorkerAPI/RespondDecisionTaskFailed", decision).ok());
  BOOST_TEST(dynamic_cast<api::RespondDecisionTaskFailedRequest&>(*h.engine.last().request).details().data().size() ==
             std::size_t{2} << 20);

  api::RespondQueryTaskCompletedRequest query;
  actors::query_token asked{h.domain->id, "wf", {}, "list", "task"};
  query.set_task_token(encode(asked));
  query.mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
  query.mutable_result()->mutable_answer()->set_data(too_big);
  BOOST_TEST(h.call<api::RespondQueryTaskCompletedResponse>(
                  "WorkerAPI/RespondQueryTaskCompleted", query,
                  {{"cadence-client-name", "uber-go"}, {"cadence-client-feature-version", "1.7.0"}})
                 .ok());
  const auto seen = h.engine.last();
  BOOST_TEST(seen.query->task_id == "task");
  const auto& answer = dynamic_cast<api::RespondQueryTaskCompletedRequest&>(*seen.request);
  BOOST_TEST(answer.result().result_type() == api::QUERY_RESULT_TYPE_FAILED);
  BOOST_TEST(answer.result().error_message() == "Blob data size exceeds limit.");
  BOOST_TEST(answer.worker_version_info().impl() == "uber-go");
}

BOOST_AUTO_TEST_SUITE_END()
