#include "office.hpp"

/// Requests that are sent again, on a whole engine: the smallest scenario of each kind, once more for each state the
/// run may be in by then. A retried call must never double or end anything.
namespace cadenza::simulation {
namespace {

void is(const office::answer& got, const std::string& run) {
  BOOST_REQUIRE_MESSAGE(got, (got ? "" : got.error().message));
  BOOST_TEST(*got == run);
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests_sent_again)

BOOST_AUTO_TEST_CASE(a_signal_with_start_when_its_run_has_closed) {
  for (const auto policy : {allow, reject, replace, api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY}) {
    office o;
    const auto run = o.started(o.fresh());
    o.decide();
    const auto id = o.fresh();
    if (policy != replace)
      is(o.signal_with_start(id, policy), run);
    else
      BOOST_REQUIRE(o.signal(id));
    BOOST_REQUIRE(o.terminate(run));
    is(o.signal_with_start(id, policy), run);
    BOOST_TEST(o.shape() == "Started Ddc Signaled DTerminated");
    BOOST_TEST(o.runs() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_signal_with_start_that_has_started) {
  office o;
  const auto id = o.fresh();
  const auto first = o.signal_with_start(id);
  BOOST_REQUIRE(first);
  is(o.signal_with_start(id), *first);
  is(o.signal_with_start(id, replace), *first);
  is(o.start(id), *first); // the start of it has been carried out as well
  BOOST_TEST(o.shape() == "Started Signaled D");
  o.complete();
  is(o.signal_with_start(id), *first);
  is(o.signal_with_start(id, replace), *first);
  is(o.start(id, replace), *first);
  BOOST_TEST(o.runs() == 1U);
}

BOOST_AUTO_TEST_CASE(a_signal_with_start_whose_signal_the_run_has_had_ends_nothing) {
  office o;
  const auto run = o.started(o.fresh());
  o.decide();
  const auto id = o.fresh();
  BOOST_REQUIRE(o.signal(id));
  is(o.signal_with_start(id, replace), run);
  BOOST_TEST(o.shape() == "Started Ddc Signaled D");
  BOOST_TEST(o.runs() == 1U);
}

BOOST_AUTO_TEST_CASE(a_signal_with_start_under_the_id_of_a_start_is_another_request) {
  office live;
  const auto id = live.fresh();
  const auto run = live.started(id);
  is(live.signal_with_start(id), run);
  BOOST_TEST(live.shape() == "Started DSignaled");
  is(live.signal_with_start(id, replace), run); // now it is the same again

  office replaced;
  const auto first = replaced.started(id);
  const auto second = replaced.signal_with_start(id, replace);
  BOOST_REQUIRE(second);
  BOOST_TEST(*second != first);
  BOOST_TEST(replaced.shape(first) == "Started DTerminated");
  BOOST_TEST(replaced.shape() == "Started Signaled D");

  office closed;
  const auto over = closed.started(id);
  closed.complete();
  const auto next = closed.signal_with_start(id);
  BOOST_REQUIRE(next);
  BOOST_TEST(*next != over);
  BOOST_TEST(closed.shape() == "Started Signaled D");
  is(closed.start(id), *next);
}

BOOST_AUTO_TEST_CASE(a_signal_with_start_that_replaces_a_run) {
  office o;
  const auto first = o.started(o.fresh());
  const auto id = o.fresh();
  const auto second = o.signal_with_start(id, replace, 500);
  BOOST_REQUIRE(second);
  BOOST_TEST(*second != first);
  is(o.signal_with_start(id, replace, 500), *second);
  BOOST_TEST(o.runs() == 2U);
  // However a run begins, its decisions have no more time than the server allows.
  const auto begun = o.history().events(0).workflow_execution_started_event_attributes();
  BOOST_TEST(begun.task_start_to_close_timeout().seconds() == 240);
  // Without a request id nobody can tell: it replaces the run again.
  const auto third = o.signal_with_start("", replace);
  BOOST_REQUIRE_MESSAGE(third, (third ? "" : third.error().message));
  BOOST_TEST(*third != *second);
  const auto refused = o.start("", replace);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message == "Missing request ID.");
}

BOOST_AUTO_TEST_CASE(requests_whose_run_has_gone_on_as_new) {
  office o;
  const auto start = o.fresh();
  const auto both = o.fresh();
  const auto signal = o.fresh();
  const auto first = o.started(start);
  is(o.signal_with_start(both), first);
  BOOST_REQUIRE(o.signal(signal));
  const auto second = o.go_on();
  BOOST_TEST(second != first);
  for (const auto policy : {allow, reject, replace}) {
    is(o.start(start, policy), first);
    is(o.signal_with_start(both, policy), first);
  }
  BOOST_REQUIRE(o.signal(signal));
  BOOST_TEST(o.shape() == "Started D");
  o.complete();
  for (const auto policy : {allow, reject, replace}) {
    is(o.start(start, policy), first);
    is(o.signal_with_start(both, policy), first);
  }
  BOOST_REQUIRE(o.signal(signal));
  BOOST_TEST(o.runs() == 2U);
}

BOOST_AUTO_TEST_CASE(requests_whose_run_was_followed_by_another_start) {
  office o;
  const auto start = o.fresh();
  const auto both = o.fresh();
  const auto cancel = o.fresh();
  const auto first = o.started(start);
  is(o.signal_with_start(both), first);
  BOOST_REQUIRE(o.cancel(cancel));
  o.complete();
  const auto other = o.fresh();
  const auto second = o.started(other);
  is(o.start(start, replace), first);
  is(o.signal_with_start(both, replace), first);
  BOOST_REQUIRE(o.signal(both));
  BOOST_REQUIRE(o.cancel(cancel));
  BOOST_TEST(o.shape() == "Started D");
  // Also when that run was ended by a third start.
  const auto third = o.start(o.fresh(), replace);
  BOOST_REQUIRE(third);
  is(o.start(other, replace), second);
  is(o.start(start, replace), first);
  BOOST_REQUIRE(o.cancel(cancel));
  BOOST_TEST(o.shape() == "Started D");
  BOOST_TEST(o.runs() == 3U);
}

BOOST_AUTO_TEST_CASE(a_start_whose_run_was_reset) {
  office o;
  const auto start = o.fresh();
  const auto undo = o.fresh();
  const auto first = o.started(start);
  o.decide();
  const auto second = o.reset(first, 4, undo);
  BOOST_REQUIRE(second);
  for (const auto policy : {allow, reject, replace})
    is(o.start(start, policy), *second);
  const auto another = o.start(o.fresh());
  BOOST_REQUIRE(!another);
  BOOST_REQUIRE(another.error().detail != nullptr);
  BOOST_TEST(another.error().detail->start_request_id == start);
  BOOST_TEST(another.error().detail->run_id == *second);
  o.complete();
  is(o.start(start, replace), *second);
  BOOST_TEST(o.runs() == 2U);
}

BOOST_AUTO_TEST_CASE(a_reset_on_an_open_a_closed_and_a_further_run) {
  office o;
  const auto first = o.started(o.fresh());
  o.decide();
  const auto undo = o.fresh();
  const auto second = o.reset(first, 4, undo);
  BOOST_REQUIRE(second);
  is(o.reset(first, 4, undo), *second);
  o.complete();
  is(o.reset(first, 4, undo), *second);
  const auto third = o.reset(*second, 4, o.fresh()); // of a closed run
  BOOST_REQUIRE(third);
  BOOST_TEST(*third != *second);
  is(o.reset(first, 4, undo), *second);
  BOOST_TEST(o.current() == *third);
  const auto fourth = o.go_on();
  is(o.reset(first, 4, undo), *second);
  BOOST_TEST(o.current() == fourth);
  BOOST_TEST(o.runs() == 4U);
}

BOOST_AUTO_TEST_CASE(signals_whose_run_was_reset) {
  office o;
  const auto before = o.fresh();
  const auto after = o.fresh();
  const auto first = o.started(o.fresh());
  BOOST_REQUIRE(o.signal(before));
  o.decide(); // events 4 and 5
  BOOST_REQUIRE(o.signal(after));
  o.decide();
  const auto second = o.reset(first, 5, o.fresh());
  BOOST_REQUIRE(second);
  const auto shape = o.shape();
  for (const auto& id : {before, after}) {
    BOOST_REQUIRE(o.signal(id));
    is(o.signal_with_start(id, replace), id == before ? *second : first);
  }
  BOOST_TEST(o.shape() == shape);
  BOOST_TEST(shape == "Started DSignaled df Signaled D");
  BOOST_TEST(o.runs() == 2U);
}

BOOST_AUTO_TEST_CASE(signals_behind_a_decision_survive_a_reset) {
  office o;
  const auto first = o.started(o.fresh());
  o.decide();
  BOOST_REQUIRE(o.signal(o.fresh()));
  (void)o.poll();
  const auto held = o.fresh();
  BOOST_REQUIRE(o.signal(held));
  const auto second = o.reset(first, 4, o.fresh());
  BOOST_REQUIRE(second);
  BOOST_TEST(o.shape() == "Started Ddf Signaled Signaled D");
  BOOST_REQUIRE(o.signal(held));
  BOOST_TEST(o.shape() == "Started Ddf Signaled Signaled D");
}

BOOST_AUTO_TEST_CASE(a_cancel_request) {
  office o;
  const auto run = o.started(o.fresh());
  o.decide();
  const auto id = o.fresh();
  BOOST_REQUIRE(o.cancel(id));
  BOOST_REQUIRE(o.cancel(id));
  BOOST_TEST(o.shape() == "Started Ddc CancelRequested D");
  o.decide();
  // As in the reference system the worker is asked once more when it has nothing to decide.
  BOOST_REQUIRE(o.cancel(id));
  BOOST_TEST(o.shape() == "Started Ddc CancelRequested Ddc D");
  BOOST_TEST((o.cancel(o.fresh()).error().kind == error_kind::cancellation_already_requested));
}

BOOST_AUTO_TEST_CASE(a_termination_that_names_its_run) {
  office o;
  const auto first = o.started(o.fresh());
  BOOST_REQUIRE(o.terminate(first));
  const auto second = o.started(o.fresh());
  const auto again = o.terminate(first);
  BOOST_REQUIRE(!again);
  BOOST_TEST((again.error().kind == error_kind::workflow_already_completed));
  BOOST_TEST(o.current() == second);
  BOOST_TEST(o.shape() == "Started D");
}

BOOST_AUTO_TEST_CASE(requests_after_the_retention_are_new_ones) {
  office o;
  const auto start = o.fresh();
  const auto both = o.fresh();
  const auto first = o.started(start);
  is(o.signal_with_start(both), first);
  o.complete();
  o.outlive_retention();
  BOOST_TEST(o.runs() == 0U);
  const auto second = o.signal_with_start(both);
  BOOST_REQUIRE(second);
  BOOST_TEST(*second != first);
  BOOST_TEST(o.shape() == "Started Signaled D");
  // A chain that lives on knows the requests of its runs that are gone.
  const auto third = o.go_on();
  o.outlive_retention();
  BOOST_TEST(o.runs() == 1U);
  is(o.signal_with_start(both, replace), *second);
  BOOST_TEST(o.current() == third);
}

BOOST_AUTO_TEST_CASE(a_decision_that_failed_before_ends_where_the_history_ends) {
  office o;
  (void)o.started(o.fresh());
  o.fail_decision();
  const auto task = o.poll();
  BOOST_TEST(task.attempt() == 1);
  BOOST_TEST(task.history().events_size() == 6);
  BOOST_TEST(task.next_event_id() == 5); // the two events of this attempt are not stored
}

BOOST_AUTO_TEST_CASE(a_restart_of_a_run_that_is_not_there) {
  office o;
  const std::string text = "Requested workflow history not found, may have passed retention period.";
  const auto run = o.started(o.fresh());
  for (const auto& refused : {o.restart(o.fresh()), o.restart({}, "nobody")}) {
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().kind == error_kind::bad_request));
    BOOST_TEST(refused.error().message == text);
  }
  const auto again = o.restart(run);
  BOOST_REQUIRE(again);
  BOOST_TEST(o.shape(run) == "Started DTerminated");
  BOOST_TEST(o.current() == *again);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
