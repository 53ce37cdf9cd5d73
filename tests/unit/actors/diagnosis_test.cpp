#include "actors/system/diagnosis_workflow.hpp"

#include "messages/wire_time.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

/// A history under construction; a second passes between two events.
class history {
public:
  history() {
    add([](api::HistoryEvent& e) {
      auto& a = *e.mutable_workflow_execution_started_event_attributes();
      a.mutable_task_list()->set_name("deciders");
      a.mutable_task_list()->set_kind(api::TASK_LIST_KIND_NORMAL);
      workflow::set_seconds(*a.mutable_execution_start_to_close_timeout(), 60);
    });
  }
  std::int64_t add(const std::function<void(api::HistoryEvent&)>& fill) {
    auto& event = *events_.Add();
    event.set_event_id(events_.size());
    workflow::set_time(*event.mutable_event_time(), events_.size() * ns_per_s);
    fill(event);
    return event.event_id();
  }
  void pass(std::int64_t seconds) {
    events_.rbegin()->mutable_event_time()->set_seconds(events_.rbegin()->event_time().seconds() + seconds);
  }

  std::int64_t decided(const std::string& identity = "decider") {
    return add(
        [&](api::HistoryEvent& e) { e.mutable_decision_task_completed_event_attributes()->set_identity(identity); });
  }
  std::int64_t scheduled(const std::function<void(api::ActivityTaskScheduledEventAttributes&)>& fill = {}) {
    return add([&](api::HistoryEvent& e) {
      auto& a = *e.mutable_activity_task_scheduled_event_attributes();
      a.mutable_activity_type()->set_name("pay");
      a.mutable_task_list()->set_name("payers");
      a.mutable_input()->set_data("secret");
      workflow::set_seconds(*a.mutable_schedule_to_close_timeout(), 40);
      workflow::set_seconds(*a.mutable_schedule_to_start_timeout(), 30);
      workflow::set_seconds(*a.mutable_start_to_close_timeout(), 20);
      if (fill)
        fill(a);
    });
  }
  std::int64_t started(std::int64_t scheduled_id) {
    return add([&](api::HistoryEvent& e) {
      e.mutable_activity_task_started_event_attributes()->set_scheduled_event_id(scheduled_id);
    });
  }
  std::int64_t timed_out(std::int64_t scheduled_id, std::int64_t started_id, api::TimeoutType type) {
    return add([&](api::HistoryEvent& e) {
      auto& a = *e.mutable_activity_task_timed_out_event_attributes();
      a.set_scheduled_event_id(scheduled_id);
      a.set_started_event_id(started_id);
      a.set_timeout_type(type);
    });
  }
  std::int64_t failed(std::int64_t scheduled_id, const std::string& reason) {
    return add([&](api::HistoryEvent& e) {
      auto& a = *e.mutable_activity_task_failed_event_attributes();
      a.set_scheduled_event_id(scheduled_id);
      a.set_started_event_id(scheduled_id + 1);
      a.mutable_failure()->set_reason(reason);
      a.set_identity("payer");
    });
  }

  [[nodiscard]] const events& all() const { return events_; }
  [[nodiscard]] diagnosis taken() const {
    diagnosis out;
    for (const auto& event : events_)
      out.take(event);
    return out;
  }
  [[nodiscard]] diagnosis_report report(const std::map<list_in_question, list_facts>& known = {}) const {
    return taken().report(known);
  }

private:
  events events_;
};

std::vector<std::string> texts(const issue_group& group) {
  std::vector<std::string> out;
  for (const auto& cause : group.causes)
    out.push_back(std::to_string(cause.issue_id) + ": " + cause.text);
  return out;
}

void set_retry(api::RetryPolicy& policy, int initial_s, int attempts, int expiration_s) {
  workflow::set_seconds(*policy.mutable_initial_interval(), initial_s);
  policy.set_backoff_coefficient(2);
  policy.set_maximum_attempts(attempts);
  workflow::set_seconds(*policy.mutable_expiration_interval(), expiration_s);
}

} // namespace

BOOST_AUTO_TEST_SUITE(diagnosis_of_runs)

BOOST_AUTO_TEST_CASE(a_run_that_went_well_has_no_issues) {
  history h;
  h.decided();
  const auto id = h.scheduled();
  h.started(id);
  h.add(
      [&](api::HistoryEvent& e) { e.mutable_activity_task_completed_event_attributes()->set_scheduled_event_id(id); });
  h.add([](api::HistoryEvent& e) { e.mutable_workflow_execution_completed_event_attributes(); });
  BOOST_TEST(to_json(h.report()) == R"({"Timeouts":null,"Failures":null,"Retries":null})");
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
       {nobody, "0: There is a retry policy but no heartbeat timeout: that a worker is gone shows late",
        "0: All attempts that the retry policy allows were used, or it expired"}},
      {"heartbeats without a policy",
       api::TIMEOUT_TYPE_HEARTBEAT,
       5,
       0,
       0,
       {nobody, "0: The activity did not send its heartbeat in time, and without a retry policy that ends it"}},
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
      R"("Failures":null,"Retries":null})");
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
  BOOST_TEST(all[1].reason == "The run was reset (bad deploy); it goes on as run run-2");
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
       "The error comes from the code of the worker: its log, found by the identity, says more"},
      {"cadenceInternal:Panic", "The worker's code panicked",
       "The panic is in the code of the activity or the workflow"},
      {"cadenceInternal:Timeout START_TO_CLOSE", "Something that was waited for timed out", nullptr},
      {"no-money", "The worker's code returned an error of its own kind",
       "The error was made by the code of the activity or the workflow; its reason names it"},
      {"HEARTBEAT_EXCEEDS_LIMIT", "The details of a heartbeat are larger than a blob may be",
       "A blob is larger than its domain allows"},
      {"COMPLETE_RESULT_EXCEEDS_LIMIT", "The result of the activity is larger than a blob may be",
       "A blob is larger than its domain allows"},
      {"DECISION_BLOB_SIZE_EXCEEDS_LIMIT", "What a decision carries is larger than a blob may be",
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

BOOST_AUTO_TEST_CASE(retry_policies_under_which_nothing_is_tried_again) {
  struct row {
    const char* name;
    int initial_s, attempts, expiration_s;
    bool found;
  };
  const row rows[] = {{"one attempt", 1, 1, 0, true},       {"one attempt within a time", 1, 1, 100, true},
                      {"expires at once", 10, 0, 5, true},  {"expires at once, many attempts", 10, 5, 5, true},
                      {"several attempts", 1, 3, 0, false}, {"some time", 10, 0, 10, false}};
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      history h;
      h.scheduled(
          [&](auto& a) { set_retry(*a.mutable_retry_policy(), row.initial_s, row.attempts, row.expiration_s); });
      diagnosis whole;
      auto first = h.all()[0];
      set_retry(*first.mutable_workflow_execution_started_event_attributes()->mutable_retry_policy(), row.initial_s,
                row.attempts, row.expiration_s);
      whole.take(first);
      whole.take(h.all()[1]);
      const auto all = whole.report({}).retries.issues;
      BOOST_TEST(all.size() == (row.found ? 2u : 0u));
      if (row.found) {
        BOOST_TEST((all[0].kind == issue_kind::workflow_retry));
        BOOST_TEST((all[1].kind == issue_kind::activity_retry));
        BOOST_TEST(all[1].event_id == 2);
      }
    }
  }
  for (const int heartbeat : {0, 19, 20, 21}) {
    history h;
    h.scheduled([&](auto& a) { workflow::set_seconds(*a.mutable_heartbeat_timeout(), heartbeat); });
    BOOST_TEST(h.report().retries.issues.size() == (heartbeat >= 20 ? 1u : 0u), heartbeat);
  }
  history h;
  h.scheduled([](auto& a) { set_retry(*a.mutable_retry_policy(), 1, 1, 0); });
  BOOST_TEST(to_json(h.report()) ==
             R"({"Timeouts":null,"Failures":null,"Retries":{"Issues":[{"IssueID":0,)"
             R"("InvariantType":"Retry policy of an activity without effect",)"
             R"("Reason":"With one attempt at most nothing is tried again: the first attempt counts","Metadata":)"
             R"({"EventID":2,"RetryPolicy":{"initialIntervalInSeconds":1,"backoffCoefficient":2,"maximumAttempts":1},)"
             R"("ActivityType":"pay"}}],"IssuesFound":1,)"
             R"("Runbook":"https://cadenceworkflow.io/docs/workflow-troubleshooting/retries"}})");
}

BOOST_AUTO_TEST_CASE(a_report_is_bounded_whatever_the_history) {
  history h;
  std::string reason(100'000, 'x'); // GCC 12 warns of a sum of these
  reason += "é";
  for (int i = 0; i < 500; ++i) {
    const auto id = h.scheduled([](auto& a) { set_retry(*a.mutable_retry_policy(), 1, 1, 0); });
    h.failed(id, reason);
    h.timed_out(h.scheduled(), 0, api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  }
  const auto report = h.report({{{{}, "payers", true}, {0, 0}}});
  BOOST_TEST(report.failures.issues.size() == issue_group::issues_max);
  BOOST_TEST(report.failures.found == 500);
  BOOST_TEST(report.timeouts.found == 500);
  BOOST_TEST(report.retries.found == 500);
  BOOST_TEST(report.failures.issues[9].id == 9);
  BOOST_TEST(to_json(report).size() < 64u << 10);
}

BOOST_AUTO_TEST_CASE(a_reason_is_not_cut_within_a_character) {
  history h;
  std::string reason(1023, 'x');
  auto cut = reason;
  reason += "éé";
  cut += "…";
  h.failed(h.scheduled(), reason);
  BOOST_TEST(h.report().failures.issues[0].failure_reason == cut);
}

BOOST_AUTO_TEST_CASE(events_without_their_beginning_are_no_harm) {
  diagnosis d;
  history h;
  h.timed_out(700, 701, api::TIMEOUT_TYPE_HEARTBEAT);
  h.failed(800, "no-money");
  h.started(900);
  for (int i = 1; i < h.all().size(); ++i)
    d.take(h.all()[i]);
  const auto report = d.report({});
  BOOST_TEST(report.timeouts.issues.size() == 1u);
  BOOST_TEST(report.failures.issues.size() == 1u);
  BOOST_TEST(d.lists().empty());
}

// ---------------------------------------------------------------- the workflow

BOOST_AUTO_TEST_CASE(its_workflow_schedules_reports_and_ends) {
  const auto rule = diagnosis_workflow();
  const auto query = [&](const history& h) {
    const auto answer = rule.queries.at(std::string(diagnosis_query))(h.all(), "");
    return answer ? *answer : answer.error().message;
  };
  const std::string unfinished =
      R"({"DiagnosticsResult":{"Timeouts":null,"Failures":null,"Retries":null},"DiagnosticsCompleted":false})";
  history h;
  BOOST_TEST(query(h) == unfinished);
  auto decisions = rule.decide(h.all());
  BOOST_REQUIRE(decisions.size() == 1u);
  BOOST_TEST(decisions[0].has_schedule_activity_task_decision_attributes());
  h.decided();
  const auto id = h.scheduled();
  BOOST_TEST(rule.decide(h.all()).empty());
  BOOST_TEST(query(h) == unfinished);

  auto done = h;
  done.started(id);
  done.add([&](api::HistoryEvent& e) {
    e.mutable_activity_task_completed_event_attributes()->mutable_result()->set_data(to_json({}));
  });
  decisions = rule.decide(done.all());
  BOOST_REQUIRE(decisions.size() == 1u);
  BOOST_TEST(decisions[0].complete_workflow_execution_decision_attributes().result().data() == query(done));
  BOOST_TEST(query(done).ends_with(R"("DiagnosticsCompleted":true})"));

  auto failed = h;
  failed.failed(id, "entity_not_exists");
  decisions = rule.decide(failed.all());
  BOOST_REQUIRE(decisions.size() == 1u);
  BOOST_TEST(decisions[0].fail_workflow_execution_decision_attributes().failure().reason() == "entity_not_exists");

  auto late = h;
  late.timed_out(id, 0, api::TIMEOUT_TYPE_SCHEDULE_TO_CLOSE);
  decisions = rule.decide(late.all());
  BOOST_REQUIRE(decisions.size() == 1u);
  BOOST_TEST(decisions[0].has_fail_workflow_execution_decision_attributes());
}

BOOST_AUTO_TEST_CASE(its_input_survives_the_trip) {
  const std::string run = "0f5b4c2e-8d6a-4c1b-9a57-3f2f1d0b7e11";
  const auto back = decode_diagnosis_input(encode(diagnosis_input{"or\"ders", "w\n1", run, "me"}));
  BOOST_REQUIRE(bool(back));
  BOOST_TEST(back->domain == "or\"ders");
  BOOST_TEST(back->workflow_id == "w\n1");
  BOOST_TEST(back->run_id == run);
  BOOST_TEST(back->identity == "me");
  for (const char* text : {"", "{}", "[]", "{\"Domain\":\"d\",\"WorkflowID\":\"w\",\"RunID\":\"no\"}"})
    BOOST_TEST(!decode_diagnosis_input(text), text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
