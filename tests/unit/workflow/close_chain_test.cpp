#include "closing.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

BOOST_AUTO_TEST_SUITE(closing)

BOOST_AUTO_TEST_CASE(continue_as_new_carries_what_the_decision_says) {
  bench b;
  auto request = with_retry(b, 3);
  (*request.mutable_memo()->mutable_fields())["k"].set_data("old");
  b.begin(request);
  const auto first_run = b.state().key().run_id.str();
  b.decide({continue_with([](auto& a) {
    a.mutable_workflow_type()->set_name("type-2");
    a.mutable_task_list()->set_name("list-2");
    a.mutable_input()->set_data("again");
    set_seconds(*a.mutable_execution_start_to_close_timeout(), 50);
    set_seconds(*a.mutable_task_start_to_close_timeout(), 11);
    a.set_initiator(api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
    (*a.mutable_memo()->mutable_fields())["k"].set_data("new");
    (*a.mutable_header()->mutable_fields())["h"].set_data("v");
    (*a.mutable_search_attributes()->mutable_indexed_fields())["CustomIntField"].set_data("3");
  })});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted ContinuedAsNew");
  const auto c = continued(b);
  BOOST_TEST(c.workflow_type().name() == "type-2");
  BOOST_TEST(c.decision_task_completed_event_id() == 4);
  BOOST_TEST(c.has_backoff_start_interval()); // present although zero
  BOOST_TEST((c.initiator() == api::CONTINUE_AS_NEW_INITIATOR_DECIDER));
  BOOST_TEST(b.state().head().close_status() == close_status::continued_as_new);
  const auto last_task_id = b.events().back().task_id();
  follow(b);
  BOOST_TEST(b.event(1).task_id() > last_task_id);
  BOOST_TEST(b.shape() == "Started DScheduled");
  const auto s = started(b);
  BOOST_TEST(s.workflow_type().name() == "type-2");
  BOOST_TEST(s.task_list().name() == "list-2");
  BOOST_TEST(s.input().data() == "again");
  BOOST_TEST(s.execution_start_to_close_timeout().seconds() == 50);
  BOOST_TEST(s.task_start_to_close_timeout().seconds() == 11);
  BOOST_TEST(s.continued_execution_run_id() == first_run);
  BOOST_TEST(s.first_execution_run_id() == first_run);
  BOOST_TEST(s.original_execution_run_id() == b.state().key().run_id.str());
  BOOST_TEST(!s.has_retry_policy());
  BOOST_TEST(s.memo().fields().at("k").data() == "new");
  BOOST_TEST(s.header().fields().at("h").data() == "v");
  BOOST_TEST(s.search_attributes().indexed_fields().at("CustomIntField").data() == "3");
  BOOST_TEST(!s.has_first_decision_task_backoff());
  BOOST_TEST(s.attempt() == 0);
  BOOST_REQUIRE_EQUAL(s.prev_auto_reset_points().points_size(), 1);
  BOOST_TEST(s.prev_auto_reset_points().points(0).run_id() == first_run);
  BOOST_TEST(s.prev_auto_reset_points().points(0).has_expiring_time());
  // The new run works like any other.
  b.decide({complete_workflow()});
  BOOST_TEST(b.state().closed());
}

BOOST_AUTO_TEST_CASE(continue_as_new_inherits_what_the_decision_leaves_out) {
  bench b;
  auto request = b.request();
  (*request.mutable_memo()->mutable_fields())["k"].set_data("old");
  b.begin(request);
  b.decide({continue_with_nothing()});
  BOOST_TEST((continued(b).initiator() == api::CONTINUE_AS_NEW_INITIATOR_DECIDER));
  follow(b);
  const auto s = started(b);
  BOOST_TEST(s.workflow_type().name() == "type");
  BOOST_TEST(s.task_list().name() == "list");
  BOOST_TEST(s.execution_start_to_close_timeout().seconds() == 100);
  BOOST_TEST(s.task_start_to_close_timeout().seconds() == 20);
  BOOST_TEST(!s.has_input());
  BOOST_TEST(!s.has_memo());
}

BOOST_AUTO_TEST_CASE(a_backoff_delays_the_first_decision_whoever_asks_for_it) {
  for (const auto initiator : {api::CONTINUE_AS_NEW_INITIATOR_DECIDER, api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE}) {
    bench b;
    b.begin();
    b.decide({continue_with([&](auto& a) {
      set_seconds(*a.mutable_backoff_start_interval(), 6);
      a.set_initiator(initiator);
    })});
    const auto timers = next_timers(b, rec::TIMER_WORKFLOW_BACKOFF);
    BOOST_REQUIRE_EQUAL(timers.size(), 1U);
    BOOST_TEST(timers[0].fire_ns() == b.now_ns + 6 * ns_per_s);
    follow(b);
    BOOST_TEST(b.shape() == "Started");
    BOOST_TEST(started(b).first_decision_task_backoff().seconds() == 6);
    wake(b);
    BOOST_TEST(b.shape() == "Started DScheduled");
  }
}

BOOST_AUTO_TEST_CASE(a_child_stays_a_child_when_it_continues) {
  bench b;
  parent_link parent{b.domain_id, "suite", "parent", "22222222-2222-4222-8222-222222222222", 7};
  b.begin(b.request(), 0, {}, parent);
  b.change([](transaction& tx) { BOOST_REQUIRE(bool(schedule_first_decision(tx))); });
  b.decide({continue_with_nothing()});
  follow(b);
  BOOST_TEST(started(b).parent_execution_info().initiated_id() == 7);
  BOOST_TEST(b.shape() == "Started DScheduled"); // nobody else would schedule it
  BOOST_TEST(b.state().has_parent());
}

BOOST_AUTO_TEST_CASE(failed_runs_are_retried_with_attempts) {
  bench b;
  b.begin(with_retry(b, 3));
  const auto first_run = b.state().key().run_id.str();
  for (const int wait_s : {2, 4}) {
    b.decide({fail_workflow("flaky", "d")});
    const auto c = continued(b);
    BOOST_TEST((c.initiator() == api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY));
    BOOST_TEST(c.failure().reason() == "flaky");
    BOOST_TEST(c.failure().details() == "d");
    BOOST_TEST(c.backoff_start_interval().seconds() == wait_s);
    follow(b);
    const auto s = started(b);
    BOOST_TEST(s.attempt() == (wait_s == 2 ? 1 : 2));
    BOOST_TEST(s.continued_failure().reason() == "flaky");
    BOOST_TEST(s.first_execution_run_id() == first_run);
    BOOST_TEST(s.retry_policy().maximum_attempts() == 3);
    wake(b);
  }
  b.decide({fail_workflow("flaky", "last")});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Failed");
  BOOST_TEST(!b.last.next);
}

BOOST_AUTO_TEST_CASE(the_expiration_bounds_all_attempts) {
  bench b;
  b.begin(with_retry(b, 0, 10));
  const auto expires_ns = b.now_ns + 10 * ns_per_s;
  b.decide({fail_workflow()});
  // The retried run ends with its policy, not with its own timeout.
  const auto timeouts = next_timers(b, rec::TIMER_WORKFLOW_TIMEOUT);
  BOOST_REQUIRE_EQUAL(timeouts.size(), 1U);
  BOOST_TEST(timeouts[0].fire_ns() == expires_ns);
  follow(b);
  BOOST_TEST(b.state().fixed().expiration_ns() == expires_ns);
  wake(b);
  b.advance_s(6);
  b.decide({fail_workflow()}); // 4 s more would be too late
  BOOST_TEST(b.state().head().close_status() == close_status::failed);
}

BOOST_AUTO_TEST_CASE(cron_runs_follow_one_another) {
  bench b;
  b.begin(with_cron(b, "@every 10s"), 10);
  const auto chain_began_ns = b.now_ns;
  wake(b);
  b.advance_s(3);
  b.decide({complete_workflow("one")});
  const auto c = continued(b);
  BOOST_TEST((c.initiator() == api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE));
  BOOST_TEST(c.last_completion_result().data() == "one");
  BOOST_TEST(c.backoff_start_interval().seconds() == 7);
  BOOST_TEST(!c.has_failure());
  const auto close = b.transfer(rec::TRANSFER_CLOSE);
  BOOST_REQUIRE_EQUAL(close.size(), 1U);
  BOOST_TEST(close[0].visibility().close_status() == close_status::continued_as_new);
  BOOST_TEST(close[0].visibility().execution_status() == api::WORKFLOW_EXECUTION_STATUS_COMPLETED);
  follow(b);
  BOOST_TEST(b.shape() == "Started");
  BOOST_TEST(started(b).last_completion_result().data() == "one");
  BOOST_TEST(started(b).input().data() == "in");
  BOOST_TEST(ns_of(started(b).first_scheduled_time()) == chain_began_ns);

  // A failed run goes on too, and keeps the last good result.
  wake(b);
  b.decide({fail_workflow("oops", "dd")});
  BOOST_TEST(continued(b).failure().reason() == "oops");
  BOOST_TEST(continued(b).last_completion_result().data() == "one");
  BOOST_TEST(b.transfer(rec::TRANSFER_CLOSE)[0].visibility().execution_status() ==
             api::WORKFLOW_EXECUTION_STATUS_FAILED);
  follow(b);
  BOOST_TEST(started(b).continued_failure().reason() == "oops");

  // So does one that timed out, but without the result.
  wake(b);
  const auto decision = b.poll_decision();
  b.advance_s(100);
  BOOST_TEST(time_out(b));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed ContinuedAsNew");
  BOOST_TEST((b.event(4).decision_task_failed_event_attributes().cause() ==
              api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION));
  BOOST_TEST(continued(b).failure().reason() == timeout_reason);
  BOOST_TEST(continued(b).decision_task_completed_event_id() == no_event_id);
  BOOST_TEST(!continued(b).has_last_completion_result());
  BOOST_TEST(b.transfer(rec::TRANSFER_CLOSE)[0].visibility().execution_status() ==
             api::WORKFLOW_EXECUTION_STATUS_TIMED_OUT);
}

BOOST_AUTO_TEST_CASE(retry_comes_before_cron) {
  bench b;
  auto request = with_retry(b, 2);
  request.set_cron_schedule("@every 100s");
  b.begin(request);
  b.decide({fail_workflow()});
  BOOST_TEST((continued(b).initiator() == api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY));
  follow(b);
  wake(b);
  b.decide({fail_workflow()});
  BOOST_TEST((continued(b).initiator() == api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE));
  follow(b);
  BOOST_TEST(b.state().fixed().attempt() == 0);
}

BOOST_AUTO_TEST_CASE(a_cancel_request_ends_every_chain) {
  struct row {
    api::Decision decision;
    const char* end;
  };
  for (const auto& r : {row{complete_workflow(), "Completed"}, row{fail_workflow("r", "details"), "Canceled"},
                        row{cancel_workflow(), "Canceled"}, row{continue_with_nothing(), "Canceled"}}) {
    bench b;
    auto request = with_retry(b, 5);
    request.set_cron_schedule("@every 5s");
    b.begin(request);
    request_cancel_of(b);
    b.decide({r.decision});
    BOOST_TEST(b.shape() == std::string("Started DScheduled CancelRequested DStarted DCompleted ") + r.end);
    BOOST_TEST(!b.last.next);
    if (r.decision.has_fail_workflow_execution_decision_attributes())
      BOOST_TEST(b.event(6).workflow_execution_canceled_event_attributes().details().data() == "details");
  }
}

BOOST_AUTO_TEST_SUITE_END()
