#include "meddler.hpp"
#include "same.hpp"

#include "actors/replication/replica_shard.hpp"

/// What one cluster writes, the other takes over: the same histories, states, current runs and lists, whatever happens
/// on the way.
namespace cadenza::actors {
namespace {

api::Decision again() {
  api::Decision out;
  auto& wanted = *out.mutable_continue_as_new_workflow_execution_decision_attributes();
  wanted.set_initiator(api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
  return out;
}

/// Two clusters, and a domain that is active in dc1.
struct followed : followed_clusters {
  followed() { put_domain("orders", "dc1"); }

  std::string reset(side& of, const std::string& id, std::int64_t finish_id) {
    auto request = std::make_shared<api::ResetWorkflowExecutionRequest>();
    request->set_domain("orders");
    request->mutable_workflow_execution()->set_workflow_id(id);
    request->set_decision_finish_event_id(finish_id);
    request->set_request_id("reset of " + id);
    request->set_reason("undo");
    auto call = std::make_shared<noted_call>();
    of.engine->reset(domain(of, "orders"), request, call);
    (void)until([&] { return call->answered(); }, 3);
    return problem_of(call);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(received, followed)

BOOST_AUTO_TEST_CASE(a_workflow_is_followed_to_its_end) {
  const auto task = begun("order-1");
  BOOST_TEST(decide(dc1(), "orders", task, {activity("pack"), timer("wait", 100)}) == "");
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == "");
  expect_same("order-1");
  BOOST_TEST((listed(dc2(), "orders", true) == std::vector<std::string>{"order-1"}));
  const auto work = poll_activity(dc1(), "orders");
  BOOST_REQUIRE(work);
  BOOST_TEST(complete_activity(dc1(), "orders", *work) == "");
  expect_same("order-1");
  const auto next = poll(dc1(), "orders");
  BOOST_REQUIRE(next);
  BOOST_TEST(decide(dc1(), "orders", *next, {completion()}) == "");
  expect_same("order-1");
  BOOST_TEST(until([&] { return listed(dc2(), "orders", false) == std::vector<std::string>{"order-1"}; }));
  BOOST_TEST(listed(dc2(), "orders", true).empty());
  BOOST_TEST(dead_letters_of(dc2(), "dc1").empty());
}

BOOST_AUTO_TEST_CASE(the_run_that_follows_comes_with_the_one_before) {
  const auto task = begun("order-1");
  const auto first = task.workflow_execution().run_id();
  BOOST_TEST(decide(dc1(), "orders", task, {again()}) == "");
  expect_same("order-1");
  BOOST_TEST(current_of(*this, dc2(), "orders", "order-1") != first);
  expect_same("order-1", first);
}

BOOST_AUTO_TEST_CASE(a_run_made_by_a_reset_is_built_from_its_base) {
  const auto task = begun("order-1");
  const auto first = task.workflow_execution().run_id();
  BOOST_TEST(decide(dc1(), "orders", task, {timer("wait", 100)}) == "");
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == "");
  pass(1); // a reset in the moment of its base's start could not be told from it by time
  BOOST_TEST(reset(dc1(), "order-1", task.started_event_id() + 1) == "");
  expect_same("order-1");
  expect_same("order-1", first);
  BOOST_TEST(told(dc2(), "orders", "order-1").find("signaled") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_told_twice_changes_nothing) {
  // The other cluster has read its queue, and its answer is lost: it tells the same again.
  int lost = 0;
  answer_passes = [&](const std::string& from, const std::string&, std::uint32_t kind) {
    return from != "dc2" || kind != cluster_kind::feed || ++lost % 3 != 0;
  };
  for (int i = 0; i < 5; ++i) {
    const auto id = "order-" + std::to_string(i);
    const auto task = begun(id);
    BOOST_TEST(decide(dc1(), "orders", task, {i % 2 == 0 ? timer("wait", 100) : again()}) == "");
    // The process begins anew, and does not know what it was told.
    if (i == 2) {
      kill(dc2());
      begin(dc2());
    }
    if (i % 2 == 1) {
      const auto next = poll(dc1(), "orders");
      BOOST_REQUIRE(next);
      BOOST_TEST(decide(dc1(), "orders", *next, {completion()}) == "");
    }
  }
  for (int i = 0; i < 5; ++i)
    expect_same("order-" + std::to_string(i));
  BOOST_TEST(lost > 3);
  BOOST_TEST(dead_letters_of(dc2(), "dc1").empty());
}

BOOST_AUTO_TEST_CASE(what_waits_while_the_road_is_cut_comes_when_it_is_there_again) {
  cut();
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back("order-" + std::to_string(i));
    const auto task = begun(ids.back());
    BOOST_TEST(decide(dc1(), "orders", task, {completion()}) == "");
  }
  BOOST_TEST(current_of(*this, dc2(), "orders", "order-0") == "");
  heal();
  for (const auto& id : ids)
    expect_same(id);
  BOOST_TEST(dc2().engine->counters().replication_tasks_processed.load() > 10);
}

BOOST_AUTO_TEST_CASE(a_domain_that_comes_later_than_its_runs_loses_none) {
  passes = [](const std::string&, const std::string&, std::uint32_t kind, const std::string&) {
    return kind != cluster_kind::domains;
  };
  put_domain(dc1(), "later", "dc1");
  BOOST_TEST(problem_of(start(dc1(), "later", "order-1")) == "");
  BOOST_TEST(!until([&] { return dead_letters_of(dc2(), "dc1").size() > 0; }, 3));
  // What concerns other domains goes on.
  begun("order-2");
  expect_same("order-2");
  BOOST_TEST(dc2().engine->counters().replication_tasks_failed.load() > 0);
  BOOST_TEST(!domain(dc2(), "later"));
  put_domain(dc2(), "later", "dc1");
  passes = {};
  std::string last;
  BOOST_TEST(until([&] { return (last = difference(*this, "later", "order-1")).empty(); }, 60), last);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(no_more_is_read_ahead_than_fits) {
  two_clusters both(1, 1, 10);
  both.passes = [](const std::string&, const std::string&, std::uint32_t kind, const std::string&) {
    return kind != cluster_kind::domains;
  };
  both.put_domain(both.dc1(), "orders", "dc1"); // dc2 can apply nothing of it yet
  const int count = static_cast<int>(replica_shard::open_tasks_max) + 2 * replica_shard::page_tasks;
  for (int i = 0; i < count; ++i)
    (void)both.start(both.dc1(), "orders", "order-" + std::to_string(i));
  const auto asked = [&] { return both.requests[{"dc2", cluster_kind::feed}]; };
  both.pass(30);
  const auto before = asked();
  both.pass(60);
  BOOST_TEST(asked() == before);
  BOOST_TEST(both.dc2().engine->counters().lags.longest().at({"dc1", "dc2"}) > 60 * ns_per_s);
  both.put_domain(both.dc2(), "orders", "dc1");
  BOOST_TEST(both.until(
      [&] { return current_of(both, both.dc2(), "orders", "order-" + std::to_string(count - 1)) != ""; }, 120));
  BOOST_TEST(both.until([&] { return both.dc2().engine->counters().lags.longest().at({"dc1", "dc2"}) == 0; }, 60));
  BOOST_TEST(both.listed(both.dc2(), "orders", true).size() > 0U);
}

} // namespace cadenza::actors
