#include "scene.hpp"

#include "workflow/version_history.hpp"

/// What single batches do to a run, one case at a time.
namespace cadenza::replication::test {

BOOST_AUTO_TEST_SUITE(applying)

BOOST_AUTO_TEST_CASE(a_run_started_in_one_cluster_finishes_in_another) {
  scene s;
  const auto id = s.a().start("w").value();
  auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().answer(held, {activity("x", false), timer("t", 5)}));
  s.carry_all();
  s.same();
  BOOST_TEST((s.b().current("w").value() == id));
  BOOST_TEST(!s.b().poll_activity()); // not active
  BOOST_TEST(!s.b().signal(id, "r"));
  s.fail_over(2);
  BOOST_TEST(!s.a().signal(id, "r"));
  const auto work = s.b().poll_activity().value();
  BOOST_REQUIRE(s.b().answer(work, 0));
  s.w.now_ns += 6 * ns_per_s;
  while (s.b().fire_due()) {
  }
  held = s.b().poll_decision().value();
  BOOST_REQUIRE(s.b().answer(held, {complete()}));
  s.carry_all();
  s.same();
  BOOST_TEST(s.a().run(id).closed());
  BOOST_TEST(branches_of(s.a().run(id)) == "6@1 13@2*");
}

BOOST_AUTO_TEST_CASE(a_batch_that_comes_twice_changes_nothing) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  const auto before = s.b().run(id).head().SerializeAsString();
  for (const auto& task : s.a().queue(0))
    BOOST_REQUIRE(s.b().receive(*s.a().tell(task), s.a(), s.everybody()));
  BOOST_TEST(s.b().run(id).head().SerializeAsString() == before);
  BOOST_TEST(s.b().seen.duplicates == 1);
}

BOOST_AUTO_TEST_CASE(a_gap_is_asked_for) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  BOOST_REQUIRE(s.a().signal(id, "1"));
  BOOST_REQUIRE(s.a().signal(id, "2"));
  const auto last = s.untold(s.a(), s.b()).back();
  BOOST_TEST(!s.b().receive(*s.a().tell(last), s.a(), scene::nobody()));
  BOOST_TEST(s.b().seen.asked == 1);
  BOOST_TEST(signals_in(s.b(), id) == 0);
  BOOST_REQUIRE(s.b().receive(*s.a().tell(last), s.a(), s.everybody()));
  BOOST_TEST(signals_in(s.b(), id) == 2);
  s.same();
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_known_is_asked_for_from_its_beginning) {
  scene s;
  const auto id = s.a().start("w").value();
  BOOST_REQUIRE(s.a().signal(id, "1"));
  BOOST_REQUIRE(s.b().receive(*s.a().tell(s.a().queue(0).back()), s.a(), s.everybody()));
  BOOST_TEST(s.b().seen.asked == 1);
  s.same();
}

/// Both write event 3; the one of the higher version is the current one everywhere, and the other's signal is added.
BOOST_AUTO_TEST_CASE(two_clusters_write_at_once_and_the_higher_version_wins) {
  scene s(3);
  const auto id = s.a().start("w").value();
  s.carry_all();
  s.b().set_version(2);
  s.c().set_version(2);
  BOOST_REQUIRE(s.a().signal(id, "of A")); // A does not know yet
  BOOST_REQUIRE(s.b().signal(id, "of B"));
  BOOST_TEST(branches_of(s.a().run(id)) == "3@1*");
  BOOST_TEST(branches_of(s.b().run(id)) == "2@1 3@2*");
  s.carry(s.a(), s.c());
  BOOST_TEST(branches_of(s.c().run(id)) == "3@1*");
  s.carry(s.b(), s.c());
  BOOST_TEST(branches_of(s.c().run(id)) == "3@1 | 2@1 3@2*");
  BOOST_TEST(s.c().seen.rebuilt == 1);
  s.carry(s.b(), s.a());
  BOOST_TEST(branches_of(s.a().run(id)) == "3@1 | 2@1 3@2*");
  s.carry(s.a(), s.b());
  // A's signal comes behind B's.
  BOOST_TEST(branches_of(s.b().run(id)) == "2@1 4@2* | 3@1");
  BOOST_TEST(signals_in(s.b(), id) == 2);
  s.fail_over(2);
  s.carry_all();
  s.same();
  BOOST_TEST(signals_in(s.a(), id) == 2);
}

BOOST_AUTO_TEST_CASE(signals_are_added_once_however_often_they_are_told) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  s.b().set_version(2);
  BOOST_REQUIRE(s.a().signal(id, "of A"));
  BOOST_REQUIRE(s.a().signal(id, "")); // known by where it came from
  BOOST_REQUIRE(s.b().signal(id, "of B"));
  const auto events = s.a().events(id);
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(s.b().take_signals("w", {id, {}}, events));
  BOOST_TEST(signals_in(s.b(), id) == 3);
  s.b().restart();
  BOOST_REQUIRE(s.b().take_signals("w", {id, {}}, events));
  BOOST_TEST(signals_in(s.b(), id) == 3);
  // The client that got no answer asks B.
  BOOST_TEST(!s.b().signal(id, "of A"));
  s.fail_over(2);
  s.carry_all();
  s.same();
}

BOOST_AUTO_TEST_CASE(signals_for_a_run_that_has_closed_reset_it) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  s.b().set_version(2);
  BOOST_REQUIRE(s.a().signal(id, "of A"));
  const auto held = s.b().poll_decision().value();
  BOOST_REQUIRE(s.b().answer(held, {complete()}));
  s.fail_over(2);
  s.carry_all();
  const auto now = s.b().current("w").value();
  BOOST_TEST((now != id));
  BOOST_TEST(s.b().run(now).open());
  BOOST_TEST(signals_in(s.b(), now) == 1);
  s.same();
  BOOST_TEST((s.a().current("w").value() == now));
}

BOOST_AUTO_TEST_CASE(what_waits_behind_a_decision_is_written_by_who_has_it) {
  scene s;
  const auto id = s.a().start("w").value();
  const auto held = s.a().poll_decision().value();
  s.carry_all();
  s.b().set_version(2);
  BOOST_REQUIRE(s.a().signal(id, "waits"));
  BOOST_TEST(s.a().run(id).buffered().size() == 1);
  BOOST_REQUIRE(s.b().signal(id, "of B"));
  // B has ended the decision it has not begun, by its own version.
  const auto failed = s.b().events(id).at(3);
  BOOST_TEST(failed.version() == 2);
  BOOST_TEST(failed.decision_task_failed_event_attributes().cause() ==
             api::DECISION_TASK_FAILED_CAUSE_FAILOVER_CLOSE_DECISION);
  s.a().set_version(2);
  s.carry(s.b(), s.a());
  BOOST_TEST(s.a().seen.flushed == 1);
  BOOST_TEST(branches_of(s.a().run(id)).find("6@1") != std::string::npos);
  BOOST_TEST(!s.a().answer(held, {complete()}));
  s.carry_all();
  s.same();
  BOOST_TEST(signals_in(s.b(), id) == 2);
}

BOOST_AUTO_TEST_CASE(what_becomes_of_a_decision_in_flight) {
  scene s;
  const auto id = s.a().start("w").value();
  BOOST_REQUIRE(s.a().poll_decision().has_value());
  s.carry_all();
  const auto& a = s.a().run(id);
  const auto& b = s.b().run(id);
  const auto& of_a = s.a().group();
  const auto& of_b = s.b().group();
  BOOST_TEST((decide_in_flight(a, 1, of_a) == in_flight::nothing));         // no fail-over
  BOOST_TEST((decide_in_flight(a, 2, of_a) == in_flight::fail_by_last));    // active, then passive
  BOOST_TEST((decide_in_flight(a, 11, of_a) == in_flight::fail_by_last));   // away and back
  BOOST_TEST((decide_in_flight(b, 2, of_b) == in_flight::fail_by_current)); // passive, then active
  BOOST_TEST((decide_in_flight(b, 11, of_b) == in_flight::nothing));        // others among themselves
}

BOOST_AUTO_TEST_CASE(who_is_not_active_is_told_who_is) {
  scene s;
  const auto environment = s.b().env();
  const auto refused = check_active(nullptr, *environment.domain, s.b().group());
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == error_kind::domain_not_active));
  BOOST_TEST(refused.error().detail->domain == "global");
  BOOST_TEST(refused.error().detail->current_cluster == "B");
  BOOST_TEST(refused.error().detail->active_cluster == "A");
  auto waiting = *environment.domain;
  waiting.row.set_failover_version(2);
  BOOST_TEST(bool(check_active(nullptr, waiting, s.b().group())));
  waiting.row.set_failover_end_ns(1); // a graceful fail-over is not over
  BOOST_TEST(!check_active(nullptr, waiting, s.b().group()));
}

BOOST_AUTO_TEST_CASE(batches_that_cannot_be_are_refused) {
  scene s;
  const auto id = s.a().start("w").value();
  const auto good = *s.a().tell(s.a().queue(0).front())->batch;
  const auto refused = [&](const std::function<void(foreign_batch&)>& spoil) {
    auto bad = good;
    bad.events = std::make_shared<api::History>(*good.events);
    spoil(bad);
    try {
      (void)s.b().receive({bad, {}}, s.a(), s.everybody());
      return false;
    } catch (const violated&) { // the cluster of a test takes a refusal for a fault
      return !s.b().has(id);
    }
  };
  BOOST_TEST(refused([](auto& b) { b.events->clear_events(); }));
  BOOST_TEST(refused([](auto& b) { b.events->mutable_events(1)->set_version(2); }));
  BOOST_TEST(refused([](auto& b) { b.events->mutable_events(1)->set_event_id(7); }));
  BOOST_TEST(refused([](auto& b) { b.items.mutable_items(0)->set_event_id(9); }));
  BOOST_TEST(refused([](auto& b) { b.items.clear_items(); }));
  BOOST_TEST(refused([](auto& b) { // a version of no cluster
    for (auto& e : *b.events->mutable_events())
      e.set_version(9);
    b.items.mutable_items(0)->set_version(9);
  }));
  BOOST_TEST(refused([](auto& b) { b.new_run_events = std::make_shared<api::History>(*b.events); }));
  BOOST_TEST(!refused([](auto&) {}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::replication::test
