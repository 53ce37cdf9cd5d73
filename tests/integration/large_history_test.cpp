#define BOOST_TEST_MODULE large_history
#include "tests/integration/served.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

namespace {

using namespace cadenza;
namespace api = uber::cadence::api::v1;
using std::chrono::seconds;

#ifdef CADENZA_SANITIZED
constexpr int scale = 20; // sanitizers are slow; what they look for shows with less
#else
constexpr int scale = 1;
#endif
constexpr int many_events = 200'000 / scale;
constexpr int markers_at_once = 2'000;
constexpr std::int64_t many_bytes = (200LL << 20) / scale;
constexpr std::size_t signal_bytes = 1'000'000;
constexpr std::size_t page_bytes_max = 6 << 20; ///< 4 MiB and the batch that goes beyond

/// A server, a domain, and one workflow whose first decision is made.
struct archive : test::served {
  archive() : served("tomes") {
    run({"admin", "config", "update", "--name", "limit.historySize.error", "--value", std::to_string(many_bytes)});
    first = start();
    decide(decision());
  }
  std::string start() {
    api::StartWorkflowExecutionRequest request;
    request.set_domain("tomes");
    request.set_request_id(load::new_uuid());
    request.set_workflow_id("tome");
    request.mutable_workflow_type()->set_name("type");
    request.mutable_task_list()->set_name("readers");
    request.mutable_execution_start_to_close_timeout()->set_seconds(3600);
    request.mutable_task_start_to_close_timeout()->set_seconds(200);
    return ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", request).run_id();
  }
  api::PollForDecisionTaskResponse decision() { return decision_of("readers"); }
  /// Answers with so many markers; with some, another decision follows at once.
  void decide(const api::PollForDecisionTaskResponse& task, int markers = 0) {
    api::RespondDecisionTaskCompletedRequest body;
    body.set_task_token(task.task_token());
    body.set_force_create_new_decision_task(markers > 0);
    for (int i = 0; i < markers; ++i)
      body.add_decisions()->mutable_record_marker_decision_attributes()->set_marker_name("leaf");
    ask<api::RespondDecisionTaskCompletedResponse>("WorkerAPI/RespondDecisionTaskCompleted", body);
  }

  /// Sends so many signals, some at a time, until one is refused; how many were acknowledged.
  int signal(int count, std::size_t bytes, int at_a_time) {
    std::mutex mutex;
    std::condition_variable changed;
    int under_way = 0;
    int acknowledged = 0;
    bool refused = false;
    std::unique_lock lock(mutex);
    for (int i = 0; i < count && !refused; ++i) {
      changed.wait(lock, [&] { return under_way < at_a_time; });
      ++under_way;
      lock.unlock();
      api::SignalWorkflowExecutionRequest request;
      request.set_domain("tomes");
      request.mutable_workflow_execution()->set_workflow_id("tome");
      request.set_request_id(load::new_uuid());
      request.set_signal_name("page");
      request.mutable_signal_input()->set_data(std::string(bytes, 'p'));
      client->call<api::SignalWorkflowExecutionRequest, api::SignalWorkflowExecutionResponse>(
          "WorkflowAPI/SignalWorkflowExecution", request, seconds(120),
          [&](const load::result& r, api::SignalWorkflowExecutionResponse&) {
            const std::lock_guard guard(mutex);
            --under_way;
            if (r.ok())
              ++acknowledged;
            else
              refused = true;
            changed.notify_one();
          });
      lock.lock();
    }
    changed.wait(lock, [&] { return under_way == 0; });
    return acknowledged;
  }

  struct reading {
    std::int64_t events = 0;
    std::int64_t signals = 0;
    std::int64_t markers = 0;
    std::size_t largest_page = 0;
    api::HistoryEvent last;
  };
  /// The whole history, page by page; event ids must be dense.
  reading read(const std::string& run) {
    reading out;
    api::GetWorkflowExecutionHistoryRequest request;
    request.set_domain("tomes");
    request.mutable_workflow_execution()->set_workflow_id("tome");
    request.mutable_workflow_execution()->set_run_id(run);
    bool dense = true;
    do {
      const auto page =
          ask<api::GetWorkflowExecutionHistoryResponse>("WorkflowAPI/GetWorkflowExecutionHistory", request);
      out.largest_page = std::max(out.largest_page, page.ByteSizeLong());
      for (const auto& event : page.history().events()) {
        dense = dense && event.event_id() == ++out.events;
        out.signals += event.has_workflow_execution_signaled_event_attributes() ? 1 : 0;
        out.markers += event.has_marker_recorded_event_attributes() ? 1 : 0;
      }
      if (page.history().events_size() > 0)
        out.last = *page.history().events().rbegin();
      request.set_next_page_token(page.next_page_token());
    } while (!request.next_page_token().empty());
    BOOST_TEST(dense);
    return out;
  }
  api::DescribeWorkflowExecutionResponse describe(const std::string& run = {}) {
    api::DescribeWorkflowExecutionRequest request;
    request.set_domain("tomes");
    request.mutable_workflow_execution()->set_workflow_id("tome");
    request.mutable_workflow_execution()->set_run_id(run);
    return ask<api::DescribeWorkflowExecutionResponse>("WorkflowAPI/DescribeWorkflowExecution", request);
  }
  std::string reset(const std::string& run, std::int64_t finish_id) {
    api::ResetWorkflowExecutionRequest request;
    request.set_domain("tomes");
    request.mutable_workflow_execution()->set_workflow_id("tome");
    request.mutable_workflow_execution()->set_run_id(run);
    request.set_reason("another reading");
    request.set_decision_finish_event_id(finish_id);
    request.set_request_id(load::new_uuid());
    return ask<api::ResetWorkflowExecutionResponse>("WorkflowAPI/ResetWorkflowExecution", request).run_id();
  }
  void terminate(const std::string& run) {
    api::TerminateWorkflowExecutionRequest request;
    request.set_domain("tomes");
    request.mutable_workflow_execution()->set_workflow_id("tome");
    request.mutable_workflow_execution()->set_run_id(run);
    request.set_reason("read");
    ask<api::TerminateWorkflowExecutionResponse>("WorkflowAPI/TerminateWorkflowExecution", request);
  }
  std::string first;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(large_histories, archive)

BOOST_AUTO_TEST_CASE(two_hundred_thousand_events_are_read_reset_and_ended) {
  constexpr int rounds = many_events / markers_at_once;
  BOOST_TEST(signal(1, 10, 1) == 1);
  for (int i = 0; i < rounds; ++i)
    decide(decision(), markers_at_once);
  const auto last = decision();
  BOOST_TEST(last.ByteSizeLong() < page_bytes_max);
  decide(last);
  const auto whole = read(first);
  BOOST_TEST(whole.markers == rounds * markers_at_once);
  BOOST_TEST(whole.signals == 1);
  BOOST_TEST(whole.largest_page < page_bytes_max);
  BOOST_TEST(describe().workflow_execution_info().history_length() == whole.events);
  restart();
  BOOST_TEST(read(first).events == whole.events);

  // To the last decision: all that went before is shared.
  const auto second = reset(first, whole.events);
  BOOST_TEST(describe(first).workflow_execution_info().close_status() ==
             api::WORKFLOW_EXECUTION_CLOSE_STATUS_TERMINATED);
  BOOST_TEST(read(second).markers == whole.markers);
  decide(decision());
  // And to the first one, with the signal since.
  const auto third = reset(second, 4);
  const auto again = read(third);
  BOOST_TEST(again.markers == 0);
  BOOST_TEST(again.signals == 1);
  terminate(third);
  BOOST_TEST(read(third).last.has_workflow_execution_terminated_event_attributes());
}

BOOST_AUTO_TEST_CASE(two_hundred_mebibytes_are_read_reset_and_ended_at_the_limit) {
  const auto fitting = static_cast<int>(many_bytes / static_cast<std::int64_t>(signal_bytes)) - 5;
  BOOST_TEST(signal(fitting, signal_bytes, 8) == fitting);
  const auto task = decision();
  BOOST_TEST(task.ByteSizeLong() < page_bytes_max);
  decide(task);
  const auto whole = read(first);
  BOOST_TEST(whole.signals == fitting);
  BOOST_TEST(whole.largest_page < page_bytes_max);

  const auto second = reset(first, whole.events);
  restart();
  BOOST_TEST(read(second).signals == fitting);
  constexpr int more = 8;
  BOOST_TEST(signal(more, signal_bytes, 1) == more);
  decide(decision()); // beyond the limit a decision ends the run
  const auto ended = read(second);
  BOOST_TEST(ended.signals == fitting + more);
  BOOST_TEST(ended.last.workflow_execution_failed_event_attributes().failure().reason() == "HISTORY_EXCEEDS_LIMIT");
  BOOST_TEST(describe(second).workflow_execution_info().close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED);
}

BOOST_AUTO_TEST_SUITE_END()
