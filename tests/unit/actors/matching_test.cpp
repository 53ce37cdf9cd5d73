#include "matching_lists.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {

BOOST_AUTO_TEST_SUITE(one_task_list)

BOOST_AUTO_TEST_CASE(a_waiting_poll_gets_a_task_without_the_store) {
  matching_world world;
  world.begin();
  world.poll();
  world.push(1);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.over == ids{1});
  BOOST_TEST(world.counters.tasks_spilled.load() == 0);
  BOOST_TEST(world.counters.pollers_waiting.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_backlog_is_handed_out_oldest_first_also_after_a_death) {
  matching_world world;
  world.begin();
  for (const auto id : up_to(30))
    world.push(id);
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.counters.tasks_spilled.load() == 30);
  BOOST_TEST(sorted(world.over) == up_to(30)); // the store has them
  world.die();
  for (int i = 0; i < 30; ++i)
    world.poll();
  world.pass(ns_per_s);
  BOOST_TEST(world.answers == up_to(30));
}

BOOST_AUTO_TEST_CASE(what_is_written_while_the_backlog_is_read_is_not_skipped) {
  matching_world world;
  world.begin();
  world.push(1);
  world.pass(3 * ns_per_s);
  world.hold_scans = true;
  world.die();
  world.push(2);
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.over == (ids{1, 2})); // both are in the store, and the list has yet to hear what was there at first
  world.let_scans_go();
  world.poll();
  world.poll();
  world.pass(10 * ns_per_s);
  BOOST_TEST(world.answers == (ids{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_backlog_that_was_worked_off_is_gone_for_good) {
  matching_world world;
  world.begin();
  for (const auto id : up_to(5))
    world.push(id);
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.counters.tasks_spilled.load() == 5);
  // The list that works it off writes no task of its own.
  world.die();
  for (int i = 0; i < 5; ++i)
    world.poll();
  world.pass(ns_per_s);
  BOOST_TEST(world.answers == up_to(5));
  world.pass(2 * world.settings.ack_interval_ns);
  std::size_t rows = 1;
  world.store.task_lists().scan_tasks(
      {world.domain(), "list", 1}, 0, INT64_MAX, 100,
      [&rows](const storage::page<storage::backlog_row>& page) { rows = page.rows.size(); });
  BOOST_TEST(rows == 0U);
  world.die();
  BOOST_TEST(world.lists().empty());
}

BOOST_AUTO_TEST_CASE(an_ephemeral_list_is_stored_for_a_day) {
  matching_world world;
  const storage::task_list_key key{world.domain(), "mine", 1};
  const auto row = [&] {
    std::optional<record::v1::TaskListRow> out;
    world.store.task_lists().read_task_list(key, [&out](const storage::read_result<std::string>& read) {
      if (read.value)
        out.emplace().ParseFromString(*read.value);
    });
    return out;
  };
  world.begin();
  auto task = std::make_shared<list_task>();
  task->list = key;
  task->kind = api::TASK_LIST_KIND_EPHEMERAL;
  task->workflow = {world.domain(), "workflow"};
  task->schedule_id = 1;
  task->created_ns = world.now();
  world.send(std::move(task));
  world.pass(3 * ns_per_s);
  BOOST_REQUIRE(row().has_value());
  BOOST_TEST(row()->expiry_ns() > world.now() + 23 * 3600 * ns_per_s);
  const auto a_day_passes = [&] {
    auto expired = *row();
    expired.set_expiry_ns(world.now() - 1);
    storage::task_list_transaction tx;
    tx.key = key;
    tx.expected_range_id = tx.new_range_id = expired.range_id();
    tx.row = expired.SerializeAsString();
    world.store.task_lists().commit(std::move(tx), [](const storage::commit_result& result) {
      BOOST_TEST((result.outcome == storage::status::committed));
    });
  };
  a_day_passes();
  world.die();
  BOOST_TEST(world.lists().size() == 1U); // its task waits
  world.poll("mine");
  world.pass(2 * world.settings.ack_interval_ns);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(row()->expiry_ns() > world.now());
  a_day_passes();
  world.die();
  BOOST_TEST(world.lists().empty());
  BOOST_TEST(!row().has_value());
}

BOOST_AUTO_TEST_CASE(a_very_low_rate_is_waited_for_without_end) {
  rate_gate slow(1e-12);
  slow.set_rate(1e-12, 1);
  while (slow.try_take(1)) {
  }
  BOOST_TEST(slow.wait_ns() == INT64_MAX);
  rate_gate negative(-5);
  BOOST_TEST(!negative.ready(1));
  BOOST_TEST(negative.wait_ns() == INT64_MAX);
}

BOOST_AUTO_TEST_CASE(tasks_expire_in_memory_and_in_the_store) {
  matching_world world;
  world.begin();
  world.push(1, "list", {}, world.now() + ns_per_s / 2);
  world.push(2, "list", {}, world.now() + 10 * ns_per_s);
  world.push(3);
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.counters.tasks_expired.load() == 1);
  world.pass(10 * ns_per_s);
  world.poll();
  world.poll();
  world.run();
  BOOST_TEST(world.answers == ids{3});
  BOOST_TEST(world.counters.tasks_expired.load() == 2);
}

BOOST_AUTO_TEST_CASE(a_task_whose_start_failed_is_offered_again) {
  // "maximum attempts exceeded" is an internal error, like "already started", but nobody has the task.
  matching_world world;
  world.begin();
  int tries = 0;
  world.fate = [&tries](const list_task&) -> std::optional<error> {
    if (++tries > 3)
      return std::nullopt;
    return internal_error("maximum attempts exceeded to update history");
  };
  world.push(1);
  world.poll();
  BOOST_TEST(world.answers.empty());
  BOOST_TEST(world.over.empty());
  world.pass(5 * ns_per_s);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.over == ids{1});
}

BOOST_AUTO_TEST_CASE(a_stale_task_is_over_and_its_poll_gets_the_next) {
  matching_world world;
  world.begin();
  world.fate = [](const list_task& task) -> std::optional<error> {
    if (task.schedule_id == 1)
      return not_exists("gone");
    return std::nullopt;
  };
  world.push(1);
  world.push(2);
  world.poll();
  BOOST_TEST(world.answers == ids{2});
  BOOST_TEST(sorted(world.over) == up_to(2));
}

BOOST_AUTO_TEST_CASE(a_run_takes_a_waiting_poll_itself_longest_first) {
  matching_world world;
  world.begin();
  BOOST_TEST(!world.take_as_run(1)); // there is no such list yet
  world.poll();
  world.poll();
  BOOST_TEST(world.take_as_run(1));
  world.push(2); // the other poll is the list's
  BOOST_TEST(world.answers == (ids{1, 2}));
  BOOST_TEST(!world.take_as_run(3));
  world.pass(61 * ns_per_s);
  BOOST_TEST(world.answers == (ids{1, 2})); // nobody is answered twice
  BOOST_TEST(world.counters.pollers_waiting.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_poll_that_a_run_gives_back_waits_again) {
  matching_world world;
  world.begin();
  world.poll("list", {}, {}, 5 * ns_per_s);
  auto taken = world.board.take({world.domain(), "list", 1});
  BOOST_REQUIRE(taken);
  world.push(1);
  BOOST_TEST(world.answers.empty());
  taken->given.release();
  world.send(list_poll_ptr(taken));
  BOOST_TEST(world.answers == ids{1});

  world.poll("list", {}, {}, 5 * ns_per_s);
  taken = world.board.take({world.domain(), "list", 1});
  BOOST_REQUIRE(taken);
  world.pass(6 * ns_per_s);
  BOOST_TEST(world.answers == ids{1}); // a poll that is taken does not expire
  taken->given.release();
  world.send(list_poll_ptr(taken));
  BOOST_TEST(world.answers == (ids{1, 0}));
}

BOOST_AUTO_TEST_CASE(runs_do_not_pass_by_what_waits_in_the_list) {
  matching_world world;
  world.begin();
  world.push(1);
  world.pass(3 * ns_per_s); // in the store by now
  world.hold_scans = true;
  world.die();
  world.poll();
  world.pass(ns_per_s);
  BOOST_TEST(world.answers.empty());
  BOOST_TEST(!world.take_as_run(2)); // 1 is on its way from the store
  world.let_scans_go();
  BOOST_TEST(world.answers == ids{1});
  world.poll();
  world.pass(ns_per_s);
  BOOST_TEST(world.take_as_run(2));

  // A task whose start failed comes again in a moment: it is older.
  world.fate = [](const list_task&) { return std::optional<error>(unavailable("not now")); };
  world.poll();
  world.push(3);
  BOOST_TEST(!world.take_as_run(4));
  world.fate = {};
  world.pass(ns_per_s);
  BOOST_TEST(world.answers == (ids{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(runs_take_nothing_from_lists_that_weigh_what_they_hand_out) {
  matching_world by_poller;
  by_poller.begin();
  by_poller.poll("list", {}, 10.0);
  BOOST_TEST(!by_poller.take_as_run(1));

  matching_world by_configuration;
  by_configuration.settings.override_rate = 5;
  by_configuration.begin();
  by_configuration.poll();
  BOOST_TEST(!by_configuration.take_as_run(1));

  matching_world isolated;
  isolated.settings.isolation = true;
  isolated.begin();
  isolated.poll("list", "a");
  BOOST_TEST(!isolated.take_as_run(1));

  matching_world stored_first;
  stored_first.settings.sync_match = false;
  stored_first.begin();
  stored_first.poll();
  BOOST_TEST(!stored_first.take_as_run(1));

  matching_world spread;
  spread.begin();
  BOOST_TEST(spread.configure(2, 2) == "");
  spread.poll();
  spread.poll();
  spread.pass(ns_per_s);
  BOOST_TEST(!spread.take_as_run(1));
  BOOST_TEST(!spread.take_as_run(1, "/__cadence_sys/list/1"));
}

BOOST_AUTO_TEST_CASE(polls_of_a_dead_list_are_not_on_the_board) {
  matching_world world;
  world.begin();
  world.poll();
  BOOST_TEST(world.kill(world.lists().at(0)));
  BOOST_TEST(!world.take_as_run(1));
  BOOST_TEST(world.answers == ids{-1});
  world.poll();
  BOOST_TEST(world.take_as_run(1));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
