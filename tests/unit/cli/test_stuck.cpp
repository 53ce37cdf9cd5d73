#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <set>

/// Stuck workflows, one a case: `workflow diagnose` says what keeps them from going on.
using namespace cadenza::test;
namespace api = uber::cadence::api::v1;

namespace {

struct ward {
  fake_server server;
  api::DescribeWorkflowExecutionResponse run_;
  api::History history;
  std::set<std::string> decision_polled;
  std::set<std::string> activity_polled;

  ward() {
    auto& info = *run_.mutable_workflow_execution_info();
    info.mutable_workflow_execution()->set_workflow_id("order-17");
    info.mutable_workflow_execution()->set_run_id("run-1");
    info.mutable_type()->set_name("Ship");
    info.mutable_start_time()->set_seconds(std::time(nullptr) - 370);
    run_.mutable_execution_configuration()->mutable_task_list()->set_name("orders");
    add().mutable_workflow_execution_started_event_attributes()->mutable_task_list()->set_name("orders");
    server.on<api::DescribeWorkflowExecutionRequest, api::DescribeWorkflowExecutionResponse>(
        "WorkflowAPI/DescribeWorkflowExecution", [this](const auto&, auto& response) {
          response = run_;
          return answer::ok();
        });
    server.on<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
        "WorkflowAPI/GetWorkflowExecutionHistory", [this](const auto&, auto& response) {
          *response.mutable_history() = history;
          return answer::ok();
        });
    server.on<api::DescribeTaskListRequest, api::DescribeTaskListResponse>(
        "WorkflowAPI/DescribeTaskList", [this](const auto& request, auto& response) {
          const auto& polled =
              request.task_list_type() == api::TASK_LIST_TYPE_ACTIVITY ? activity_polled : decision_polled;
          if (polled.contains(request.task_list().name()))
            response.add_pollers()->set_identity("worker");
          response.mutable_task_list_status()->set_backlog_count_hint(3);
          return answer::ok();
        });
    server.on<api::GetTaskListsByDomainRequest, api::GetTaskListsByDomainResponse>(
        "WorkflowAPI/GetTaskListsByDomain", [this](const auto&, auto& response) {
          for (const auto& name : decision_polled)
            (*response.mutable_decision_task_list_map())[name].add_pollers();
          for (const auto& name : activity_polled)
            (*response.mutable_activity_task_list_map())[name].add_pollers();
          return answer::ok();
        });
    server.on<api::DescribeDomainRequest, api::DescribeDomainResponse>(
        "DomainAPI/DescribeDomain", [](const auto&, auto& response) {
          response.mutable_domain()->set_status(api::DOMAIN_STATUS_REGISTERED);
          return answer::ok();
        });
    server.on<api::DiagnoseWorkflowExecutionRequest, api::DiagnoseWorkflowExecutionResponse>(
        "WorkflowAPI/DiagnoseWorkflowExecution", [](const auto&, auto&) { return answer::ok(); });
  }

  api::HistoryEvent& add() {
    auto& event = *history.add_events();
    event.set_event_id(history.events_size());
    event.mutable_event_time()->set_seconds(std::time(nullptr) - 370);
    return event;
  }

  /// A decision that has waited for six minutes.
  void decision_waits(int attempt = 0) {
    add().mutable_decision_task_scheduled_event_attributes();
    auto& pending = *run_.mutable_pending_decision();
    pending.set_state(api::PENDING_DECISION_STATE_SCHEDULED);
    pending.set_attempt(attempt);
    pending.mutable_scheduled_time()->set_seconds(std::time(nullptr) - 365);
  }

  void decision_failed(const std::string& reason, const std::string& details) {
    decision_polled.insert("orders");
    decision_waits(2);
    run_.mutable_pending_decision()->set_state(api::PENDING_DECISION_STATE_STARTED);
    auto& failed = *add().mutable_decision_task_failed_event_attributes();
    failed.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
    failed.mutable_failure()->set_reason(reason);
    failed.mutable_failure()->set_details(details);
  }

  api::PendingActivityInfo& activity(const std::string& list, std::int64_t due_s) {
    auto& scheduled = add();
    scheduled.mutable_activity_task_scheduled_event_attributes()->mutable_task_list()->set_name(list);
    auto& pending = *run_.add_pending_activities();
    pending.set_activity_id("0");
    pending.mutable_activity_type()->set_name("main.Pay");
    pending.set_state(api::PENDING_ACTIVITY_STATE_SCHEDULED);
    pending.set_schedule_id(scheduled.event_id());
    pending.mutable_scheduled_time()->set_seconds(std::time(nullptr) + due_s);
    return pending;
  }

  std::string diagnosed() const {
    const auto result =
        run_cli({"--address", server.address(), "--domain", "shop", "workflow", "diagnose", "order-17"});
    BOOST_TEST(result.code == 0, result.err);
    return result.out;
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(stuck, ward)

BOOST_AUTO_TEST_CASE(nobody_polls_the_decision_list) {
  decision_polled = {"order"};
  decision_waits();
  const auto text = diagnosed();
  BOOST_TEST(text.starts_with("order-17, run run-1, type Ship: open for 6m "), text);
  BOOST_TEST(has(text, "1. Nobody polls the decision task list orders, where the decision has waited for 6m "), text);
  BOOST_TEST(has(text, " with about 2 other tasks.\n   -> start a worker for it; order is polled: a misspelt name?\n"),
             text);
}

BOOST_AUTO_TEST_CASE(workers_are_slower_than_what_comes) {
  decision_polled = {"orders"};
  decision_waits();
  BOOST_TEST(has(diagnosed(), "in task list orders, which is polled, and about 3 tasks wait there.\n   -> more"));
}

BOOST_AUTO_TEST_CASE(an_activitys_list_is_misspelt) {
  activity_polled = {"orders"};
  activity("oders", -60);
  const auto text = diagnosed();
  BOOST_TEST(has(text, "1. Activity 0 (main.Pay) has waited for 1m"), text);
  BOOST_TEST(has(text, " in task list oders, which nobody polls.\n"), text);
  BOOST_TEST(has(text, "; orders is polled: a misspelt name?\n"), text);
}

BOOST_AUTO_TEST_CASE(an_activity_fails_each_time) {
  activity_polled = {"orders"};
  auto& pending = activity("orders", 100);
  pending.set_attempt(5);
  pending.mutable_last_failure()->set_reason("connection refused");
  pending.set_last_worker_identity("7@host");
  const auto text = diagnosed();
  BOOST_TEST(has(text, "fails: attempt 5 ended with connection refused; the next try is in 1m "), text);
  BOOST_TEST(has(text, "worker 7@host"), text);
}

BOOST_AUTO_TEST_CASE(an_activity_misses_its_heartbeats) {
  auto& pending = activity("orders", -10);
  pending.set_state(api::PENDING_ACTIVITY_STATE_STARTED);
  pending.set_attempt(4);
  pending.mutable_last_started_time()->set_seconds(std::time(nullptr) - 30);
  pending.mutable_last_heartbeat_time()->set_seconds(std::time(nullptr) - 20);
  pending.mutable_last_failure()->set_reason("cadenceInternal:Timeout HEARTBEAT");
  BOOST_TEST(has(diagnosed(), "it is attempt 5, the last failed: cadenceInternal:Timeout HEARTBEAT."));
}

BOOST_AUTO_TEST_CASE(a_workflow_type_is_not_registered) {
  decision_failed("cadenceInternal:Generic", "\"unable to find workflow type: Ship. Supported types: [Other]\"");
  BOOST_TEST(has(diagnosed(), "1. No worker of task list orders knows the workflow type Ship (attempt 3): "));
}

BOOST_AUTO_TEST_CASE(the_workflows_code_panics) {
  decision_failed("cadenceInternal:Panic", "boom");
  BOOST_TEST(has(diagnosed(), "1. Decisions fail (attempt 3): WORKFLOW_WORKER_UNHANDLED_FAILURE: "
                              "cadenceInternal:Panic: boom\n   -> fix the workflow's code"));
}

BOOST_AUTO_TEST_CASE(the_code_does_not_fit_the_history) {
  decision_failed("cadenceInternal:Panic", "nondeterministic workflow: missing replay decision");
  const auto text = diagnosed();
  BOOST_TEST(has(text, "1. The worker's code does not fit the history (attempt 3): "), text);
  BOOST_TEST(has(text, "--domain shop workflow reset order-17 --reset_type LastDecisionCompleted"), text);
}

BOOST_AUTO_TEST_CASE(decisions_time_out) {
  decision_polled = {"orders"};
  decision_waits(1);
  run_.mutable_pending_decision()->set_state(api::PENDING_DECISION_STATE_STARTED);
  add().mutable_decision_task_timed_out_event_attributes();
  BOOST_TEST(
      has(diagnosed(), "1. Decisions time out (attempt 2): a worker takes them but does not respond in time.\n"));
}

BOOST_AUTO_TEST_CASE(it_waits_for_a_timer_a_child_or_a_signal) {
  add().mutable_decision_task_scheduled_event_attributes();
  BOOST_TEST(has(diagnosed(), "1. Nothing is pending: the workflow waits for a signal"));
  auto& timer = *add().mutable_timer_started_event_attributes();
  timer.set_timer_id("t");
  timer.mutable_start_to_fire_timeout()->set_seconds(370 + 125);
  BOOST_TEST(has(diagnosed(), "1. Waits for timer t, which fires in 2m "));
  add().mutable_timer_fired_event_attributes()->set_timer_id("t");
  auto& child = *run_.add_pending_children();
  child.mutable_workflow_execution()->set_workflow_id("pay-17");
  child.set_workflow_type_name("Pay");
  const auto text = diagnosed();
  BOOST_TEST(has(text, "1. Waits for child workflow pay-17 (Pay).\n"), text);
  BOOST_TEST(!has(text, "timer"), text);
}

BOOST_AUTO_TEST_CASE(it_has_not_begun) {
  auto& started = *history.mutable_events(0)->mutable_workflow_execution_started_event_attributes();
  started.mutable_first_decision_task_backoff()->set_seconds(370 + 3605);
  started.set_cron_schedule("0 6 * * *");
  BOOST_TEST(has(diagnosed(), "The first decision is due in 1h (cron 0 6 * * *).\n"));
}

BOOST_AUTO_TEST_CASE(it_is_closed_and_why) {
  add().mutable_decision_task_scheduled_event_attributes();
  auto& failed = *add().mutable_workflow_execution_failed_event_attributes();
  failed.mutable_failure()->set_reason("out of stock");
  const auto text = diagnosed();
  BOOST_TEST(has(text, "type Ship: FAILED 6m "), text);
  BOOST_TEST(has(text, "1. The run is closed: FAILED: out of stock.\n"), text);
}

BOOST_AUTO_TEST_CASE(the_domain_is_deprecated_and_the_history_large) {
  run_.mutable_workflow_execution_info()->set_history_length(20'000);
  server.on<api::DescribeDomainRequest, api::DescribeDomainResponse>(
      "DomainAPI/DescribeDomain", [](const auto&, auto& response) {
        response.mutable_domain()->set_status(api::DOMAIN_STATUS_DEPRECATED);
        return answer::ok();
      });
  const auto text = diagnosed();
  BOOST_TEST(has(text, "The domain shop is deprecated"), text);
  BOOST_TEST(has(text, "The history has 20000 events."), text);
}

BOOST_AUTO_TEST_SUITE_END()
