#include "scene.hpp"

#include <algorithm>

/// What a fail-over can lose, and what it cannot. `docs/replication.md` says the same in words.
namespace cadenza::replication::test {

namespace {

int branches_in(cluster& c, const uuid& id) { return c.run(id).head().version_histories().branches_size(); }

bool has_event(cluster& c, const uuid& id, bool (api::HistoryEvent::*which)() const) {
  const auto events = c.events(id);
  return std::any_of(events.begin(), events.end(), [&](const auto& e) { return (e.*which)(); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(losses)

/// The new cluster waits until the old one knows, has written down what was in flight, and has told everything.
BOOST_AUTO_TEST_CASE(a_graceful_failover_loses_nothing) {
  scene s;
  const auto id = s.a().start("w").value();
  const auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().signal(id, "behind the decision"));
  s.b().set_version(2);
  s.b().set_pending(true);
  BOOST_TEST(!s.b().signal(id, "too early"));
  BOOST_TEST(!s.b().start("v"));
  BOOST_REQUIRE(s.a().signal(id, "until A knows")); // as before
  s.a().set_version(2);
  BOOST_TEST(!s.a().signal(id, "too late"));
  BOOST_TEST(!s.a().answer(held, {complete()}));
  s.a().end_decisions_in_flight();
  s.carry(s.a(), s.b());
  s.b().set_pending(false);
  BOOST_REQUIRE(s.b().signal(id, "now"));
  const auto next = s.b().poll_decision().value();
  BOOST_REQUIRE(s.b().answer(next, {complete()}));
  s.carry_all();
  s.same();
  BOOST_TEST(s.a().run(id).closed());
  BOOST_TEST(signals_in(s.a(), id) == 3);
  BOOST_TEST(branches_in(s.a(), id) == 1);
  BOOST_TEST(s.a().seen.rebuilt + s.b().seen.rebuilt + s.a().seen.aside + s.b().seen.aside == 0);
}

/// The result of an activity that the old cluster did not pass on counts no more: it stays in a branch of the history,
/// and the activity is carried out again.
BOOST_AUTO_TEST_CASE(a_forced_failover_loses_results_that_were_not_told) {
  scene s;
  const auto id = s.a().start("w").value();
  auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().answer(held, {activity("x", true), timer("t", 5)}));
  s.carry_all();
  BOOST_REQUIRE(s.a().answer(s.a().poll_activity().value(), 0));
  s.w.now_ns += 6 * ns_per_s;
  while (s.a().fire_due()) {
  }
  BOOST_TEST(has_event(s.a(), id, &api::HistoryEvent::has_activity_task_completed_event_attributes));
  BOOST_TEST(has_event(s.a(), id, &api::HistoryEvent::has_timer_fired_event_attributes));
  s.b().set_version(2);
  BOOST_REQUIRE(s.b().signal(id, "of B"));
  s.fail_over(2);
  s.carry_all();
  s.same();
  BOOST_TEST(branches_in(s.a(), id) == 2);
  BOOST_TEST(!has_event(s.a(), id, &api::HistoryEvent::has_activity_task_completed_event_attributes));
  // B does both itself.
  BOOST_REQUIRE(s.b().answer(s.b().poll_activity().value(), 0));
  while (s.b().fire_due()) {
  }
  BOOST_TEST(has_event(s.b(), id, &api::HistoryEvent::has_activity_task_completed_event_attributes));
  BOOST_TEST(has_event(s.b(), id, &api::HistoryEvent::has_timer_fired_event_attributes));
}

/// The end of a run counts no more either, nor does the run after it.
BOOST_AUTO_TEST_CASE(a_forced_failover_opens_runs_whose_end_was_not_told) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  BOOST_REQUIRE(s.a().answer(s.a().poll_decision().value(), {again()}));
  const auto next = s.a().current("w").value();
  s.b().set_version(2);
  BOOST_REQUIRE(s.b().signal(id, "of B"));
  s.fail_over(2);
  s.carry_all();
  s.same();
  BOOST_TEST((s.a().current("w").value() == id));
  BOOST_TEST(s.a().run(id).open());
  BOOST_TEST(s.b().run(next).closed());
}

/// A run that nobody else had heard of comes to life where the domain is active, unless there is another one by then
/// (`of_two_runs_of_one_id_the_later_version_is_current_and_the_other_ends`).
BOOST_AUTO_TEST_CASE(a_run_that_was_not_told_goes_on_when_it_is_heard_of) {
  scene s;
  const auto id = s.a().start("w").value();
  s.fail_over(2);
  BOOST_TEST(!s.b().poll_decision());
  s.carry_all();
  s.same();
  const auto held = s.b().poll_decision().value();
  BOOST_TEST((held.run == id));
  BOOST_REQUIRE(s.b().answer(held, {complete()}));
  s.carry_all();
  s.same();
}

/// There is nothing to go back to, and no worker has ever known of the run.
BOOST_AUTO_TEST_CASE(a_signal_is_given_up_where_the_run_has_ended_without_a_decision) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  s.b().set_version(2);
  BOOST_REQUIRE(s.a().signal(id, "of A", "lost"));
  BOOST_REQUIRE(s.b().terminate(id));
  s.fail_over(2);
  s.carry_all();
  s.same();
  BOOST_TEST((s.w.dropped == std::set<std::string>{"lost"}));
  BOOST_TEST(s.a().run(id).closed());
}

/// Whoever takes signals must know what has beaten them: else it may have them in a history that is still to lose.
BOOST_AUTO_TEST_CASE(signals_wait_until_their_loss_is_known_where_they_go) {
  scene s(3);
  const auto id = s.a().start("w").value();
  s.carry_all();
  BOOST_REQUIRE(s.a().signal(id, "of A"));
  s.carry(s.a(), s.b());
  s.c().set_version(3);
  BOOST_REQUIRE(s.c().signal(id, "of C")); // without A's
  // The domain fails over to B, which has A's signal and has not heard of C's event.
  s.fail_over(12);
  const auto task = s.untold(s.a(), s.c()).front();
  BOOST_TEST(!s.c().receive(*s.a().tell(task), s.a(), s.everybody()));
  BOOST_TEST(signals_in(s.b(), id) == 1);
  s.carry(s.c(), s.b());
  BOOST_TEST(s.b().seen.rebuilt == 1);
  BOOST_REQUIRE(s.c().receive(*s.a().tell(task), s.a(), s.everybody()));
  BOOST_TEST(signals_in(s.b(), id) == 2);
  s.carry_all();
  s.same();
}

/// Signals that were where they had to go, in a history that went on and lost after all.
BOOST_AUTO_TEST_CASE(signals_are_delivered_again_when_the_history_that_has_them_loses_later) {
  scene s(3);
  const auto id = s.a().start("w").value();
  s.carry_all();
  BOOST_REQUIRE(s.a().signal(id, "of A"));
  s.c().set_version(3);
  BOOST_REQUIRE(s.c().signal(id, "of C")); // without A's
  // A goes on by version 11. When it hears of C's event its own history is the later one.
  s.a().set_version(11);
  BOOST_REQUIRE(s.a().signal(id, "A goes on"));
  const auto tasks = s.untold(s.a(), s.c());
  s.carry(s.c(), s.a());
  BOOST_TEST(branches_of(s.a().run(id)) == "3@1 5@11* | 2@1 3@3");
  // C asks A to take the signal that it has not had: A has it.
  s.c().set_version(11);
  BOOST_REQUIRE(s.c().receive(*s.a().tell(tasks.at(0)), s.a(), s.everybody()));
  BOOST_TEST(signals_in(s.a(), id) == 3);
  // Before C hears of version 11 it writes by version 13, and so A's history has lost after all.
  s.c().set_version(13);
  BOOST_REQUIRE(s.c().signal(id, "C goes on"));
  BOOST_REQUIRE(s.c().receive(*s.a().tell(tasks.at(1)), s.a(), s.everybody()));
  BOOST_TEST(signals_in(s.c(), id) == 4);
  s.fail_over(13);
  s.carry_all();
  s.same();
  BOOST_TEST(signals_in(s.b(), id) == 4);
}

BOOST_AUTO_TEST_CASE(a_run_does_not_begin_below_the_version_of_the_one_before_it) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  s.b().set_version(2);
  BOOST_REQUIRE(s.b().terminate(id));
  s.carry_all(); // A knows that the run has ended, and not yet that the domain has failed over
  BOOST_TEST(s.a().run(id).closed());
  BOOST_TEST(!s.a().start("w"));
  BOOST_TEST(s.a().start("v").has_value());
  s.fail_over(2);
  BOOST_TEST(s.b().start("w").has_value());
  s.carry_all();
  s.same();
}

/// The event that ends a run may be sent by itself when it is asked for.
BOOST_AUTO_TEST_CASE(the_next_run_is_made_although_the_end_of_the_one_before_is_known) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  BOOST_REQUIRE(s.a().answer(s.a().poll_decision().value(), {again()}));
  const auto next = s.a().current("w").value();
  const auto batches = s.a().resend(id, {});
  BOOST_REQUIRE(batches.has_value());
  for (const auto& each : *batches)
    BOOST_REQUIRE(s.b().receive({each, {}}, s.a(), s.everybody()));
  BOOST_TEST(s.b().run(id).closed());
  BOOST_TEST(!s.b().has(next));
  s.carry_all();
  BOOST_TEST(s.b().has(next));
  s.same();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::replication::test
