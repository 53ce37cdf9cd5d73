#include "actors/base/workload.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using actors::counted;
using actors::workload;

namespace {

struct still_clock final : actors::clock {
  std::int64_t now = 1'000'000'000'000;
  std::int64_t now_ns() const override { return now; }
};

struct office {
  metrics::registry registry;
  still_clock time;
  workload work{registry, time};

  workflow::domain_view domain(int n) const {
    workflow::domain_view out;
    out.id = uuid::from_raw(std::string(12, 'd') + std::to_string(1000 + n));
    out.name = "d" + std::to_string(n);
    return out;
  }
  void count(int n, counted what) {
    actors::run_tally tally;
    tally.add(what);
    work.of(domain(n)).add(tally);
  }
  double lists(const std::string& metric, const std::string& domain, const std::string& list,
               const std::string& type = "decision") const {
    return registry.value(metric, {{"domain", domain}, {"task_list", list}, {"type", type}});
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(workload_suite)

BOOST_AUTO_TEST_CASE(each_domain_is_counted_by_itself_and_those_beyond_the_bound_together) {
  office o;
  for (int n = 0; n < static_cast<int>(workload::domains_max) + 5; ++n) {
    o.count(n, counted::workflow_started);
    o.count(n, counted::workflow_failed);
  }
  o.count(3, counted::workflow_started);
  o.count(103, counted::workflow_started);
  BOOST_TEST(o.registry.value("cadenza_workflows_started_total", {{"domain", "d3"}}) == 2);
  BOOST_TEST(o.registry.value("cadenza_workflows_started_total", {{"domain", "d99"}}) == 1);
  BOOST_TEST(o.registry.value("cadenza_workflows_started_total", {{"domain", "d103"}}) == 0);
  BOOST_TEST(o.registry.value("cadenza_workflows_started_total", {{"domain", "other"}}) == 6);
  BOOST_TEST(o.registry.value("cadenza_workflows_closed_total", {{"domain", "other"}, {"status", "failed"}}) == 5);
  BOOST_TEST(o.registry.value("cadenza_workflows_closed_total", {{"domain", "d3"}, {"status", "completed"}}) == 0);
}

BOOST_AUTO_TEST_CASE(waits_are_told_by_domain) {
  office o;
  o.work.of(o.domain(1)).decision_waits.observe(2'000'000'000);
  o.work.of(o.domain(1)).activity_waits.observe(1'000'000);
  o.work.timer_fired(5'000'000);
  const auto text = o.registry.text();
  const auto has = [&](const std::string& part) {
    BOOST_TEST((text.find(part) != std::string::npos), part << " is missing in\n" << text);
  };
  has("cadenza_decision_schedule_to_start_seconds_bucket{domain=\"d1\",le=\"1\"} 0");
  has("cadenza_decision_schedule_to_start_seconds_bucket{domain=\"d1\",le=\"5\"} 1");
  has("cadenza_activity_schedule_to_start_seconds_sum{domain=\"d1\"} 0.001");
  has("cadenza_timer_lateness_seconds_count 1");
}

BOOST_AUTO_TEST_CASE(partitions_of_a_list_are_one_series_which_goes_with_the_last_of_them) {
  office o;
  auto root = o.work.add_list("shop", "orders", 0);
  auto second = o.work.add_list("shop", "orders", 0);
  const auto other_type = o.work.add_list("shop", "orders", 1);
  root->backlog = 2;
  root->oldest_ns = o.time.now - 3'000'000'000;
  second->backlog = 5;
  second->oldest_ns = o.time.now - 9'000'000'000;
  second->last_poll_ns = 500'000'000'000;
  root->polls = 1;
  BOOST_TEST(o.lists("cadenza_task_list_backlog", "shop", "orders") == 7);
  BOOST_TEST(o.lists("cadenza_task_list_backlog_age_seconds", "shop", "orders") == 9);
  BOOST_TEST(o.lists("cadenza_task_list_pollers", "shop", "orders") == 1);
  BOOST_TEST(o.lists("cadenza_task_list_last_poll_timestamp_seconds", "shop", "orders") == 500);
  BOOST_TEST(o.lists("cadenza_task_list_backlog", "shop", "orders", "activity") == 0);
  second.reset();
  BOOST_TEST(o.lists("cadenza_task_list_backlog", "shop", "orders") == 2);
  root.reset();
  BOOST_TEST((o.registry.text().find("type=\"decision\"") == std::string::npos));
  BOOST_TEST((o.registry.text().find("type=\"activity\"") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(lists_beyond_the_bound_share_a_series_until_there_is_room) {
  office o;
  std::vector<std::shared_ptr<actors::list_figures>> all;
  for (std::size_t n = 0; n < workload::lists_max + 10; ++n) {
    all.push_back(o.work.add_list("shop", "l" + std::to_string(n), 0));
    all.back()->backlog = 1;
  }
  BOOST_TEST(o.lists("cadenza_task_list_backlog", "shop", "l0") == 1);
  BOOST_TEST(o.lists("cadenza_task_list_backlog", "other", "other") == 10);
  all.erase(all.begin(), all.begin() + 10);
  BOOST_TEST(o.registry.text().size() > 0U); // those that are gone are noticed
  BOOST_TEST(o.lists("cadenza_task_list_backlog", "other", "other") == 0);
  BOOST_TEST(o.lists("cadenza_task_list_backlog", "shop", "l509") == 1);
}

BOOST_AUTO_TEST_CASE(open_runs_are_what_was_counted_last) {
  office o;
  o.work.set_open({{"shop", 5}, {"bank", 1}});
  BOOST_TEST(o.registry.value("cadenza_workflows_open", {{"domain", "shop"}}) == 5);
  o.work.set_open({{"shop", 4}});
  BOOST_TEST(o.registry.value("cadenza_workflows_open", {{"domain", "shop"}}) == 4);
  BOOST_TEST(o.registry.value("cadenza_workflows_open", {{"domain", "bank"}}) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
