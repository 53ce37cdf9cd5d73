#include "flow_world.hpp"

#include "workflow/signal.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::actors;

namespace {

namespace api = uber::cadence::api::v1;

const std::string other_run = "33333333-3333-4333-8333-333333333333";

api::Decision start_child(api::ParentClosePolicy policy = api::PARENT_CLOSE_POLICY_TERMINATE,
                          const std::string& id = "child") {
  api::Decision out;
  auto& a = *out.mutable_start_child_workflow_execution_decision_attributes();
  a.set_workflow_id(id);
  a.mutable_workflow_type()->set_name("type");
  a.set_parent_close_policy(policy);
  return out;
}

api::Decision signal_to(const std::string& id) {
  api::Decision out;
  auto& a = *out.mutable_signal_external_workflow_execution_decision_attributes();
  a.mutable_workflow_execution()->set_workflow_id(id);
  a.set_signal_name("poke");
  a.mutable_input()->set_data("in");
  return out;
}

api::Decision cancel_of(const std::string& id) {
  api::Decision out;
  auto& a = *out.mutable_request_cancel_external_workflow_execution_decision_attributes();
  a.mutable_workflow_execution()->set_workflow_id(id);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(run_flows)

BOOST_AUTO_TEST_CASE(a_child_starts_is_written_down_and_begins) {
  flow_world world;
  world.begin();
  world.decide({start_child()});
  world.take(record::v1::TRANSFER_START_CHILD);
  BOOST_TEST((world.act() == verdict::wait));
  const auto start = world.only_message();
  BOOST_TEST(start.to().workflow_id() == "child");
  BOOST_TEST(start.to().run_id().empty());
  BOOST_TEST(start.expires_ns() == world.now_ns + message_life_ns);
  BOOST_TEST(world.flow->due_ns() > start.expires_ns());
  BOOST_TEST(start.start_child().initiated_id() == 5);
  BOOST_TEST(start.start_child().request().workflow_type().name() == "type");

  BOOST_TEST((world.flow->heard(world.started(start)) == verdict::act));
  BOOST_TEST((world.act() == verdict::wait));
  BOOST_TEST(world.event(6).has_child_workflow_execution_started_event_attributes());
  const auto begin = world.only_message();
  BOOST_TEST(begin.has_first_decision());
  BOOST_TEST(uuid::from_raw(begin.to().run_id()).str() == child_run);
  // A second copy of the first answer says nothing new.
  BOOST_TEST((world.flow->heard(world.started(start)) == verdict::wait));
  BOOST_TEST((world.flow->heard(world.done(begin)) == verdict::over));
  BOOST_TEST(world.finish_says_done());
}

BOOST_AUTO_TEST_CASE(a_parent_that_closes_while_its_child_is_started_does_not_let_it_begin) {
  flow_world world;
  world.begin();
  world.decide({start_child()});
  world.take(record::v1::TRANSFER_START_CHILD);
  BOOST_TEST((world.act() == verdict::wait));
  const auto start = world.only_message();
  world.change([](workflow::transaction& tx) { BOOST_REQUIRE(bool(workflow::terminate(tx, {}))); });

  BOOST_TEST((world.flow->heard(world.started(start)) == verdict::act));
  BOOST_TEST((world.act() == verdict::wait));
  const auto settle = world.only_message();
  BOOST_REQUIRE(settle.has_settle_child());
  BOOST_TEST(settle.to().run_id().empty());
  BOOST_TEST(settle.settle_child().initiated_id() == 5);
  BOOST_TEST((settle.settle_child().policy() == api::PARENT_CLOSE_POLICY_TERMINATE));
  BOOST_TEST((world.flow->heard(world.done(settle)) == verdict::over));
}

BOOST_AUTO_TEST_CASE(a_child_of_a_closed_parent_is_looked_for_until_no_start_can_be_on_its_way) {
  flow_world world;
  world.begin();
  world.decide({start_child(), workflow::test::complete_workflow()});
  const auto taken_ns = world.now_ns;
  world.take(record::v1::TRANSFER_START_CHILD, taken_ns + message_patience_ns);
  BOOST_TEST((world.act() == verdict::wait));
  auto settle = world.only_message();
  BOOST_REQUIRE(settle.has_settle_child());
  BOOST_TEST((world.flow->heard(world.refused(settle, Refused::REASON_GONE)) == verdict::again));
  BOOST_TEST(world.drop_says_again());

  world.now_ns = taken_ns + message_patience_ns;
  world.take(record::v1::TRANSFER_START_CHILD, taken_ns + message_patience_ns);
  BOOST_TEST((world.act() == verdict::wait));
  settle = world.only_message();
  BOOST_TEST((world.flow->heard(world.refused(settle, Refused::REASON_GONE)) == verdict::over));
}

BOOST_AUTO_TEST_CASE(a_start_that_is_refused_for_good_is_written_down) {
  flow_world world;
  world.begin();
  world.decide({start_child()});
  world.take(record::v1::TRANSFER_START_CHILD);
  BOOST_TEST((world.act() == verdict::wait));
  const auto start = world.only_message();
  BOOST_TEST((world.flow->heard(world.refused(start, Refused::REASON_STARTED)) == verdict::act));
  BOOST_TEST((world.act() == verdict::over));
  BOOST_TEST(world.event(6).has_start_child_workflow_execution_failed_event_attributes());
  BOOST_TEST(world.finish_says_done());
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_come_has_the_task_tried_again_with_patience) {
  flow_world world;
  world.begin();
  world.decide({signal_to("target")});
  world.take(record::v1::TRANSFER_SIGNAL_EXTERNAL);
  BOOST_TEST((world.act() == verdict::wait));
  (void)world.out();
  BOOST_TEST((world.flow->silence() == verdict::again));
  world.flow.reset();
  const auto told = world.over();
  BOOST_REQUIRE(told);
  BOOST_TEST(!told->done);
  BOOST_TEST(told->broken);
}

BOOST_AUTO_TEST_CASE(a_signal_is_forgotten_when_no_copy_of_it_can_come_any_more) {
  flow_world world;
  world.begin();
  world.decide({signal_to("target")});
  world.take(record::v1::TRANSFER_SIGNAL_EXTERNAL);
  BOOST_TEST((world.act() == verdict::wait));
  const auto signal = world.only_message();
  BOOST_TEST(signal.signal().name() == "poke");
  BOOST_TEST(signal.signal().input() == "in");
  BOOST_TEST(!signal.signal().has_control());
  BOOST_TEST(signal.signal().initiated_id() == 5);
  BOOST_TEST(!world.flow->may_be_dropped());
  BOOST_TEST((world.flow->heard(world.done(signal)) == verdict::act));
  BOOST_TEST((world.act() == verdict::wait));
  BOOST_TEST(world.event(6).has_external_workflow_execution_signaled_event_attributes());
  // The task is over by now; what follows only saves memory.
  const auto told = world.over();
  BOOST_REQUIRE(told);
  BOOST_TEST(told->done);
  BOOST_TEST(world.flow->may_be_dropped());
  BOOST_TEST(world.out().empty());
  BOOST_TEST(world.flow->due_ns() > signal.expires_ns());
  BOOST_TEST((world.flow->heard(world.done(signal)) == verdict::wait)); // a second copy
  BOOST_TEST((world.flow->silence() == verdict::over));
  const auto forget = world.only_message();
  BOOST_TEST(forget.forget_signal().request_id() == signal.signal().request_id());
  BOOST_TEST(forget.exchange() == 0);
}

BOOST_AUTO_TEST_CASE(a_refused_signal_counts_only_when_no_earlier_one_can_arrive) {
  flow_world world;
  world.begin();
  world.decide({signal_to("target")});
  world.take(record::v1::TRANSFER_SIGNAL_EXTERNAL, world.now_ns + 1);
  BOOST_TEST((world.act() == verdict::wait));
  const auto early = world.only_message();
  BOOST_TEST((world.flow->heard(world.refused(early, Refused::REASON_GONE)) == verdict::again));
  world.take(record::v1::TRANSFER_SIGNAL_EXTERNAL, world.now_ns);
  BOOST_TEST((world.act() == verdict::wait));
  const auto late = world.only_message();
  BOOST_TEST((world.flow->heard(world.refused(late, Refused::REASON_GONE)) == verdict::act));
  BOOST_TEST((world.act() == verdict::over));
  BOOST_TEST(world.event(6).has_signal_external_workflow_execution_failed_event_attributes());
}

BOOST_AUTO_TEST_CASE(a_signal_to_itself_fails_without_a_message) {
  flow_world world;
  world.begin();
  world.decide({signal_to(world.bench_workflow())});
  world.take(record::v1::TRANSFER_SIGNAL_EXTERNAL);
  BOOST_TEST((world.act() == verdict::over));
  BOOST_TEST(world.out().empty());
  BOOST_TEST(world.event(6).has_signal_external_workflow_execution_failed_event_attributes());
}

BOOST_AUTO_TEST_CASE(a_cancellation_that_somebody_else_has_asked_for_has_worked) {
  flow_world world;
  world.begin();
  world.decide({cancel_of("target")});
  world.take(record::v1::TRANSFER_CANCEL_EXTERNAL);
  BOOST_TEST((world.act() == verdict::wait));
  const auto cancel = world.only_message();
  BOOST_TEST(!cancel.cancel().request_id().empty());
  BOOST_TEST((world.flow->heard(world.refused(cancel, Refused::REASON_REQUESTED)) == verdict::act));
  BOOST_TEST((world.act() == verdict::over));
  BOOST_TEST(world.event(6).has_external_workflow_execution_cancel_requested_event_attributes());
}

BOOST_AUTO_TEST_CASE(a_closed_run_tells_again_only_who_has_not_answered) {
  flow_world world;
  const workflow::parent_link parent{world.domain_id, "suite", "parent", other_run, 9};
  world.begin(world.request(), 0, {}, parent);
  world.change([](workflow::transaction& tx) { BOOST_REQUIRE(bool(workflow::schedule_first_decision(tx))); });
  world.decide({start_child(), start_child(api::PARENT_CLOSE_POLICY_REQUEST_CANCEL, "second"),
                start_child(api::PARENT_CLOSE_POLICY_ABANDON, "third")});
  world.change([](workflow::transaction& tx) { BOOST_REQUIRE(bool(workflow::terminate(tx, {}))); });
  world.take(record::v1::TRANSFER_CLOSE);
  BOOST_TEST((world.act() == verdict::wait));
  const auto first = world.out();
  BOOST_REQUIRE_EQUAL(first.size(), 3U);
  BOOST_TEST(first[0]->to().workflow_id() == "parent");
  BOOST_TEST(first[0]->child_closed().initiated_id() == 9);
  BOOST_TEST(first[0]->child_closed().close_event().has_workflow_execution_terminated_event_attributes());
  BOOST_TEST(first[1]->end_child().terminate());
  BOOST_TEST(!first[2]->end_child().terminate());

  BOOST_TEST((world.flow->heard(world.done(*first[0])) == verdict::wait));
  BOOST_TEST((world.flow->heard(world.done(*first[0])) == verdict::wait)); // a second copy
  BOOST_TEST((world.flow->heard(world.refused(*first[1], Refused::REASON_GONE)) == verdict::wait));
  BOOST_TEST((world.flow->silence() == verdict::wait));
  const auto second = world.out();
  BOOST_REQUIRE_EQUAL(second.size(), 1U);
  BOOST_TEST(second[0]->to().workflow_id() == "second");
  // An answer that asks for another try brings it sooner than silence would.
  const auto due = world.flow->due_ns();
  BOOST_TEST((world.flow->heard(world.refused(*second[0], Refused::REASON_NOT_NOW)) == verdict::wait));
  BOOST_TEST(world.flow->due_ns() < due);
  BOOST_TEST((world.flow->silence() == verdict::wait));
  const auto third = world.out();
  BOOST_REQUIRE_EQUAL(third.size(), 1U);
  BOOST_TEST((world.flow->heard(world.done(*third[0])) == verdict::over));
  BOOST_TEST(world.finish_says_done());
}

BOOST_AUTO_TEST_SUITE_END()
