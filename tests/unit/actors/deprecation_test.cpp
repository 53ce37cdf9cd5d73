#include "actors/system/deprecation_workflow.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

/// The history of a deprecation, as far as its rule looks at it.
struct course {
  course() {
    events_.Add()->mutable_workflow_execution_started_event_attributes()->mutable_input()->set_data("the input");
  }

  /// The one decision that is due.
  api::Decision due() const {
    const auto all = rule_.decide(events_);
    BOOST_REQUIRE(all.size() == 1u);
    return all[0];
  }
  [[nodiscard]] bool waits() const { return rule_.decide(events_).empty(); }
  /// Carries out the decision that is due, which must be for this activity.
  void schedule(const std::string& type) {
    const auto decision = due();
    const auto& asked = decision.schedule_activity_task_decision_attributes();
    BOOST_TEST(asked.activity_type().name() == type);
    BOOST_TEST(asked.input().data() == "the input");
    auto& event = *events_.Add()->mutable_activity_task_scheduled_event_attributes();
    event.set_activity_id(asked.activity_id());
    *event.mutable_activity_type() = asked.activity_type();
    BOOST_TEST(waits());
  }
  void completed(const std::string& result = {}) {
    events_.Add()->mutable_activity_task_completed_event_attributes()->mutable_result()->set_data(result);
  }
  void failed(const std::string& reason) {
    auto& failure = *events_.Add()->mutable_activity_task_failed_event_attributes()->mutable_failure();
    failure.set_reason(reason);
    failure.set_details("details");
  }
  void timed_out() { events_.Add()->mutable_activity_task_timed_out_event_attributes(); }

private:
  events events_;
  const system_workflow rule_ = deprecation_workflow();
};

} // namespace

BOOST_AUTO_TEST_SUITE(deprecations)

BOOST_AUTO_TEST_CASE(step_by_step_until_no_run_is_left) {
  course c;
  c.schedule("disableArchival");
  c.completed();
  c.schedule("deprecateDomain");
  c.completed();
  c.schedule("terminateOpenWorkflows");
  c.completed(encode(termination_round{1000, 990}));
  c.schedule("terminateOpenWorkflows");
  c.completed(encode(termination_round{10, 10}));
  c.schedule("terminateOpenWorkflows");
  c.completed(encode(termination_round{0, 0}));
  BOOST_TEST(c.due().has_complete_workflow_execution_decision_attributes());
}

BOOST_AUTO_TEST_CASE(it_ends_as_an_activity_that_fails_for_good) {
  course denied;
  denied.schedule("disableArchival");
  denied.failed("access_denied");
  const auto end = denied.due();
  BOOST_TEST(end.fail_workflow_execution_decision_attributes().failure().reason() == "access_denied");
  BOOST_TEST(end.fail_workflow_execution_decision_attributes().failure().details() == "details");
  course late;
  late.schedule("disableArchival");
  late.timed_out();
  BOOST_TEST(late.due().fail_workflow_execution_decision_attributes().failure().reason() == "timeout");
  course odd;
  odd.schedule("disableArchival");
  odd.completed();
  odd.schedule("deprecateDomain");
  odd.completed();
  odd.schedule("terminateOpenWorkflows");
  odd.completed("?");
  BOOST_TEST(odd.due().has_fail_workflow_execution_decision_attributes());
}

BOOST_AUTO_TEST_CASE(its_input_is_the_command_lines) {
  const auto input = decode_deprecation_input(R"({"domain_name":"orders","security_token":"x","more":1})");
  BOOST_REQUIRE(bool(input));
  BOOST_TEST(input->domain == "orders");
  BOOST_TEST(input->security_token == "x");
  for (const char* text : {"", "[]", "{}", R"({"domain_name":""})"})
    BOOST_TEST(!decode_deprecation_input(text), text);
  const auto round = decode_termination_round(encode(termination_round{7, 5}));
  BOOST_REQUIRE(bool(round));
  BOOST_TEST(round->found == 7);
  BOOST_TEST(round->ended == 5);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
