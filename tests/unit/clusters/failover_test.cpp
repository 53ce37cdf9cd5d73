#include "two_clusters.hpp"

/// A domain fails over: what the cluster that loses it still does, and what the one that gets it goes on with.
namespace cadenza::actors {
namespace {

bool has(const std::string& told, std::string_view what) { return told.find(what) != std::string::npos; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(failovers, two_clusters)

BOOST_AUTO_TEST_CASE(a_run_is_written_where_its_domain_is_active_and_read_anywhere) {
  put_domain("orders", "dc1");
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-1")) == "");
  put_domain("orders", "dc2");
  const std::string elsewhere =
      "Domain: orders is active in cluster: dc2, while current cluster dc1 is a standby cluster.";
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == elsewhere);
  BOOST_TEST(problem_of(terminate(dc1(), "orders", "order-1")) == elsewhere);
  BOOST_TEST(problem_of(cancel(dc1(), "orders", "order-1", "r2")) == elsewhere);
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-2")) == elsewhere);
  const auto refused = signal(dc1(), "orders", "order-1", "paid", "r1");
  BOOST_REQUIRE(refused->failure);
  BOOST_TEST((refused->failure->kind == error_kind::domain_not_active));
  BOOST_TEST(refused->failure->detail->domain == "orders");
  BOOST_TEST(refused->failure->detail->current_cluster == "dc1");
  BOOST_TEST(refused->failure->detail->active_cluster == "dc2");
  BOOST_TEST(bool(describe(dc1(), "orders", "order-1")));
  BOOST_TEST(told(dc1(), "orders", "order-1") == "1 v1 workflow_execution_started\n2 v1 decision_task_scheduled\n");
}

BOOST_AUTO_TEST_CASE(tasks_and_timers_wait_until_the_domain_is_active_again) {
  put_domain("orders", "dc1");
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-1")) == "");
  auto task = poll(dc1(), "orders");
  BOOST_REQUIRE(task);
  BOOST_TEST(decide(dc1(), "orders", *task, {timer("t", 30)}) == "");
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-2")) == "");
  cut();
  put_domain("orders", "dc2");
  // The timer is due while dc2 has the domain, and order-2's first decision waits in the task list.
  BOOST_TEST(!until([] { return false; }, 60));
  BOOST_TEST(!poll(dc1(), "orders"));
  BOOST_TEST(!has(told(dc1(), "orders", "order-1"), "timer_fired"));
  put_domain("orders", "dc1");
  BOOST_TEST(until([&] { return has(told(dc1(), "orders", "order-1"), "v11 timer_fired"); }));
  const auto one = poll(dc1(), "orders");
  const auto other = poll(dc1(), "orders");
  BOOST_TEST((one || other));
}

BOOST_AUTO_TEST_CASE(a_decision_in_flight_ends_and_what_waits_behind_it_is_written_down) {
  put_domain("orders", "dc1");
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-1")) == "");
  const auto task = poll(dc1(), "orders");
  BOOST_REQUIRE(task);
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == "");
  BOOST_TEST(!has(told(dc1(), "orders", "order-1"), "signaled"));
  cut();
  put_domain("orders", "dc2");
  BOOST_TEST(until([&] { return has(told(dc1(), "orders", "order-1"), "v1 workflow_execution_signaled"); }));
  BOOST_TEST(has(told(dc1(), "orders", "order-1"), "v1 decision_task_failed"));
  BOOST_TEST(decide(dc1(), "orders", *task, {completion()}) != "");
}

BOOST_AUTO_TEST_CASE(a_standby_has_the_runs_and_goes_on_with_them) {
  put_domain("orders", "dc1");
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-1")) == "");
  auto task = poll(dc1(), "orders");
  BOOST_REQUIRE(task);
  BOOST_TEST(decide(dc1(), "orders", *task, {activity("pack"), timer("t", 600)}) == "");
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == "");
  const auto same = [&] {
    const auto here = told(dc1(), "orders", "order-1");
    return !here.empty() && here == told(dc2(), "orders", "order-1");
  };
  BOOST_TEST(until(same));
  BOOST_TEST((listed(dc2(), "orders", true) == std::vector<std::string>{"order-1"}));
  const auto waits = hang(dc2(), "orders"); // idle as long as dc1 has the domain
  BOOST_TEST(!until([&] { return got(waits).has_value(); }, 5));

  kill(dc1());
  put_domain("orders", "dc2");
  // The signal is still to be decided on; then the activity goes on.
  BOOST_REQUIRE(until([&] { return got(waits).has_value(); }));
  BOOST_TEST(decide(dc2(), "orders", *got(waits), {}) == "");
  const auto work = poll_activity(dc2(), "orders");
  BOOST_REQUIRE(work);
  BOOST_TEST(complete_activity(dc2(), "orders", *work) == "");
  task = poll(dc2(), "orders");
  BOOST_REQUIRE(task);
  BOOST_TEST(decide(dc2(), "orders", *task, {completion()}) == "");
  BOOST_TEST(has(told(dc2(), "orders", "order-1"), "v2 workflow_execution_completed"));

  begin(dc1());
  BOOST_TEST(until(same, 60));
  BOOST_TEST((listed(dc1(), "orders", false) == std::vector<std::string>{"order-1"}));
}

BOOST_AUTO_TEST_CASE(a_signal_that_only_the_lost_cluster_has_is_delivered_when_it_comes_back) {
  put_domain("orders", "dc1");
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-1")) == "");
  const auto same = [&] {
    const auto here = told(dc1(), "orders", "order-1");
    return !here.empty() && here == told(dc2(), "orders", "order-1");
  };
  BOOST_TEST(until(same));
  cut();
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == "");
  put_domain("orders", "dc2");
  const auto task = poll(dc2(), "orders");
  BOOST_REQUIRE(task);
  BOOST_TEST(decide(dc2(), "orders", *task, {timer("t", 600)}) == "");
  BOOST_TEST(!has(told(dc2(), "orders", "order-1"), "signaled"));
  heal();
  BOOST_TEST(until([&] { return has(told(dc2(), "orders", "order-1"), "v2 workflow_execution_signaled"); }, 60));
  BOOST_TEST(until(same, 60));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
