#include "cluster_world.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

api::Decision child_of(const std::string& id) {
  api::Decision out;
  auto& child = *out.mutable_start_child_workflow_execution_decision_attributes();
  child.set_domain("orders");
  child.set_workflow_id(id);
  child.mutable_workflow_type()->set_name("order");
  child.mutable_task_list()->set_name("list");
  child.mutable_execution_start_to_close_timeout()->set_seconds(3600);
  child.mutable_task_start_to_close_timeout()->set_seconds(10);
  return out;
}

api::Decision completion() {
  api::Decision out;
  out.mutable_complete_workflow_execution_decision_attributes();
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(two_nodes_on_one_store, cluster_world)

BOOST_AUTO_TEST_CASE(every_shard_is_held_once_and_every_run_is_found_from_each_node) {
  BOOST_TEST(misplaced({"a", "b"}) == "");
  BOOST_TEST((domain(a()) && domain(b()))); // the other node has heard of the domain
  for (const auto* by : {"a", "b"})
    for (const auto* on : {"a", "b"}) {
      const auto id = id_on(on, by[0] - 'a');
      const auto asked = start(*members.at(by), id);
      run();
      BOOST_TEST(problem_of(asked) == "");
      BOOST_TEST(count(a(), id, api::HistoryEvent::kWorkflowExecutionStartedEventAttributes) == 1);
      BOOST_TEST(count(b(), id, api::HistoryEvent::kWorkflowExecutionStartedEventAttributes) == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_decision_is_answered_through_the_other_node_and_starts_a_child_there) {
  const auto parent = id_on("a");
  const auto child = id_on("b", 3);
  BOOST_TEST(problem_of(start(b(), parent)) == "no answer");
  pass(1);
  const auto task = poll(a());
  BOOST_REQUIRE(task);
  BOOST_TEST(task->workflow_execution().workflow_id() == parent);
  BOOST_TEST(problem_of(decide(b(), *task, {child_of(child)})) == "");
  pass(3);
  BOOST_TEST(count(a(), parent, api::HistoryEvent::kChildWorkflowExecutionStartedEventAttributes) == 1);
  auto childs = poll(b());
  if (childs && childs->workflow_execution().workflow_id() == parent) { // that its child has started is news for it
    BOOST_TEST(problem_of(decide(b(), *childs, {})) == "");
    childs = poll(b());
  }
  BOOST_REQUIRE(childs);
  BOOST_TEST(childs->workflow_execution().workflow_id() == child);
  BOOST_TEST(problem_of(decide(a(), *childs, {completion()})) == "");
  pass(3);
  BOOST_TEST(count(b(), parent, api::HistoryEvent::kChildWorkflowExecutionCompletedEventAttributes) == 1);
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_hands_its_shards_over_and_nobody_is_refused) {
  const auto ids = start_on_both();
  bool drained = false;
  b().cluster.drain([&] { drained = true; });
  std::vector<std::shared_ptr<noted_call>> signals;
  for (int i = 0; i < 40; ++i) {
    signals.push_back(
        signal(i % 2 == 0 ? a() : b(), ids[static_cast<std::size_t>(i) % ids.size()], "signal " + std::to_string(i)));
    if (i % 4 == 0)
      pass(1);
  }
  pass(2);
  BOOST_TEST(drained);
  for (const auto& one : signals)
    BOOST_TEST(problem_of(one) == "");
  for (int shard = 0; shard < shards; ++shard)
    BOOST_TEST((a().local->holds(shard) && !b().local->holds(shard)));
  bool left = false;
  b().cluster.leave([&] { left = true; });
  pass(1);
  BOOST_TEST(left);
  BOOST_TEST(a().cluster.view()->members().size() == 1U);
  int all = 0;
  for (const auto& id : ids)
    all += count(a(), id, api::HistoryEvent::kWorkflowExecutionSignaledEventAttributes);
  BOOST_TEST(all == 40);
}

BOOST_AUTO_TEST_CASE(a_node_that_says_first_that_it_comes_takes_nothing_from_under_anybody) {
  const auto ids = start_on_both();
  begin("c", true);
  std::vector<std::shared_ptr<noted_call>> signals;
  const auto go_on = [&] {
    for (int i = 0; i < 12; ++i) {
      const auto& id = ids[static_cast<std::size_t>(i) % ids.size()];
      signals.push_back(signal(i % 2 == 0 ? a() : b(), id, "signal " + std::to_string(signals.size())));
      if (i % 4 == 0)
        pass(1);
    }
  };
  go_on();
  auto& c = *members.at("c");
  for (int i = 0; i < 20 && !c.cluster.linked(); ++i)
    pass(1);
  BOOST_TEST(c.cluster.linked());
  BOOST_TEST(c.cluster.open_links() == 2U);
  for (int shard = 0; shard < shards; ++shard)
    BOOST_TEST(!c.local->holds(shard)); // it is a member that is given nothing
  BOOST_TEST(c.cluster.view()->self_belongs());
  c.cluster.enter();
  go_on();
  pass(2);
  BOOST_TEST(misplaced({"a", "b", "c"}) == "");
  int held = 0;
  for (int shard = 0; shard < shards; ++shard)
    held += c.local->holds(shard) ? 1 : 0;
  BOOST_TEST(held > 0);
  for (const auto& one : signals)
    BOOST_TEST(problem_of(one) == "");
  for (const auto& line : log)
    BOOST_TEST(line.find("was not taken") == std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(the_shards_of_a_node_that_dies_are_taken_over_at_once) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(id_on("b", i));
  for (const auto& id : ids)
    start(a(), id);
  run();
  const auto died = now_ns();
  die("b");
  break_connections();
  std::vector<std::shared_ptr<noted_call>> asked;
  for (const auto& id : ids)
    asked.push_back(signal(a(), id, "after its end"));
  run();
  for (int i = 0; i < 10 && !misplaced({"a"}).empty(); ++i)
    pass(1);
  BOOST_TEST(misplaced({"a"}) == "");
  BOOST_TEST(now_ns() - died <= 1 * s);
  pass(2);
  // Whoever asks again is served.
  for (const auto& id : ids) {
    const auto again = signal(a(), id, "after its end");
    pass(1);
    BOOST_TEST(problem_of(again) == "");
    BOOST_TEST(count(a(), id, api::HistoryEvent::kWorkflowExecutionSignaledEventAttributes) == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_domain_is_described_as_it_is_by_a_node_that_nobody_has_told) {
  break_connections();
  auto change = std::make_shared<api::UpdateDomainRequest>();
  change->set_name("orders");
  change->set_description("changed through a");
  change->mutable_update_mask()->add_paths("description");
  auto changed = std::make_shared<noted_call>();
  a().cluster.whole().update_domain(change, changed);
  run();
  BOOST_REQUIRE(changed->bytes);
  auto asked = std::make_shared<noted_call>();
  auto request = std::make_shared<api::DescribeDomainRequest>();
  request->set_name("orders");
  b().cluster.whole().describe_domain(request, asked);
  run();
  api::DescribeDomainResponse told;
  BOOST_REQUIRE((asked->bytes && told.ParseFromString(*asked->bytes)));
  BOOST_TEST(told.domain().description() == "changed through a");
  auto listed = std::make_shared<noted_call>();
  a().cluster.whole().list_domains(std::make_shared<api::ListDomainsRequest>(), listed);
  run();
  api::ListDomainsResponse all;
  BOOST_REQUIRE((listed->bytes && all.ParseFromString(*listed->bytes)));
  BOOST_TEST(all.domains_size() == 1);
}

BOOST_AUTO_TEST_CASE(a_node_that_comes_takes_its_share) {
  begin("c");
  pass(4);
  BOOST_TEST(misplaced({"a", "b", "c"}) == "");
  int held = 0;
  for (int shard = 0; shard < shards; ++shard)
    held += members.at("c")->local->holds(shard) ? 1 : 0;
  BOOST_TEST((held >= 1 && held <= 3));
  const auto asked = start(a(), id_on("c"));
  run();
  BOOST_TEST(problem_of(asked) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
