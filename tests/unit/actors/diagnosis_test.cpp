#include "diagnosed_history.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {

BOOST_AUTO_TEST_SUITE(diagnosis_of_runs)

BOOST_AUTO_TEST_CASE(a_run_that_went_well_has_no_issues) {
  history h;
  h.decided();
  const auto id = h.scheduled();
  h.started(id);
  h.add(
      [&](api::HistoryEvent& e) { e.mutable_activity_task_completed_event_attributes()->set_scheduled_event_id(id); });
  h.add([](api::HistoryEvent& e) { e.mutable_workflow_execution_completed_event_attributes(); });
  BOOST_TEST(to_json(h.report()) == R"({"Timeouts":null,"Failures":null,"Retries":null,"Stuck":null})");
  BOOST_TEST(h.taken().lists().empty());
}

BOOST_AUTO_TEST_CASE(timeouts_of_activities_by_type) {
  struct row {
    api::TimeoutType type;
    const char* reason;
    std::int64_t configured_s;
    std::int64_t elapsed_s; ///< from the schedule or the start
  };
  const row rows[] = {{api::TIMEOUT_TYPE_SCHEDULE_TO_START, "SCHEDULE_TO_START", 30, 2},
                      {api::TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, "SCHEDULE_TO_CLOSE", 40, 2},
                      {api::TIMEOUT_TYPE_START_TO_CLOSE, "START_TO_CLOSE", 20, 1},
                      {api::TIMEOUT_TYPE_HEARTBEAT, "HEARTBEAT", 5, 1}};
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.reason) {
      history h;
      const auto id = h.scheduled([](auto& a) { workflow::set_seconds(*a.mutable_heartbeat_timeout(), 5); });
      const auto started = h.started(id);
      const auto event = h.timed_out(id, started, row.type);
      const auto report = h.report();
      BOOST_REQUIRE(report.timeouts.issues.size() == 1u);
      const auto& found = report.timeouts.issues[0];
      BOOST_TEST((found.kind == issue_kind::activity_timeout));
      BOOST_TEST(found.reason == row.reason);
      BOOST_TEST(found.event_id == event);
      BOOST_TEST(found.scheduled_id == id);
      BOOST_TEST(found.started_id == started);
      BOOST_TEST(found.activity_type == "pay");
      BOOST_TEST(found.configured_ns == row.configured_s * ns_per_s);
      BOOST_TEST(found.elapsed_ns == row.elapsed_s * ns_per_s);
      BOOST_TEST(found.heartbeat_ns == 5 * ns_per_s);
      BOOST_TEST(report.failures.issues.empty());
      BOOST_TEST(report.retries.issues.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(root_causes_of_an_activity_timeout) {
  struct row {
    const char* name;
    api::TimeoutType type;
    int heartbeat_s;
    int attempts; ///< 0: no retry policy, unless it expires
    int expiration_s;
    std::vector<std::string> causes;
  };
  const std::string nobody = "0: No worker polls the task list";
  const row rows[] = {
      {"nobody took it", api::TIMEOUT_TYPE_SCHEDULE_TO_START, 0, 0, 0, {nobody}},
      {"nothing set",
       api::TIMEOUT_TYPE_START_TO_CLOSE,
       0,
       0,
       0,
       {nobody, "0: There is neither a heartbeat timeout nor a retry policy"}},
      {"a policy without heartbeats",
       api::TIMEOUT_TYPE_START_TO_CLOSE,
       0,
       3,
       0,
       {nobody, "0: There is a retry policy but no heartbeat timeout: a lost worker is noticed late",
        "0: All attempts that the retry policy allows were used, or it expired"}},
      {"heartbeats without a policy",
       api::TIMEOUT_TYPE_HEARTBEAT,
       5,
       0,
       0,
       {nobody, "0: The activity did not send its heartbeat in time, and it has no retry policy"}},
      {"a heartbeat too late",
       api::TIMEOUT_TYPE_HEARTBEAT,
       5,
       0,
       100,
       {nobody, "0: The activity did not send its heartbeat in time"}},
      {"a policy that is too short",
       api::TIMEOUT_TYPE_START_TO_CLOSE,
       5,
       0,
       20,
       {nobody, "0: The retry policy expires before a second attempt could begin"}},
      {"all is set", api::TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, 5, 0, 100, {nobody}},
  };
  const list_in_question list{{}, "payers", true};
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      history h;
      const auto id = h.scheduled([&](auto& a) {
        workflow::set_seconds(*a.mutable_heartbeat_timeout(), row.heartbeat_s);
        if (row.attempts + row.expiration_s > 0)
          set_retry(*a.mutable_retry_policy(), 1, row.attempts, row.expiration_s);
      });
      h.timed_out(id, h.started(id), row.type);
      BOOST_TEST((h.taken().lists() == std::vector{list}));
      BOOST_TEST(texts(h.report({{list, {0, 7}}}).timeouts) == row.causes, boost::test_tools::per_element());
    }
  }
  history h;
  h.timed_out(h.scheduled(), 0, api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  const auto report = h.report({{list, {2, 7}}});
  BOOST_TEST(texts(report.timeouts)[0] == "0: Workers poll the task list; its backlog says whether they keep up");
  BOOST_TEST(report.timeouts.causes[0].backlog == 7);
  // A list that could not be asked is no reason for anything.
  BOOST_TEST(h.report().timeouts.causes.empty());
}

BOOST_AUTO_TEST_CASE(the_activity_of_another_domain_names_its_list_there) {
  history h;
  h.timed_out(h.scheduled([](auto& a) { a.set_domain("bills"); }), 0, api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  BOOST_TEST((h.taken().lists() == std::vector{list_in_question{"bills", "payers", true}}));
}

BOOST_AUTO_TEST_CASE(a_workflow_timeout_names_what_it_was_at) {
  history h;
  h.add([](api::HistoryEvent& e) { e.mutable_decision_task_scheduled_event_attributes(); });
  const auto last = h.decided();
  h.add([](api::HistoryEvent& e) {
    e.mutable_workflow_execution_timed_out_event_attributes()->set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
  });
  const list_in_question list{{}, "deciders", false};
  BOOST_TEST((h.taken().lists() == std::vector{list}));
  const auto report = h.report({{list, {0, 1}}});
  BOOST_REQUIRE(report.timeouts.issues.size() == 1u);
  BOOST_TEST(report.timeouts.issues[0].last_event_id == last);
  BOOST_TEST(
      to_json(report) ==
      R"({"Timeouts":{"Issues":[{"IssueID":0,"InvariantType":"Workflow timed out","Reason":"START_TO_CLOSE",)"
      R"("Metadata":{"ExecutionTimeout":{"EventID":4,"ExecutionTime":3000000000,"ConfiguredTimeout":60000000000,)"
      R"("Tasklist":{"name":"deciders","kind":"NORMAL"},)"
      R"("LastOngoingEvent":{"eventId":3,"timestamp":3000000000,"eventType":"DecisionTaskCompleted"}},)"
      R"("ActivityTimeout":null,"ChildWfTimeout":null,"DecisionTimeout":null}}],)"
      R"("RootCause":[{"IssueID":0,"RootCauseType":"No worker polls the task list","Metadata":)"
      R"({"PollersMetadata":{"TaskListName":"deciders","TaskListBacklog":1},"HeartBeatingMetadata":null}}],)"
      R"("IssuesFound":1,"Runbook":"https://cadenceworkflow.io/docs/workflow-troubleshooting/timeouts/"},)"
      R"("Failures":null,"Retries":null,"Stuck":null})");
}

BOOST_AUTO_TEST_CASE(timeouts_of_decisions_and_children) {
  history h;
  const auto decision = h.add([](api::HistoryEvent& e) {
    workflow::set_seconds(*e.mutable_decision_task_scheduled_event_attributes()->mutable_start_to_close_timeout(), 10);
  });
  h.add([&](api::HistoryEvent& e) {
    auto& a = *e.mutable_decision_task_timed_out_event_attributes();
    a.set_scheduled_event_id(decision);
    a.set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
    a.set_cause(api::DECISION_TASK_TIMED_OUT_CAUSE_TIMEOUT);
  });
  h.add([](api::HistoryEvent& e) {
    auto& a = *e.mutable_decision_task_timed_out_event_attributes();
    a.set_cause(api::DECISION_TASK_TIMED_OUT_CAUSE_RESET);
    a.set_reason("bad deploy");
    a.set_new_run_id("run-2");
  });
  const auto child = h.add([](api::HistoryEvent& e) {
    workflow::set_seconds(*e.mutable_start_child_workflow_execution_initiated_event_attributes()
                               ->mutable_execution_start_to_close_timeout(),
                          3);
  });
  h.add([&](api::HistoryEvent& e) {
    e.mutable_child_workflow_execution_started_event_attributes()->set_initiated_event_id(child);
  });
  h.add([&](api::HistoryEvent& e) {
    auto& a = *e.mutable_child_workflow_execution_timed_out_event_attributes();
    a.set_initiated_event_id(child);
    a.set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
    a.mutable_workflow_execution()->set_workflow_id("child");
  });
  const auto all = h.report().timeouts.issues;
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].reason == "START_TO_CLOSE");
  BOOST_TEST(all[0].configured_ns == 10 * ns_per_s);
  BOOST_TEST(all[1].reason == "The run was reset (bad deploy); it continues as run run-2");
  BOOST_TEST((all[2].kind == issue_kind::child_timeout));
  BOOST_TEST(all[2].child_workflow_id == "child");
  BOOST_TEST(all[2].configured_ns == 3 * ns_per_s);
  BOOST_TEST(all[2].elapsed_ns == ns_per_s);
  BOOST_TEST(all[2].id == 2);
}

BOOST_AUTO_TEST_CASE(failures_by_reason) {
  struct row {
    const char* reason;
    const char* shown;
    const char* cause; ///< null: none
  };
  const row rows[] = {
      {"cadenceInternal:Generic", "The worker's code returned an error",
       "The error comes from the worker's code: see the log of the worker with this identity"},
      {"cadenceInternal:Panic", "The worker's code panicked", "The panic is in the activity's or workflow's code"},
      {"cadenceInternal:Timeout START_TO_CLOSE", "Something the workflow waited for timed out", nullptr},
      {"no-money", "The worker's code returned a custom error",
       "The error was returned by the activity's or workflow's code; the reason names it"},
      {"HEARTBEAT_EXCEEDS_LIMIT", "The details of a heartbeat are larger than a blob may be",
       "A blob is larger than its domain allows"},
      {"COMPLETE_RESULT_EXCEEDS_LIMIT", "The result of the activity is larger than a blob may be",
       "A blob is larger than its domain allows"},
      {"DECISION_BLOB_SIZE_EXCEEDS_LIMIT", "A payload in a decision is larger than a blob may be",
       "A blob is larger than its domain allows"},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.reason) {
      history h;
      const auto id = h.scheduled();
      h.started(id);
      h.failed(id, row.reason);
      h.decided("decider");
      h.add([&](api::HistoryEvent& e) {
        e.mutable_workflow_execution_failed_event_attributes()->mutable_failure()->set_reason(row.reason);
      });
      const auto report = h.report();
      const auto& all = report.failures.issues;
      BOOST_REQUIRE(all.size() == 2u);
      BOOST_TEST(all[0].reason == row.shown);
      BOOST_TEST(all[0].failure_reason == row.reason);
      BOOST_TEST(all[0].identity == "payer");
      BOOST_TEST(all[0].activity_type == "pay");
      BOOST_TEST(all[0].scheduled_id == id);
      BOOST_TEST(all[1].reason == row.shown);
      BOOST_TEST(all[1].identity == "decider");
      BOOST_TEST(report.failures.causes.size() == (row.cause == nullptr ? 0u : 2u));
      for (const auto& cause : report.failures.causes)
        BOOST_TEST(cause.text == row.cause);
      BOOST_TEST(report.timeouts.issues.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_blob_that_is_too_large_comes_with_the_limits) {
  history h;
  h.failed(h.scheduled(), "COMPLETE_RESULT_EXCEEDS_LIMIT");
  auto report = h.report();
  report.blob_warn_bytes = 5;
  report.blob_error_bytes = 9;
  BOOST_TEST(
      to_json(report).find(R"("Metadata":{"BlobSizeMetadata":{"BlobSizeWarnLimit":5,"BlobSizeErrorLimit":9}})") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(failed_decisions_count_unless_they_belong_to_the_course_of_things) {
  history h;
  const auto fail = [&](api::DecisionTaskFailedCause cause, const std::string& details) {
    h.add([&](api::HistoryEvent& e) {
      auto& a = *e.mutable_decision_task_failed_event_attributes();
      a.set_cause(cause);
      a.mutable_failure()->set_details(details);
      a.mutable_failure()->set_reason("short");
    });
  };
  fail(api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION, "");
  fail(api::DECISION_TASK_FAILED_CAUSE_UNHANDLED_DECISION, "");
  fail(api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW, "");
  fail(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, "nondeterministic");
  fail(api::DECISION_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES, "\xff\xfe no text");
  const auto report = h.report();
  BOOST_REQUIRE(report.failures.issues.size() == 2u);
  BOOST_TEST(report.failures.issues[0].reason == "WORKFLOW_WORKER_UNHANDLED_FAILURE");
  BOOST_TEST(report.failures.issues[0].failure_reason == "nondeterministic");
  BOOST_TEST(report.failures.issues[1].failure_reason == "short"); // what is no UTF-8 cannot stand in JSON
  BOOST_TEST(
      texts(report.failures) ==
          std::vector<std::string>{"0: The workflow's code panicked or does not fit the history it is replayed with"},
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
