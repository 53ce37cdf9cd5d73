#include "matching_world.hpp"

#include "actors/base/rate_gate.hpp"
#include "actors/matching/partition_name.hpp"
#include "actors/matching/poller_book.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>

namespace cadenza::actors {
namespace {

using ids = std::vector<std::int64_t>;

ids sorted(ids what) {
  std::sort(what.begin(), what.end());
  return what;
}
ids up_to(std::int64_t last) {
  ids out(static_cast<std::size_t>(last));
  std::iota(out.begin(), out.end(), 1);
  return out;
}

/// A world whose lists have so many partitions by the settings.
struct partitioned : matching_world {
  explicit partitioned(int count = 4) {
    settings.read_partitions = settings.write_partitions = count;
    begin();
    // The root has to be in memory before the owner knows of partitions.
    (void)describe();
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(partition_names)

BOOST_AUTO_TEST_CASE(are_the_reference_systems) {
  BOOST_TEST(name_of_partition("list", 0) == "list");
  BOOST_TEST(name_of_partition("list", 3) == "/__cadence_sys/list/3");
  BOOST_TEST(parse_partition("list")->index == 0);
  BOOST_TEST(parse_partition("/__cadence_sys/a/b/12")->root == "a/b");
  BOOST_TEST(parse_partition("/__cadence_sys/a/b/12")->index == 12);
  for (auto* bad : {"/__cadence_sys/list", "/__cadence_sys/list/", "/__cadence_sys/list/0", "/__cadence_sys/list/x",
                    "/__cadence_sys//1", "/__cadence_sys/list/99999999999"})
    BOOST_TEST(!parse_partition(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(form_a_tree_whose_root_is_0) {
  for (int degree : {1, 2, 3, 20}) {
    std::map<int, int> children;
    for (int index = 1; index < 200; ++index) {
      const int parent = parent_partition(index, degree);
      BOOST_TEST_REQUIRE((parent >= 0 && parent < index));
      BOOST_TEST_REQUIRE(++children[parent] <= degree);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

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

BOOST_AUTO_TEST_CASE(pollers_and_the_configuration_limit_the_rate) {
  matching_world world;
  world.settings.override_rate = 5;
  world.begin();
  for (const auto id : up_to(40)) {
    world.push(id);
    world.poll("list", {}, 1000.0);
  }
  BOOST_TEST(world.answers.size() == 5U); // what is saved up
  world.pass(2 * ns_per_s);
  BOOST_TEST(world.answers.size() >= 13U);
  BOOST_TEST(world.answers.size() <= 16U);
  BOOST_TEST(world.describe().task_list_status().rate_per_second() == 5);

  matching_world by_poller;
  by_poller.begin();
  by_poller.poll("list", {}, 0.0, ns_per_s);
  by_poller.push(1);
  by_poller.pass(2 * ns_per_s);
  BOOST_TEST(by_poller.answers == ids{0}); // rate 0: nothing is handed out
  by_poller.pass(61 * ns_per_s);
  by_poller.poll("list", {}, 10.0); // a higher rate counts once the old one is a minute old
  by_poller.pass(ns_per_s);
  BOOST_TEST(by_poller.answers == (ids{0, 1}));
}

BOOST_AUTO_TEST_CASE(what_waits_is_bounded) {
  matching_world world;
  world.env.settings.polls_per_list_max = 3;
  world.env.settings.task_lists_max = 2;
  world.begin();
  for (int i = 0; i < 4; ++i)
    world.poll();
  BOOST_TEST(world.answers == ids{-1});
  world.poll("second");
  world.poll("third");
  BOOST_TEST(world.answers == (ids{-1, -1}));
  BOOST_TEST(world.counters.matching_refused.load() == 2);
  BOOST_TEST(world.counters.task_lists.load() == 2);
  poller_book book;
  for (int i = 0; i < 10'000; ++i)
    book.note("worker" + std::to_string(i), i + 1, 1, "group" + std::to_string(i));
  const auto kept = book.recent(10'000, INT64_MAX);
  BOOST_TEST(kept.size() <= poller_book::identities_max);
  BOOST_TEST((std::any_of(kept.begin(), kept.end(), [](const auto& e) { return e.identity == "worker9999"; })));
}

BOOST_AUTO_TEST_CASE(limits_of_the_host_and_of_domains_refuse_what_is_beyond_them) {
  matching_world world;
  world.env.matching.rates = [](const workflow::domain_view* domain) {
    matching_rates out;
    out.domain_worker = domain != nullptr && domain->name == "orders" ? 2 : 0;
    out.host = 1;
    return out;
  };
  world.begin();
  for (int i = 0; i < 3; ++i)
    world.poll();
  BOOST_TEST(world.answers == ids{-1});
  for (int i = 0; i < 3; ++i)
    world.poll("list", {}, {}, 60 * ns_per_s, "bills");
  BOOST_TEST(world.answers == ids{-1}); // the other domain has no limit
  world.push(1);
  world.push(2);
  BOOST_TEST(world.answers == (ids{-1, 1})); // one task a second; the other one comes again
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.answers == (ids{-1, 1, 2}));
}

BOOST_AUTO_TEST_CASE(tasks_that_nobody_polls_are_seen) {
  matching_world world;
  world.begin();
  world.push(1);
  world.pass(50 * ns_per_s);
  BOOST_TEST(world.counters.lists_without_poller.load() == 0);
  world.pass(15 * ns_per_s);
  BOOST_TEST(world.counters.lists_without_poller.load() == 1);
  BOOST_TEST_REQUIRE(world.log.size() == 1U);
  BOOST_TEST(world.log[0].find("nobody polls activity task list list of domain orders") == 0U);
  world.pass(60 * ns_per_s);
  BOOST_TEST(world.log.size() == 1U); // once in ten minutes
  BOOST_TEST(world.describe().pollers_size() == 0);
  BOOST_TEST(world.describe().task_list_status().backlog_count_hint() == 1);
  world.poll();
  world.pass(ns_per_s);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.counters.lists_without_poller.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_list_that_was_named_without_a_kind_is_a_normal_one) {
  matching_world world;
  world.begin();
  auto asked = std::make_shared<describe_list>();
  asked->list = {world.domain(), "list", 1};
  asked->kind = api::TASK_LIST_KIND_INVALID;
  asked->answer =
      std::make_shared<inner_call<api::DescribeTaskListResponse>>(INT64_MAX, [](const auto*, const auto*) {});
  describe_whole_list(world.env, asked);
  world.run();
  BOOST_TEST(world.describe().task_list().kind() == api::TASK_LIST_KIND_NORMAL);
}

BOOST_AUTO_TEST_CASE(levels_move_as_those_of_the_go_server_whether_a_task_was_stored_or_not) {
  matching_world world;
  world.begin();
  const auto levels = [&] {
    const auto status = world.describe().task_list_status();
    return std::pair(status.read_level(), status.ack_level());
  };
  using both = std::pair<std::int64_t, std::int64_t>;
  BOOST_TEST((levels() == both(0, 0)));
  world.push(1);
  BOOST_TEST((levels() == both(1, 0))); // waits in memory
  world.pass(2 * ns_per_s);
  BOOST_TEST((levels() == both(1, 0))); // is stored meanwhile
  world.poll();
  world.pass(ns_per_s);
  BOOST_TEST((levels() == both(1, 1)));
  world.push(2);
  BOOST_TEST((levels() == both(2, 1)));
  world.poll();
  BOOST_TEST((levels() == both(2, 2))); // was never stored
  world.poll();
  world.push(3); // a worker waits for it: it never is a backlog
  BOOST_TEST((levels() == both(2, 2)));
  BOOST_TEST(world.answers == (ids{1, 2, 3}));
  world.push(4, "list", {}, world.now() + 5 * ns_per_s);
  BOOST_TEST((levels() == both(3, 2)));
  world.pass(6 * ns_per_s);
  BOOST_TEST((levels() == both(3, 3))); // nobody took it in time
}

BOOST_AUTO_TEST_CASE(a_domain_with_a_backlog_does_not_hold_up_another) {
  matching_world world;
  world.begin();
  for (const auto id : up_to(3000))
    world.push(id);
  world.pass(2 * ns_per_s);
  world.push(5000, "list", {}, 0, "bills");
  for (int i = 0; i < 100; ++i)
    world.poll();
  world.answers.clear();
  world.poll("list", {}, {}, 60 * ns_per_s, "bills");
  BOOST_TEST(world.answers == ids{5000});
}

BOOST_AUTO_TEST_CASE(workers_hear_how_long_they_waited_when_they_are_to) {
  matching_world world;
  world.settings.client_auto_config = true;
  world.begin();
  world.poll();
  world.pass(100 * ns_per_ms);
  world.push(1);
  BOOST_TEST(world.last_hint.poller_wait_time_in_ms() == 100);
  world.poll("list", {}, {}, 200 * ns_per_ms);
  world.pass(ns_per_s);
  BOOST_TEST(world.answers == (ids{1, 0}));
  BOOST_TEST(world.last_hint.enable_auto_config());
  BOOST_TEST(world.last_hint.poller_wait_time_in_ms() >= 200);
}

BOOST_AUTO_TEST_CASE(without_sync_match_tasks_are_stored_first) {
  matching_world world;
  world.settings.sync_match = false;
  world.begin();
  world.poll();
  world.push(1);
  world.run();
  BOOST_TEST(world.counters.tasks_spilled.load() == 1);
  BOOST_TEST(world.answers == ids{1});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(isolation_groups)

BOOST_AUTO_TEST_CASE(a_task_goes_to_its_group_when_the_group_has_workers) {
  matching_world world;
  world.settings.isolation = true;
  world.begin();
  world.poll("list", "a");
  world.poll("list", "b");
  world.push(1, "list", "b");
  world.push(2, "list", "a");
  BOOST_TEST(world.answers == (ids{1, 2}));
  BOOST_TEST(world.counters.tasks_left_group.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_task_waits_a_moment_for_its_group_and_then_takes_anybody) {
  matching_world world;
  world.settings.isolation = true;
  world.begin();
  world.poll("list", "a", {}, 50 * ns_per_ms); // group a has workers, but none waits
  world.pass(400 * ns_per_ms);
  BOOST_TEST(world.answers == ids{0});
  world.answers.clear();
  world.poll("list", "b");
  world.push(1, "list", "a");
  BOOST_TEST(world.answers.empty());
  world.pass(100 * ns_per_ms);
  BOOST_TEST(world.answers.empty());
  world.pass(110 * ns_per_ms);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.counters.tasks_left_group.load() == 1);
}

BOOST_AUTO_TEST_CASE(a_group_without_workers_and_no_group_take_anybody_at_once) {
  matching_world world;
  world.settings.isolation = true;
  world.begin();
  world.poll("list", "b");
  world.push(1, "list", "nobody");
  world.poll("list", "b");
  world.push(2);
  world.poll();
  world.push(3, "list", "nobody");
  BOOST_TEST(world.answers == (ids{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(a_drained_group_gives_its_tasks_away_and_gets_none) {
  matching_world world;
  world.settings.isolation = true;
  world.drained = "a";
  world.begin();
  world.poll("list", "a", {}, 2 * ns_per_s);
  world.push(1, "list", "a");
  BOOST_TEST(world.answers.empty());
  world.poll("list", "b");
  BOOST_TEST(world.answers == ids{1});
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.answers == (ids{1, 0}));
}

BOOST_AUTO_TEST_CASE(groups_are_stored_with_the_backlog_and_described) {
  matching_world world;
  world.settings.isolation = true;
  world.begin();
  world.push(1, "list", "a");
  world.push(2, "list", "b");
  const auto status = world.describe().task_list_status();
  BOOST_TEST(status.isolation_group_metrics().at("a").new_tasks_per_second() > 0);
  world.pass(2 * ns_per_s);
  world.die();
  world.poll("list", "b");
  world.poll("list", "a");
  world.pass(ns_per_s);
  BOOST_TEST(sorted(world.answers) == up_to(2));
  BOOST_TEST(world.describe().task_list_status().isolation_group_metrics().at("a").poller_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(partitions)

BOOST_AUTO_TEST_CASE(tasks_and_polls_are_spread_and_find_each_other) {
  partitioned world;
  for (const auto id : up_to(40))
    world.push(id);
  world.pass(100 * ns_per_ms);
  BOOST_TEST(world.lists().size() == 4U);
  // One poll at a time, wherever it comes: forwarding brings it what is elsewhere.
  for (int i = 0; i < 40; ++i) {
    world.poll();
    world.pass(ns_per_s);
  }
  BOOST_TEST(sorted(world.answers) == up_to(40));
  BOOST_TEST(sorted(world.over) == up_to(40));
  BOOST_TEST(world.counters.tasks_forwarded.load() > 0);
  world.poll("/__cadence_sys/list/1");
  world.pass(100 * ns_per_ms);
  BOOST_TEST(world.counters.polls_forwarded.load() > 0);
  for (std::int64_t id = 41; id <= 44; ++id)
    world.push(id); // one for each partition: the poll in partition 1 gets one of them
  world.pass(ns_per_s);
  BOOST_TEST(world.answers.size() == 41U);
}

BOOST_AUTO_TEST_CASE(more_than_one_level_forwards_to_the_root) {
  partitioned world(7);
  world.settings.forward_degree = 2;
  world.pass(2 * ns_per_s);
  for (const auto id : up_to(7))
    world.push(id, name_of_partition("list", static_cast<int>(id) - 1));
  for (int i = 0; i < 7; ++i) {
    world.poll(name_of_partition("list", 6 - i));
    world.pass(ns_per_s);
  }
  BOOST_TEST(sorted(world.answers) == up_to(7));
}

BOOST_AUTO_TEST_CASE(the_whole_rate_is_shared) {
  partitioned world;
  world.poll("list", {}, 8.0);
  world.pass(ns_per_s);
  BOOST_TEST(world.describe("/__cadence_sys/list/1").task_list_status().rate_per_second() <= 100'000 / 4);
  BOOST_TEST(world.describe("list").pollers_size() == 1);
}

BOOST_AUTO_TEST_CASE(a_query_finds_a_poll_of_another_partition_and_its_answer_finds_the_query) {
  partitioned world;
  std::string asked_by;
  std::vector<std::string> results;
  for (int i = 0; i < 4; ++i) {
    auto query = std::make_shared<list_query>();
    query->list = {world.domain(), "list", 1};
    query->task_id = std::to_string(i);
    query->deadline_ns = world.now() + 60 * ns_per_s;
    query->deliver = [&asked_by](list_poll_ptr poll, const std::string& list) {
      asked_by = list;
      poll->answer->reply(api::PollForActivityTaskResponse());
    };
    query->answer = std::make_shared<inner_call<api::QueryWorkflowResponse>>(
        INT64_MAX, [&results](const api::QueryWorkflowResponse* response, const error* reason) {
          results.push_back(response != nullptr ? response->query_result().data() : reason->message);
        });
    world.send(std::move(query));
    asked_by.clear();
    world.poll("/__cadence_sys/list/2");
    world.pass(100 * ns_per_ms);
    BOOST_TEST_REQUIRE(!asked_by.empty());
    auto given = std::make_shared<query_answer>();
    given->list = {world.domain(), asked_by, 1};
    given->task_id = std::to_string(i);
    given->request = std::make_shared<api::RespondQueryTaskCompletedRequest>();
    given->request->mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
    given->request->mutable_result()->mutable_answer()->set_data("yes");
    given->answer =
        std::make_shared<inner_call<api::RespondQueryTaskCompletedResponse>>(INT64_MAX, [](auto*, auto*) {});
    world.send(std::move(given));
  }
  BOOST_TEST(results == std::vector<std::string>(4, "yes"));
  BOOST_TEST(world.counters.queries_forwarded.load() > 0);
}

BOOST_AUTO_TEST_CASE(a_query_whose_list_died_is_dropped_by_the_partition_it_came_from) {
  partitioned world;
  std::string asked_by;
  std::vector<std::string> results;
  auto query = std::make_shared<list_query>();
  query->list = {world.domain(), "/__cadence_sys/list/2", 1};
  query->task_id = "1";
  query->deadline_ns = world.now() + 3600 * ns_per_s;
  query->deliver = [&asked_by](list_poll_ptr poll, const std::string& list) {
    asked_by = list;
    poll->answer->reply(api::PollForActivityTaskResponse());
  };
  query->answer = std::make_shared<inner_call<api::QueryWorkflowResponse>>(
      INT64_MAX, [&results](const api::QueryWorkflowResponse*, const error* reason) {
        results.push_back(reason != nullptr ? std::string(name_of(reason->kind)) : "answered");
      });
  world.send(std::move(query));
  BOOST_TEST(world.counters.queries_forwarded.load() == 1);
  world.poll("/__cadence_sys/list/1");
  world.pass(100 * ns_per_ms);
  BOOST_TEST(asked_by == "list"); // they met at the root, which knows the query now
  BOOST_TEST(world.kill("orders/activity/list"));
  world.pass(ns_per_s);
  BOOST_TEST(results == std::vector<std::string>{"unavailable"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_admin_call_stores_a_config_with_a_version) {
  matching_world world;
  world.begin();
  BOOST_TEST(!world.describe().has_partition_config());
  BOOST_TEST(world.configure(3, 2) == "");
  BOOST_TEST(world.describe().partition_config().version() == 1);
  BOOST_TEST(world.configure(3, 2) == "");
  BOOST_TEST(world.describe().partition_config().version() == 1); // no change
  BOOST_TEST(world.configure(4, 4) == "");
  world.die();
  const auto config = world.describe().partition_config();
  BOOST_TEST(config.version() == 2);
  BOOST_TEST(config.num_read_partitions() == 4);
  BOOST_TEST(config.write_partitions_size() == 4);
  BOOST_TEST(world.configure(2, 2, "/__cadence_sys/list/1") ==
             "Only root partition's partition config can be updated.");
  for (const auto id : up_to(4))
    world.push(id);
  BOOST_TEST(world.describe().task_list_status().backlog_count_hint() == 4);
  BOOST_TEST(world.describe("/__cadence_sys/list/3").task_list_status().backlog_count_hint() == 1);
}

BOOST_AUTO_TEST_CASE(a_partition_that_is_not_used_any_more_gives_up_its_backlog) {
  matching_world world;
  world.begin();
  BOOST_TEST(world.configure(3, 3) == "");
  for (const auto id : up_to(9))
    world.push(id);
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.counters.tasks_spilled.load() == 9);
  BOOST_TEST(world.configure(1, 1) == "");
  world.die(); // nobody names the partitions now
  world.pass(ns_per_s);
  for (int i = 0; i < 9; ++i)
    world.poll();
  world.pass(10 * ns_per_s);
  BOOST_TEST(sorted(world.answers) == up_to(9));
}

BOOST_AUTO_TEST_CASE(all_partitions_are_listed) {
  partitioned world(3);
  auto asked = std::make_shared<list_partitions>();
  asked->domain_id = world.domain();
  asked->name = "list";
  std::vector<std::string> names;
  asked->answer = std::make_shared<inner_call<api::ListTaskListPartitionsResponse>>(
      INT64_MAX, [&names](const api::ListTaskListPartitionsResponse* response, const error*) {
        for (const auto& one : response->activity_task_list_partitions())
          names.push_back(one.key() + "@" + one.owner_host_name());
      });
  world.send(std::move(asked));
  BOOST_TEST(names ==
             (std::vector<std::string>{"list@here:1", "/__cadence_sys/list/1@here:1", "/__cadence_sys/list/2@here:1"}));
}

BOOST_AUTO_TEST_CASE(lists_of_a_domain_count_partitions_together) {
  partitioned world(3);
  for (int i = 0; i < 6; ++i)
    world.poll();
  auto asked = std::make_shared<lists_of_domain>();
  asked->domain_id = world.domain();
  std::map<std::string, int> pollers;
  asked->answer = std::make_shared<inner_call<api::GetTaskListsByDomainResponse>>(
      INT64_MAX, [&pollers](const api::GetTaskListsByDomainResponse* response, const error*) {
        for (const auto& [name, one] : response->activity_task_list_map())
          pollers[name] = one.pollers_size();
      });
  world.send(std::move(asked));
  BOOST_TEST(pollers.size() == 1U);
  BOOST_TEST(pollers["list"] == 1); // one identity
}

BOOST_AUTO_TEST_CASE(no_death_loses_a_task) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      partitioned world(3);
      world.settings.forwarded_rate = 1000;
      std::uint64_t state = seed;
      const auto draw = [&state](std::uint64_t below) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return (state >> 33) % below;
      };
      std::int64_t pushed = 0;
      for (int step = 0; step < 300; ++step) {
        switch (draw(10)) {
        case 0:
        case 1:
        case 2:
        case 3: world.push(++pushed); break;
        case 4:
        case 5: world.poll("list", {}, {}, static_cast<std::int64_t>(draw(3)) * ns_per_s); break;
        case 6: (void)world.kill("orders/activity/" + name_of_partition("list", static_cast<int>(draw(3)))); break;
        case 7: world.pass(static_cast<std::int64_t>(draw(1500)) * ns_per_ms); break;
        case 8: world.pass(20 * ns_per_ms); break;
        default:
          if (draw(8) == 0)
            world.die();
          break;
        }
      }
      for (int round = 0; round < 400 && world.answers.size() < 100'000; ++round) {
        world.poll();
        world.pass(50 * ns_per_ms);
      }
      world.pass(30 * ns_per_s);
      ids had;
      for (const auto id : world.answers) {
        if (id > 0)
          had.push_back(id);
      }
      BOOST_TEST(sorted(had) == up_to(pushed)); // each exactly once: the run starts a task once
      world.pass(70 * ns_per_s);
      BOOST_TEST(world.counters.tasks_waiting.load() == 0);
      BOOST_TEST(world.counters.pollers_waiting.load() == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
