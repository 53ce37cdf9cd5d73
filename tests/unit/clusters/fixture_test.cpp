#include "two_clusters.hpp"

/// The fixture itself, and a domain that is active in one cluster only as far as no replication is needed.
namespace cadenza::actors {

BOOST_FIXTURE_TEST_SUITE(two_clusters_in_one_process, two_clusters)

BOOST_AUTO_TEST_CASE(a_workflow_runs_where_its_domain_is_active) {
  put_domain("orders", "dc1");
  BOOST_TEST(domain(dc1(), "orders")->version() == 1);
  BOOST_TEST(domain(dc2(), "orders")->version() == 1);
  BOOST_TEST(problem_of(start(dc1(), "orders", "order-1")) == "");
  auto task = poll(dc1(), "orders");
  BOOST_REQUIRE(task);
  BOOST_TEST(decide(dc1(), "orders", *task, {activity("pack")}) == "");
  const auto work = poll_activity(dc1(), "orders");
  BOOST_REQUIRE(work);
  BOOST_TEST(complete_activity(dc1(), "orders", *work) == "");
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == "");
  BOOST_TEST((listed(dc1(), "orders", true) == std::vector<std::string>{"order-1"}));
  kill(dc1());
  begin(dc1());
  task = poll(dc1(), "orders");
  BOOST_REQUIRE(task);
  BOOST_TEST(decide(dc1(), "orders", *task, {completion()}) == "");
  BOOST_TEST(told(dc1(), "orders", "order-1").find("v1 workflow_execution_completed") != std::string::npos);
  BOOST_TEST((listed(dc1(), "orders", false) == std::vector<std::string>{"order-1"}));
}

BOOST_AUTO_TEST_CASE(a_domain_that_is_put_again_fails_over) {
  put_domain("orders", "dc1");
  put_domain("orders", "dc2");
  BOOST_TEST(domain(dc1(), "orders")->version() == 2);
  put_domain(dc1(), "orders", "dc1");
  BOOST_TEST(domain(dc1(), "orders")->version() == 11);
  BOOST_TEST(domain(dc2(), "orders")->version() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
