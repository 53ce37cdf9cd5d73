#include "meddler.hpp"
#include "road.hpp"
#include "same.hpp"

#include "messages/shard_hash.hpp"

#include <algorithm>

/// What does not come in order, goes two ways, or cannot be applied.
namespace cadenza::actors {
namespace {

/// Two clusters, a domain that is active in dc1, and somebody who meddles with what dc2 asks.
struct meddled : followed_clusters {
  meddled() {
    patience_s = 60;
    kill(dc2());
    dc2().tune = [this](engine_options& options) { options.clusters = &between; };
    begin(dc2());
    put_domain("orders", "dc1");
  }
  ~meddled() override {
    between.hold = {};
    between.held.clear();
    kill(dc2());
  }

  /// What dc1 has not told yet is gone.
  void lose_untold() {
    for (int shard = 0; shard < dc1().shards; ++shard) {
      storage::shard_cleanup what;
      what.shard = shard;
      what.replication_up_to = INT64_MAX;
      dc1().store.shards().cleanup(std::move(what), [](const auto&) {});
    }
  }
  /// A workflow of which dc2 lacks some events, and is told of later ones.
  void leave_gap(const std::string& id) {
    const auto task = begun(id);
    expect_same(id);
    cut();
    BOOST_TEST(decide(dc1(), "orders", task, {activity("pack"), timer("wait", 100)}) == "");
    lose_untold();
    BOOST_TEST(problem_of(signal(dc1(), "orders", id, "paid", "r1")) == "");
    heal();
  }
  std::string path_of_shard(const std::string& id) {
    return "node/shard_owner/history_shard:" + std::to_string(shard_of(id, dc2().shards));
  }
  std::string kill_actor(const std::string& path) {
    std::string out = "no answer";
    dc2().engine->kill_actor(path, [&](const std::string& problem) { out = problem; });
    run();
    return out;
  }
  /// An actor of dc2 dies while events that are missing are asked for.
  void die_waiting(const std::string& path) {
    between.hold = [](std::uint32_t kind) { return kind == cluster_kind::events; };
    leave_gap("order-1");
    BOOST_REQUIRE(until([&] { return !between.held.empty(); }));
    BOOST_TEST(kill_actor(path) == "");
    between.hold = {};
    between.held.clear();
    expect_same("order-1");
    BOOST_TEST(dead_letters_of(dc2(), "dc1").empty());
  }

  meddler between{*dc2().to_others};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(received_in_trouble, meddled)

BOOST_AUTO_TEST_CASE(events_that_are_missing_are_asked_for) {
  leave_gap("order-1");
  expect_same("order-1");
  BOOST_TEST((requests[{"dc2", cluster_kind::events}] > 0));
}

BOOST_AUTO_TEST_CASE(a_run_whose_beginning_is_missing_is_asked_for_as_a_whole) {
  cut();
  const auto task = begun("order-1");
  lose_untold();
  BOOST_TEST(decide(dc1(), "orders", task, {timer("wait", 100)}) == "");
  heal();
  expect_same("order-1");
  BOOST_TEST((requests[{"dc2", cluster_kind::events}] > 0));
}

BOOST_AUTO_TEST_CASE(more_events_than_fit_into_an_answer_are_asked_for_page_by_page) {
  begun("order-1");
  expect_same("order-1");
  cut();
  for (int i = 0; i < 30; ++i) {
    auto request = std::make_shared<api::SignalWorkflowExecutionRequest>();
    request->set_domain("orders");
    request->mutable_workflow_execution()->set_workflow_id("order-1");
    request->set_signal_name("s");
    request->mutable_signal_input()->set_data(std::string(100'000, 'x'));
    dc1().engine->signal(domain(dc1(), "orders"), request, std::make_shared<noted_call>());
    // Each is a batch of its own.
    pass(11); // the decision times out
  }
  lose_untold();
  BOOST_TEST(problem_of(signal(dc1(), "orders", "order-1", "paid", "r1")) == "");
  pass(11);
  heal();
  expect_same("order-1");
  BOOST_TEST((requests[{"dc2", cluster_kind::events}] > 2));
}

BOOST_AUTO_TEST_CASE(the_actor_of_a_workflow_id_that_dies_is_followed_by_another) {
  die_waiting(path_of_shard("order-1") + "/workflow_replica:orders/order-1");
}

BOOST_AUTO_TEST_CASE(a_shard_that_dies_while_it_is_told_is_told_again) { die_waiting(path_of_shard("order-1")); }

BOOST_AUTO_TEST_CASE(what_can_never_be_applied_is_kept_for_an_operator_and_holds_up_nothing) {
  between.change = [](wire::v1::FeedPage& page) {
    for (auto& item : *page.mutable_items())
      if (item.batch().workflow_id() == "bad")
        item.mutable_batch()->mutable_items()->mutable_items(0)->set_version(7);
  };
  begun("bad");
  const auto task = begun("good");
  BOOST_TEST(decide(dc1(), "orders", task, {completion()}) == "");
  expect_same("good");
  BOOST_REQUIRE(until([&] { return dead_letters_of(dc2(), "dc1").size() == 2; }));
  const auto kept = dead_letters_of(dc2(), "dc1").front();
  BOOST_TEST(kept.batch().workflow_id() == "bad");
  BOOST_TEST(kept.task_id() > 0);
  BOOST_TEST(current_of(*this, dc2(), "orders", "bad") == "");
  BOOST_TEST(std::any_of(log.begin(), log.end(), [](const std::string& line) {
    return line.find("dead letter") != std::string::npos && line.find("of workflow bad") != std::string::npos;
  }));
  BOOST_TEST(dc2().engine->counters().replication_dead_letters.load() > 0);
  BOOST_TEST(dc2().engine->counters().lags.longest().at({"dc1", "dc2"}) == 0);
}

BOOST_AUTO_TEST_CASE(of_two_histories_of_a_run_the_later_version_wins_everywhere) {
  const auto task = begun("order-1");
  expect_same("order-1");
  cut();
  put_domain(dc2(), "orders", "dc2");
  // dc1 does not know, and goes on.
  BOOST_TEST(decide(dc1(), "orders", task, {timer("wait", 100)}) == "");
  BOOST_TEST(problem_of(signal(dc2(), "orders", "order-1", "paid", "r1")) == "");
  const auto other = poll(dc2(), "orders");
  BOOST_REQUIRE(other);
  BOOST_TEST(decide(dc2(), "orders", *other, {completion()}) == "");
  BOOST_TEST(difference(*this, "orders", "order-1") != "");
  put_domain(dc1(), "orders", "dc2");
  heal();
  expect_same("order-1");
  BOOST_TEST(told(dc1(), "orders", "order-1").find("v2 workflow_execution_completed") != std::string::npos);
  BOOST_TEST(until([&] { return listed(dc1(), "orders", false) == std::vector<std::string>{"order-1"}; }));
}

BOOST_AUTO_TEST_CASE(of_two_runs_of_a_workflow_id_the_one_of_the_later_version_stays) {
  cut();
  const auto first = begun("order-1").workflow_execution().run_id();
  put_domain(dc2(), "orders", "dc2");
  BOOST_TEST(problem_of(start(dc2(), "orders", "order-1")) == "");
  const auto second = current_of(*this, dc2(), "orders", "order-1");
  BOOST_TEST(first != second);
  put_domain(dc1(), "orders", "dc2");
  heal();
  expect_same("order-1");
  BOOST_TEST(current_of(*this, dc1(), "orders", "order-1") == second);
  expect_same("order-1", first);
  BOOST_TEST(told(dc2(), "orders", "order-1", first).find("terminated") != std::string::npos);
  BOOST_TEST(dead_letters_of(dc1(), "dc2").empty());
  BOOST_TEST(dead_letters_of(dc2(), "dc1").empty());
}

BOOST_AUTO_TEST_CASE(a_run_in_memory_hears_of_what_another_cluster_has_written) {
  begun("order-1");
  expect_same("order-1");
  auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
  request->set_domain("orders");
  request->mutable_workflow_execution()->set_workflow_id("order-1");
  request->set_wait_for_new_event(true);
  request->set_history_event_filter_type(api::EVENT_FILTER_TYPE_CLOSE_EVENT);
  auto call = std::make_shared<noted_call>();
  dc2().engine->get_history(domain(dc2(), "orders"), request, call);
  run();
  BOOST_TEST(!call->answered());
  BOOST_TEST(problem_of(terminate(dc1(), "orders", "order-1")) == "");
  BOOST_TEST(until([&] { return call->answered(); }, 5));
  api::GetWorkflowExecutionHistoryResponse page;
  BOOST_REQUIRE(call->bytes && page.ParseFromString(*call->bytes));
  BOOST_REQUIRE(page.history().events_size() == 1);
  BOOST_TEST(page.history().events(0).has_workflow_execution_terminated_event_attributes());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
