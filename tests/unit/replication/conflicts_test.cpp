#include "scene.hpp"

#include "workflow/version_history.hpp"

/// Runs that meet runs of the same workflow id, and what events do not tell.
namespace cadenza::replication::test {

BOOST_AUTO_TEST_SUITE(conflicts)

BOOST_AUTO_TEST_CASE(of_two_runs_of_one_id_the_later_version_is_current_and_the_other_ends) {
  scene s(3);
  s.b().set_version(2);
  const auto of_a = s.a().start("w").value();
  const auto of_b = s.b().start("w").value();
  s.carry(s.b(), s.c());
  s.carry(s.a(), s.c()); // an earlier version, later
  BOOST_TEST((s.c().current("w").value() == of_b));
  BOOST_TEST(s.c().run(of_a).head().state() == run_state::zombie);
  s.carry(s.a(), s.b());
  BOOST_TEST(s.b().run(of_a).head().state() == run_state::zombie);
  s.carry(s.b(), s.a());
  BOOST_TEST((s.a().current("w").value() == of_b));
  const auto end = last_event(s.a(), of_a);
  BOOST_TEST(end.version() == 1);
  BOOST_TEST(end.workflow_execution_terminated_event_attributes().reason() ==
             "Terminate Workflow Due To Version Conflict.");
  BOOST_TEST(end.workflow_execution_terminated_event_attributes().details().data() == "terminated by version: 2");
  BOOST_TEST(end.workflow_execution_terminated_event_attributes().identity() == "worker-service");
  s.fail_over(2);
  s.carry_all();
  s.same();
  BOOST_TEST(s.c().run(of_a).closed());
  BOOST_TEST(s.c().run(of_b).open());
}

BOOST_AUTO_TEST_CASE(a_third_cluster_makes_a_zombie_of_the_earlier_run_and_revives_the_later) {
  scene s(3);
  s.b().set_version(2);
  const auto of_a = s.a().start("w").value();
  const auto of_b = s.b().start("w").value();
  s.carry(s.a(), s.c());
  BOOST_TEST((s.c().current("w").value() == of_a));
  s.carry(s.b(), s.c());
  BOOST_TEST((s.c().current("w").value() == of_b));
  BOOST_TEST(s.c().run(of_a).head().state() == run_state::zombie);
  BOOST_TEST(s.c().seen.conflicts == 0); // it has not written it, so it does not end it
  // A goes on with its run under a version that is higher still.
  s.a().set_version(11);
  BOOST_REQUIRE(s.a().signal(of_a, "r"));
  s.carry(s.a(), s.c());
  BOOST_TEST((s.c().current("w").value() == of_a));
  BOOST_TEST(s.c().run(of_a).open());
  BOOST_TEST(s.c().run(of_b).head().state() == run_state::zombie);
  s.fail_over(11);
  s.carry_all();
  s.same();
  BOOST_TEST(s.b().run(of_b).closed());
  // It is dispatched from the tasks made when it was revived.
  s.fail_over(13);
  const auto held = s.c().poll_decision();
  BOOST_REQUIRE(held.has_value());
  BOOST_TEST((held->run == of_a));
}

BOOST_AUTO_TEST_CASE(a_run_goes_on_as_new_in_one_write) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  const auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().answer(held, {again()}));
  s.carry_all();
  s.same();
  const auto next = s.b().current("w").value();
  BOOST_TEST((next != id));
  BOOST_TEST(s.b().run(id).closed());
  BOOST_TEST(s.b().run(next).open());
  BOOST_TEST(s.b().run(next).fixed().first_execution_run_id() == id.str());
}

BOOST_AUTO_TEST_CASE(the_next_run_may_come_before_the_end_of_the_one_it_follows) {
  scene s;
  const auto id = s.a().start("w").value();
  s.carry_all();
  const auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().answer(held, {again()}));
  const auto next = s.a().current("w").value();
  BOOST_REQUIRE(s.a().signal(next, "r"));
  BOOST_REQUIRE(s.b().receive(*s.a().tell(s.a().queue(0).back()), s.a(), s.everybody()));
  BOOST_TEST((s.b().current("w").value() == next));
  BOOST_TEST(s.b().run(id).head().state() == run_state::zombie);
  s.carry_all();
  s.same();
  BOOST_TEST(s.b().run(id).closed());
}

BOOST_AUTO_TEST_CASE(a_reset_run_is_built_from_its_base) {
  scene s;
  const auto id = s.a().start("w").value();
  auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().answer(held, {activity("x", false)})); // 4, 5
  BOOST_REQUIRE(s.a().signal(id, "r"));                      // 6, decision 7
  s.w.now_ns += ns_per_s;
  BOOST_REQUIRE(s.a().reset(id, 4));
  const auto made = s.a().current("w").value();
  BOOST_TEST((made != id));
  // It is the first that comes, and its base is asked for.
  for (const auto& task : s.a().queue(0))
    if (uuid::from_raw(task.run_id()) == made)
      BOOST_REQUIRE(s.b().receive(*s.a().tell(task), s.a(), s.everybody()));
  BOOST_TEST(s.b().seen.asked > 0);
  BOOST_TEST((s.b().current("w").value() == made));
  s.carry_all();
  s.same();
  BOOST_TEST(s.b().run(id).closed());
  BOOST_TEST(s.b().run(made).fixed().start_ns() == s.a().run(made).fixed().start_ns());
  s.fail_over(2);
  held = s.b().poll_decision().value();
  BOOST_TEST((held.run == made));
  BOOST_REQUIRE(s.b().answer(held, {complete()}));
  s.carry_all();
  s.same();
}

BOOST_AUTO_TEST_CASE(attempts_of_activities_are_told_without_events) {
  scene s;
  const auto id = s.a().start("w").value();
  const auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().answer(held, {activity("x", true)}));
  auto work = s.a().poll_activity().value();
  BOOST_REQUIRE(s.a().answer(work, 2));
  s.carry_all();
  s.same();
  BOOST_TEST(s.b().run(id).activities().begin()->second.details() != "");
  BOOST_REQUIRE(s.a().answer(work, 1));
  s.carry_all();
  s.same();
  BOOST_TEST(s.b().run(id).activities().begin()->second.attempt() == 1);
  s.fail_over(2);
  BOOST_TEST(!s.b().poll_activity()); // it still waits for its back-off
  s.w.now_ns += 3 * ns_per_s;
  while (s.b().fire_due()) {
  }
  work = s.b().poll_activity().value();
  BOOST_TEST(work.attempt == 1);
  BOOST_REQUIRE(s.b().answer(work, 0));
  s.carry_all();
  s.same();
}

/// Of an activity that a cluster has gone back on with its branch, the winner tells again.
BOOST_AUTO_TEST_CASE(who_is_rebuilt_hears_of_attempts_again) {
  scene s;
  const auto id = s.a().start("w").value();
  const auto held = s.a().poll_decision().value();
  BOOST_REQUIRE(s.a().answer(held, {activity("x", true)}));
  const auto work = s.a().poll_activity().value();
  BOOST_REQUIRE(s.a().answer(work, 1));
  s.carry_all();
  BOOST_REQUIRE(s.a().signal(id, "of A"));
  s.b().set_version(2);
  BOOST_REQUIRE(s.b().signal(id, "of B"));
  s.carry(s.b(), s.a());
  BOOST_TEST(s.a().seen.rebuilt == 1);
  BOOST_TEST(s.a().run(id).activities().begin()->second.attempt() == 1);
  s.fail_over(2);
  s.carry_all();
  s.same();
}

/// Whoever takes over asks again, and must be known by who was asked before.
BOOST_AUTO_TEST_CASE(requests_to_other_runs_have_one_id_in_all_clusters) {
  scene s;
  const auto id = s.a().start("w").value();
  const auto held = s.a().poll_decision().value();
  api::Decision child;
  auto& c = *child.mutable_start_child_workflow_execution_decision_attributes();
  c.set_workflow_id("child");
  c.mutable_workflow_type()->set_name("type");
  c.mutable_task_list()->set_name("list");
  api::Decision signal;
  auto& e = *signal.mutable_signal_external_workflow_execution_decision_attributes();
  e.mutable_workflow_execution()->set_workflow_id("other");
  e.set_signal_name("s");
  api::Decision cancel;
  cancel.mutable_request_cancel_external_workflow_execution_decision_attributes()
      ->mutable_workflow_execution()
      ->set_workflow_id("other");
  BOOST_REQUIRE(s.a().answer(held, {child, signal, cancel}));
  s.carry_all();
  s.same();
  const auto& a = s.a().run(id);
  const auto& b = s.b().run(id);
  const std::set<std::string> ids = {a.children().begin()->second.create_request_id(),
                                     a.signals().begin()->second.signal_request_id(),
                                     a.cancel_requests().begin()->second.cancel_request_id()};
  BOOST_TEST(ids.size() == 3);
  BOOST_TEST(ids.contains(b.children().begin()->second.create_request_id()));
  BOOST_TEST(ids.contains(b.signals().begin()->second.signal_request_id()));
  BOOST_TEST(ids.contains(b.cancel_requests().begin()->second.cancel_request_id()));
}

BOOST_AUTO_TEST_CASE(tasks_of_a_branch_that_lost_do_not_stand) {
  scene s;
  const auto id = s.a().start("w").value();
  const auto held = s.a().poll_decision().value();
  s.carry_all();
  s.b().set_version(2);
  BOOST_REQUIRE(s.a().answer(held, {activity("x", false)})); // event 5 of version 1
  rec::TransferTask task;
  task.set_type(rec::TRANSFER_ACTIVITY);
  task.set_schedule_id(5);
  task.set_version(1);
  BOOST_TEST(stands(s.a().run(id), task));
  BOOST_REQUIRE(s.b().signal(id, "of B"));
  s.a().set_version(2);
  s.carry(s.b(), s.a());
  BOOST_TEST(!stands(s.a().run(id), task));
  rec::TransferTask decision;
  decision.set_type(rec::TRANSFER_DECISION);
  decision.set_schedule_id(s.a().run(id).head().decision().schedule_id());
  decision.set_version(2);
  BOOST_TEST(stands(s.a().run(id), decision));
  decision.set_version(1);
  BOOST_TEST(!stands(s.a().run(id), decision));
  rec::TimerTask timeout;
  timeout.set_type(rec::TIMER_WORKFLOW_TIMEOUT);
  timeout.set_version(1); // of its start
  BOOST_TEST(stands(s.a().run(id), timeout));
  timeout.set_version(2);
  BOOST_TEST(!stands(s.a().run(id), timeout));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::replication::test
