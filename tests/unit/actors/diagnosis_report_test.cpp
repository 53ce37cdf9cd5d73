#include "diagnosed_history.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {

BOOST_AUTO_TEST_SUITE(diagnosis_of_runs)

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
             R"("InvariantType":"An activity's retry policy has no effect",)"
             R"("Reason":"Nothing is retried with a maximum of one attempt: the first attempt counts","Metadata":)"
             R"({"EventID":2,"RetryPolicy":{"initialIntervalInSeconds":1,"backoffCoefficient":2,"maximumAttempts":1},)"
             R"("ActivityType":"pay"}}],"IssuesFound":1,)"
             R"("Runbook":"https://cadenceworkflow.io/docs/workflow-troubleshooting/retries"},"Stuck":null})");
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

BOOST_AUTO_TEST_CASE(its_workflow_schedules_reports_and_ends) {
  const auto rule = diagnosis_workflow();
  const auto query = [&](const history& h) {
    const auto answer = rule.queries.at(std::string(diagnosis_query))(h.all(), "");
    return answer ? *answer : answer.error().message;
  };
  const std::string unfinished =
      R"({"DiagnosticsResult":{"Timeouts":null,"Failures":null,"Retries":null,"Stuck":null},"DiagnosticsCompleted":false})";
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
