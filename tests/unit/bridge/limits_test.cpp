#include "config/limit_warnings.hpp"
#include "harness.hpp"
#include "requests.hpp"

#include "actors/base/task_token.hpp"
#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

#include <mutex>

namespace {

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::harness;

/// A bridge whose warnings are kept; from 1,000 bytes of payload and 20 of an id on.
struct watched {
  watched()
    : noted(
          h.registry,
          [this](log::level, log::fields values, log::sentence says) {
            const std::lock_guard hold(mutex);
            lines.push_back(log::text_of(values, says));
          },
          [this] { return moment_ns += 10 * ns_per_s; }) {
    h.context.set_warnings(&noted);
    bridge::limits limits;
    limits.blob_size_warn = 1000;
    limits.id_length_warn = 20;
    h.context.set_limits(limits);
  }
  [[nodiscard]] double count(const char* limit) const {
    return h.registry.value("cadenza_limit_warnings_total", {{"limit", limit}});
  }
  /// The lines since the last time.
  std::vector<std::string> told() {
    const std::lock_guard hold(mutex);
    return std::exchange(lines, {});
  }

  std::mutex mutex; // guards what follows
  std::vector<std::string> lines;
  std::int64_t moment_ns = 0;
  harness h;
  limit_warnings noted;
};

using texts = std::vector<std::string>;

api::StartWorkflowExecutionRequest a_start(std::size_t input_bytes, const std::string& workflow_id) {
  auto request = tests::good_start();
  request.set_workflow_id(workflow_id);
  request.mutable_input()->set_data(std::string(input_bytes, 'x'));
  return request;
}

} // namespace

BOOST_AUTO_TEST_SUITE(limits_suite)

BOOST_AUTO_TEST_CASE(large_payloads_of_callers_are_noted_and_served) {
  watched at;
  bridge::limits limits;
  limits.blob_size_warn = 1000;
  at.h.context.set_limits(limits);
  const auto start = [&](std::size_t bytes) {
    return at.h.call<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", a_start(bytes, "w"));
  };
  BOOST_TEST(start(1000).ok());
  BOOST_TEST(at.count("blob_size") == 0);
  BOOST_TEST(start(1001).ok());
  BOOST_TEST(at.count("blob_size") == 1);
  BOOST_TEST(at.told() == (texts{"input and memo of a start of 1001 bytes is larger than limit.blobSize.warn of 1000 "
                                 "domain=orders workflow_id=w"}),
             boost::test_tools::per_element());
  BOOST_TEST(!start((2 << 20) + 1).ok()); // counts, too
  BOOST_TEST(at.count("blob_size") == 2);

  api::SignalWorkflowExecutionRequest signal;
  signal.set_domain("orders");
  signal.mutable_workflow_execution()->set_workflow_id("w");
  signal.set_signal_name("s");
  signal.mutable_signal_input()->set_data(std::string(1001, 'x'));
  BOOST_TEST(at.h.call<api::SignalWorkflowExecutionResponse>("WorkflowAPI/SignalWorkflowExecution", signal).ok());
  BOOST_TEST(at.count("blob_size") == 3);

  // Workers' answers name their task.
  at.told();
  actors::task_token token;
  token.domain_id = at.h.domain->id;
  token.workflow_id = "wf";
  token.run_id = uuid::v4(7, 8);
  token.schedule_id = 5;
  api::RespondActivityTaskCompletedRequest done;
  done.set_task_token(encode(token));
  done.mutable_result()->set_data(std::string(1001, 'x'));
  BOOST_TEST(at.h.call<api::RespondActivityTaskCompletedResponse>("WorkerAPI/RespondActivityTaskCompleted", done).ok());
  BOOST_TEST(at.h.engine.last().function == "activity_completed");
  BOOST_TEST(at.told() == (texts{"payload of an activity of 1001 bytes is larger than limit.blobSize.warn of 1000 "
                                 "domain=orders workflow_id=wf"}),
             boost::test_tools::per_element());
  api::RespondActivityTaskFailedRequest failed;
  failed.set_task_token(encode(token));
  failed.mutable_failure()->set_details(std::string(1001, 'x'));
  BOOST_TEST(at.h.call<api::RespondActivityTaskFailedResponse>("WorkerAPI/RespondActivityTaskFailed", failed).ok());
  BOOST_TEST(at.count("blob_size") == 5);
  BOOST_TEST(at.count("id_length") == 0);
}

BOOST_AUTO_TEST_CASE(long_ids_of_callers_are_noted_and_served) {
  watched at;
  api::SignalWorkflowExecutionRequest signal;
  signal.set_domain("orders");
  signal.mutable_workflow_execution()->set_workflow_id("w");
  const auto send = [&](std::size_t bytes) {
    signal.set_signal_name(std::string(bytes, 's'));
    return at.h.call<api::SignalWorkflowExecutionResponse>("WorkflowAPI/SignalWorkflowExecution", signal).ok();
  };
  BOOST_TEST(send(20));
  BOOST_TEST(at.count("id_length") == 0);
  BOOST_TEST(send(21));
  BOOST_TEST(at.count("id_length") == 1);
  BOOST_TEST(at.told() == (texts{"SignalName of 21 bytes is longer than limit.maxIDWarnLength of 20 domain=orders"}),
             boost::test_tools::per_element());
  BOOST_TEST(!send(1001));
  BOOST_TEST(at.count("id_length") == 2);
}

BOOST_AUTO_TEST_CASE(polls_wait_for_a_token_as_long_as_they_may) {
  harness h;
  bridge::rate_settings rates;
  rates.worker.domain = 0.1; // one poll in ten seconds
  h.context.set_rates(rates);
  bridge::limits limits;
  const auto poll = [&](std::chrono::seconds time) {
    api::PollForDecisionTaskRequest request;
    request.set_domain("orders");
    request.mutable_task_list()->set_name("list");
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + time);
    api::PollForDecisionTaskResponse response;
    return h.call("WorkerAPI/PollForDecisionTask", request, response, context);
  };
  constexpr std::chrono::seconds long_time(600);
  BOOST_TEST(poll(long_time).ok());
  auto refused = poll(long_time);
  BOOST_TEST(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  BOOST_TEST(refused.error_message() == "Too many outstanding requests to the cadence service");
  BOOST_TEST(h.engine.waits_ns().empty());

  limits.poll_delay_max_ns = 25 * ns_per_s;
  h.context.set_limits(limits);
  BOOST_TEST(poll(long_time).ok()); // in at most ten seconds
  BOOST_TEST(poll(long_time).ok()); // in at most twenty
  BOOST_TEST(poll(long_time).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  const auto waits = h.engine.waits_ns();
  BOOST_REQUIRE(waits.size() == 2u);
  BOOST_TEST((waits[0] > 0 && waits[0] <= 10 * ns_per_s));
  BOOST_TEST((waits[1] > waits[0] && waits[1] <= 20 * ns_per_s));

  // Nobody waits longer than its caller does.
  h.context.set_rates(rates);
  BOOST_TEST(poll(long_time).ok());
  BOOST_TEST(poll(std::chrono::seconds(5)).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  BOOST_TEST(h.engine.waits_ns().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_poll_takes_its_tokens_of_all_stages_or_of_none) {
  bridge::rate_settings settings;
  settings.worker = {10, 2, 1};
  bridge::rate_limiter limiter(settings);
  BOOST_TEST((limiter.admit_poll("a", "l", 0, 0) == std::optional<std::int64_t>(0)));
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(!limiter.admit_poll("a", "l", 0, 0)); // none of these costs the domain its second token
  BOOST_TEST((limiter.admit_poll("a", "m", 0, 0) == std::optional<std::int64_t>(0)));
  BOOST_TEST(!limiter.admit_poll("a", "n", ns_per_s / 2 - 1, 0));
  BOOST_TEST((limiter.admit_poll("a", "n", ns_per_s, 0) == std::optional<std::int64_t>(ns_per_s / 2)));
  BOOST_TEST(!limiter.admit_poll("a", "o", ns_per_s / 2 - 1, ns_per_s / 2)); // that token is gone
  BOOST_TEST((limiter.admit_poll("b", "l", 0, 0) == std::optional<std::int64_t>(0)));
  bridge::rate_limiter open;
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST_REQUIRE((open.admit_poll("a", "l", 0, 0) == std::optional<std::int64_t>(0)));
}

BOOST_AUTO_TEST_CASE(lists_without_a_query_have_a_rate_of_their_own) {
  harness h;
  h.engine.add_domain("bills");
  bridge::rate_settings rates;
  rates.lists.domain = 0.001;
  h.context.set_rates(rates);
  api::ListOpenWorkflowExecutionsRequest open;
  open.mutable_start_time_filter()->mutable_earliest_time()->set_seconds(1);
  open.mutable_start_time_filter()->mutable_latest_time()->set_seconds(2);
  const auto list = [&](const std::string& domain) {
    open.set_domain(domain);
    return h.call<api::ListOpenWorkflowExecutionsResponse>("VisibilityAPI/ListOpenWorkflowExecutions", open);
  };
  BOOST_TEST(!list("none").ok()); // a list that is not read takes no token
  BOOST_TEST(list("orders").ok());
  const auto refused = list("orders");
  BOOST_TEST(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  BOOST_TEST(refused.error_message() == "Persistence Max QPS Reached for List Operations.");
  api::ListClosedWorkflowExecutionsRequest closed;
  closed.set_domain("orders");
  *closed.mutable_start_time_filter() = open.start_time_filter();
  BOOST_TEST(h.call<api::ListClosedWorkflowExecutionsResponse>("VisibilityAPI/ListClosedWorkflowExecutions", closed)
                 .error_message() == "Persistence Max QPS Reached for List Operations.");
  BOOST_TEST(list("bills").ok());
  api::ListWorkflowExecutionsRequest by_query;
  by_query.set_domain("orders");
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(
        h.call<api::ListWorkflowExecutionsResponse>("VisibilityAPI/ListWorkflowExecutions", by_query).error_message() !=
        "Persistence Max QPS Reached for List Operations.");
}

BOOST_AUTO_TEST_SUITE_END()
