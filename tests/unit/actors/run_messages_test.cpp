#include "flow_world.hpp"

#include "actors/shards/seen_requests.hpp"
#include "workflow/signal.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::actors;

namespace {

namespace api = uber::cadence::api::v1;

const std::string other_run = "33333333-3333-4333-8333-333333333333";

} // namespace

BOOST_AUTO_TEST_SUITE(run_messages)

BOOST_AUTO_TEST_CASE(a_message_that_comes_twice_counts_once) {
  flow_world world;
  world.begin();
  auto signal = world.message_from("sender", other_run);
  signal.mutable_signal()->set_name("poke");
  signal.mutable_signal()->set_request_id("request");
  const auto first = world.carry_out(signal);
  BOOST_REQUIRE(bool(first));
  BOOST_TEST(*first);
  const auto second = world.carry_out(signal);
  BOOST_REQUIRE(bool(second));
  BOOST_TEST(!*second);

  auto cancel = world.message_from("sender", other_run);
  cancel.mutable_cancel()->set_request_id("cancel");
  BOOST_TEST(*world.carry_out(cancel));
  BOOST_TEST(!*world.carry_out(cancel));
}

BOOST_AUTO_TEST_CASE(a_message_that_comes_too_late_is_not_carried_out) {
  flow_world world;
  world.begin();
  auto signal = world.message_from("sender", other_run);
  signal.mutable_signal()->set_name("poke");
  world.now_ns = signal.expires_ns() + 1;
  const auto result = world.carry_out(signal);
  BOOST_REQUIRE(!result);
  BOOST_TEST((result.error().kind == error_kind::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_request_that_is_dropped_is_refused_for_now) {
  flow_world world;
  world.begin();
  auto signal = world.message_from("sender", other_run);
  signal.mutable_signal()->set_name("poke");
  (void)world.arrive(signal);
  BOOST_REQUIRE_EQUAL(world.sent.size(), 1U);
  BOOST_TEST((world.sent[0]->refused().reason() == Refused::REASON_NOT_NOW));
  BOOST_TEST(world.sent[0]->exchange() == 5);
  BOOST_TEST(world.sent[0]->part() == 1);
  BOOST_TEST(world.sent[0]->to().workflow_id() == "sender");
  // Nobody waits for an answer to a message without an exchange.
  signal.set_exchange(0);
  (void)world.arrive(signal);
  BOOST_TEST(world.sent.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_second_copy_of_a_request_is_known_until_it_is_too_old) {
  seen_requests seen;
  BOOST_TEST(seen.first("parent", 7, 100, 0));
  BOOST_TEST(!seen.first("parent", 7, 100, 100));
  BOOST_TEST(seen.first("parent", 8, 100, 1));
  BOOST_TEST(seen.first("another", 7, 150, 1));
  BOOST_TEST(seen.size() == 3U);
  BOOST_TEST(seen.first("parent", 9, 300, 101));
  BOOST_TEST(seen.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_child_is_settled_by_its_own_parent_alone) {
  flow_world world;
  const workflow::parent_link parent{world.domain_id, "suite", "parent", other_run, 9};
  world.begin(world.request(), 0, {}, parent);
  auto settle = world.message_from("parent", other_run);
  settle.mutable_settle_child()->set_initiated_id(8);
  settle.mutable_settle_child()->set_policy(api::PARENT_CLOSE_POLICY_TERMINATE);
  const auto other = world.carry_out(settle);
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().kind == error_kind::entity_not_exists));

  settle.mutable_settle_child()->set_initiated_id(9);
  settle.mutable_settle_child()->set_policy(api::PARENT_CLOSE_POLICY_ABANDON);
  BOOST_TEST(*world.carry_out(settle));
  BOOST_TEST(world.shape() == "Started DScheduled");
  BOOST_TEST(!*world.carry_out(settle));
  settle.mutable_settle_child()->set_policy(api::PARENT_CLOSE_POLICY_TERMINATE);
  BOOST_TEST(*world.carry_out(settle));
  BOOST_TEST(!world.state().open());
  BOOST_TEST(!*world.carry_out(settle));
}

BOOST_AUTO_TEST_CASE(a_child_begins_once) {
  flow_world world;
  const workflow::parent_link parent{world.domain_id, "suite", "parent", other_run, 9};
  world.begin(world.request(), 0, {}, parent);
  auto begin = world.message_from("parent", other_run);
  begin.mutable_first_decision();
  BOOST_TEST(*world.carry_out(begin));
  BOOST_TEST(!*world.carry_out(begin));
  BOOST_TEST(world.shape() == "Started DScheduled");
}

BOOST_AUTO_TEST_SUITE_END()
