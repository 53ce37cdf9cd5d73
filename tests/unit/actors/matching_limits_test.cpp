#include "matching_lists.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {

BOOST_AUTO_TEST_SUITE(one_task_list)

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
  world.rates = [](const workflow::domain_view* domain) {
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
  asked->call = std::make_shared<inner_call<api::DescribeTaskListResponse>>(INT64_MAX, [](const auto*, const auto*) {});
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

} // namespace cadenza::actors
