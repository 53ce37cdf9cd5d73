#include "harness.hpp"

#include "workflow/describe.hpp"
#include "workflow/signal.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

outcome<bool> send(bench& b, const std::string& request_id, std::optional<external_origin> origin = {}) {
  signal_input in;
  in.name = "s";
  in.request_id = request_id;
  in.origin = std::move(origin);
  return b.command([&](transaction& tx) { return signal(tx, in); });
}

outcome<bool> cancel(bench& b, const std::string& request_id, const std::string& first_run = {}) {
  cancel_input in;
  in.identity = "who";
  in.request_id = request_id;
  in.first_execution_run_id = first_run;
  return b.command([&](transaction& tx) { return request_cancel(tx, in); });
}

outcome<void> kill(bench& b, const std::string& first_run = {}) {
  terminate_input in;
  in.reason = "stop";
  in.details = "why";
  in.identity = "who";
  in.first_execution_run_id = first_run;
  return b.command([&](transaction& tx) { return terminate(tx, in); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests_from_outside)

BOOST_AUTO_TEST_CASE(signals_are_told_apart_by_their_request_id) {
  bench b;
  b.begin();
  b.decide();
  BOOST_TEST(*send(b, "r1"));
  BOOST_TEST(!*send(b, "r1"));
  BOOST_TEST(*send(b, ""));
  BOOST_TEST(*send(b, ""));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Signaled DScheduled Signaled Signaled");
  BOOST_TEST(bool(kill(b)));
  BOOST_TEST(!*send(b, "r1")); // before the question whether the run is closed
  const auto late = send(b, "r2");
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().kind == error_kind::workflow_already_completed));
  BOOST_TEST(late.error().message == "workflow execution already completed");
}

BOOST_AUTO_TEST_CASE(request_ids_can_be_forgotten) {
  bench b;
  b.begin();
  BOOST_TEST(*send(b, "r1"));
  b.change([](transaction& tx) {
    BOOST_TEST(remove_signal_request(tx, "r1"));
    BOOST_TEST(!remove_signal_request(tx, "r2"));
  });
  BOOST_TEST(!b.state().signal_requests().contains("r1"));
}

BOOST_AUTO_TEST_CASE(signals_have_a_limit) {
  bench b;
  b.limits.max_signals_per_run = 2;
  b.begin();
  BOOST_TEST(*send(b, ""));
  BOOST_TEST(*send(b, ""));
  const auto refused = send(b, "");
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == error_kind::limit_exceeded));
  BOOST_TEST(refused.error().message == "exceeded workflow execution limit for signal events");
}

BOOST_AUTO_TEST_CASE(only_the_parent_may_signal_a_child_as_such) {
  bench b;
  b.begin();
  external_origin origin;
  origin.workflow_id = "stranger";
  origin.run_id = b.chance.new_uuid().str();
  origin.child_only = true;
  const auto refused = send(b, "r", origin);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message == "workflow parent does not match");
  origin.child_only = false;
  BOOST_TEST(*send(b, "r", origin));
}

BOOST_AUTO_TEST_CASE(cancel_requests) {
  bench b;
  b.begin();
  b.decide();
  BOOST_TEST(*cancel(b, "c1"));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted CancelRequested DScheduled");
  BOOST_TEST(!*cancel(b, "c1"));
  const auto other = cancel(b, "c2");
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().kind == error_kind::cancellation_already_requested));
  b.decide();
  // The same again asks for a decision when none is pending.
  BOOST_TEST(*cancel(b, "c1"));
  BOOST_TEST(b.shape() ==
             "Started DScheduled DStarted DCompleted CancelRequested DScheduled DStarted DCompleted DScheduled");
  b.decide({fail_workflow("x", "det")});
  BOOST_TEST(b.last.current->close_status() == close_status::canceled);
  BOOST_TEST(!*cancel(b, "c1"));
  BOOST_TEST((cancel(b, "c2").error().kind == error_kind::workflow_already_completed));
}

BOOST_AUTO_TEST_CASE(cancel_wakes_a_run_that_waits) {
  bench b;
  b.begin(b.request(), 30);
  BOOST_TEST(*cancel(b, "c1"));
  BOOST_TEST(b.shape() == "Started CancelRequested DScheduled");
  BOOST_TEST(b.transfer(rec::TRANSFER_UPSERT).size() == 1);
}

BOOST_AUTO_TEST_CASE(requests_for_a_chain_name_its_first_run) {
  bench b;
  b.begin();
  const auto wrong = b.chance.new_uuid().str();
  BOOST_TEST((cancel(b, "c", wrong).error().kind == error_kind::entity_not_exists));
  BOOST_TEST((kill(b, wrong).error().kind == error_kind::entity_not_exists));
  BOOST_TEST(bool(cancel(b, "c", b.state().key().run_id.str())));
  BOOST_TEST(bool(kill(b, b.state().key().run_id.str())));
}

BOOST_AUTO_TEST_CASE(terminate_ends_the_decision_in_flight_first) {
  bench b;
  b.begin();
  b.poll_decision();
  b.send_signal("s");
  BOOST_TEST(bool(kill(b)));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed Signaled Terminated");
  const auto f = b.event(4).decision_task_failed_event_attributes();
  BOOST_TEST(f.cause() == api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION);
  BOOST_TEST(f.identity() == history_identity);
  BOOST_TEST(f.has_failure());
  BOOST_TEST(!b.state().has_pending_decision());
  BOOST_TEST((kill(b).error().kind == error_kind::workflow_already_completed));
}

BOOST_AUTO_TEST_CASE(a_terminated_run_shows_the_decision_that_nobody_took) {
  bench b;
  b.begin();
  BOOST_REQUIRE(bool(kill(b)));
  const auto shown = describe(b.state(), *b.env().domains);
  BOOST_REQUIRE(shown.has_pending_decision());
  BOOST_TEST(shown.pending_decision().state() == api::PENDING_DECISION_STATE_SCHEDULED);
  BOOST_TEST(shown.pending_decision().schedule_id() == 2);
  // It is only shown: nobody can take it, and for the rules there is none.
  BOOST_TEST(!b.state().has_pending_decision());
  const auto taken = b.command([](transaction& tx) { return start_decision(tx, 2, "poll", "worker"); });
  BOOST_REQUIRE(!taken);
  BOOST_TEST(taken.error().message == "workflow execution already completed");

  bench later; // of a later attempt there is no event
  later.begin();
  const auto first = later.poll_decision();
  BOOST_REQUIRE(bool(later.command([&](transaction& tx) { return fail_decision(tx, first.schedule_id, 0, {}); })));
  BOOST_REQUIRE(bool(kill(later)));
  BOOST_TEST(describe(later.state(), *later.env().domains).pending_decision().attempt() == 1);
}

BOOST_AUTO_TEST_CASE(a_terminated_run_shows_no_decision_that_was_ended_with_it) {
  bench b;
  b.begin();
  (void)b.poll_decision();
  BOOST_REQUIRE(bool(kill(b)));
  BOOST_TEST(!describe(b.state(), *b.env().domains).has_pending_decision());
}

BOOST_AUTO_TEST_CASE(terminate_without_decision_in_flight) {
  bench b;
  b.begin();
  BOOST_TEST(bool(kill(b)));
  BOOST_TEST(b.shape() == "Started DScheduled Terminated");
  BOOST_TEST(b.event(3).workflow_execution_terminated_event_attributes().details().data() == "why");
  BOOST_TEST(b.transfer(rec::TRANSFER_CLOSE).at(0).visibility().close_status() == close_status::terminated);
}

BOOST_AUTO_TEST_CASE(deprecated_domains_take_no_signals) {
  bench b;
  b.begin();
  b.domain_row.mutable_domain()->set_status(api::DOMAIN_STATUS_DEPRECATED);
  BOOST_TEST((send(b, "r").error().kind == error_kind::bad_request));
}

BOOST_AUTO_TEST_SUITE_END()
