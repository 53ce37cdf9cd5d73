#include "cluster_world.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

namespace admin = uber::cadence::admin::v1;

api::Decision activity_on(const std::string& list) {
  api::Decision out;
  auto& activity = *out.mutable_schedule_activity_task_decision_attributes();
  activity.set_activity_id("pack");
  activity.mutable_activity_type()->set_name("pack");
  activity.mutable_task_list()->set_name(list);
  for (auto* timeout : {activity.mutable_schedule_to_close_timeout(), activity.mutable_schedule_to_start_timeout(),
                        activity.mutable_start_to_close_timeout()})
    timeout->set_seconds(600);
  return out;
}

std::shared_ptr<noted_call> complete_activity(cluster_world& in, cluster_world::member& by,
                                              const api::PollForActivityTaskResponse& task) {
  auto token = decode_task_token(task.task_token());
  BOOST_REQUIRE(bool(token));
  auto request = std::make_shared<api::RespondActivityTaskCompletedRequest>();
  request->set_task_token(task.task_token());
  auto asked = std::make_shared<noted_call>();
  by.cluster.whole().activity_completed(in.domain(by), *std::move(token), request, asked);
  in.pass(1);
  return asked;
}

std::shared_ptr<noted_call> query(cluster_world& in, cluster_world::member& by, const std::string& id) {
  auto request = std::make_shared<api::QueryWorkflowRequest>();
  request->mutable_workflow_execution()->set_workflow_id(id);
  request->mutable_query()->set_query_type("state");
  auto asked = std::make_shared<noted_call>(in.now_ns() + 20 * s);
  by.cluster.whole().query(in.domain(by), request, asked);
  in.run();
  return asked;
}

/// The worker's answer to the query in its task.
std::shared_ptr<noted_call> answer_query(cluster_world& in, cluster_world::member& by,
                                         const api::PollForDecisionTaskResponse& task, const std::string& says) {
  auto token = decode_query_token(task.task_token());
  BOOST_REQUIRE(bool(token));
  auto request = std::make_shared<api::RespondQueryTaskCompletedRequest>();
  request->set_task_token(task.task_token());
  request->mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
  request->mutable_result()->mutable_answer()->set_data(says);
  auto asked = std::make_shared<noted_call>();
  by.cluster.whole().query_completed(in.domain(by), *std::move(token), request, asked);
  in.pass(1);
  return asked;
}

template <class Response> Response answer_of(const std::shared_ptr<noted_call>& asked) {
  Response out;
  BOOST_REQUIRE_EQUAL(problem_of(asked), "");
  BOOST_REQUIRE(out.ParseFromString(*asked->bytes));
  return out;
}

api::DescribeTaskListResponse describe(cluster_world& in, cluster_world::member& by, const std::string& list) {
  auto request = std::make_shared<api::DescribeTaskListRequest>();
  request->mutable_task_list()->set_name(list);
  request->set_include_task_list_status(true);
  auto asked = std::make_shared<noted_call>();
  by.cluster.whole().describe_task_list(in.domain(by), request, asked);
  in.pass(1);
  return answer_of<api::DescribeTaskListResponse>(asked);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(lists_of_two_nodes, cluster_world)

BOOST_AUTO_TEST_CASE(a_worker_finds_its_tasks_whichever_node_it_polls_and_wherever_list_and_run_are) {
  int n = 0;
  for (const auto* by : {"a", "b"})
    for (const auto* on : {"a", "b"})
      for (const auto* run_on : {"a", "b"}) {
        const auto id = id_on(run_on, n);
        const auto list = list_on(on, 0, n);
        const auto activities = list_on(on, 1, n++);
        auto& polled = *members.at(by);
        const auto waiting = hang(polled, list);
        BOOST_TEST(problem_of(waiting) == "no answer");
        start(a(), id, list);
        pass(1);
        const auto task = got(waiting);
        BOOST_REQUIRE(task);
        BOOST_TEST(task->workflow_execution().workflow_id() == id);
        BOOST_TEST(task->history().events_size() >= 2);
        BOOST_TEST(problem_of(decide(polled, *task, {activity_on(activities)})) == "");
        const auto working = hang_for_activity(polled, activities);
        pass(1);
        const auto activity = got<api::PollForActivityTaskResponse>(working);
        BOOST_REQUIRE(activity);
        BOOST_TEST(activity->activity_id() == "pack");
        BOOST_TEST(problem_of(complete_activity(*this, b(), *activity)) == "");
        const auto again = poll(polled, list);
        BOOST_REQUIRE(again);
        BOOST_TEST(again->workflow_execution().workflow_id() == id);
      }
}

BOOST_AUTO_TEST_CASE(a_sticky_list_is_found_through_each_node) {
  for (const auto* on : {"a", "b"}) {
    const auto id = id_on("a", on[0] - 'a');
    const auto list = list_on("a");
    const auto sticky = list_on(on, 0, 5);
    start(a(), id, list);
    const auto first = poll(b(), list);
    BOOST_REQUIRE(first);
    const auto waiting = hang(b(), sticky, api::TASK_LIST_KIND_STICKY);
    BOOST_TEST(problem_of(decide(b(), *first, {}, sticky)) == "");
    signal(a(), id, "signal of " + id);
    pass(1);
    const auto second = got(waiting);
    BOOST_REQUIRE(second);
    BOOST_TEST(second->workflow_execution().workflow_id() == id);
    BOOST_TEST(second->history().events(0).event_id() > 1); // what the worker has it is not sent again
  }
}

BOOST_AUTO_TEST_CASE(a_query_is_answered_through_the_other_node) {
  for (const auto* on : {"a", "b"}) {
    const auto id = id_on("a", on[0] - 'a');
    const auto list = list_on(on);
    start(b(), id, list);
    const auto first = poll(a(), list);
    BOOST_REQUIRE(first);
    BOOST_TEST(problem_of(decide(a(), *first, {})) == "");
    const auto asked = query(*this, b(), id);
    const auto task = poll(a(), list);
    BOOST_REQUIRE(task);
    BOOST_TEST(task->query().query_type() == "state");
    BOOST_TEST(problem_of(answer_query(*this, a(), *task, "packed")) == "");
    BOOST_TEST(answer_of<api::QueryWorkflowResponse>(asked).query_result().data() == "packed");
  }
}

BOOST_AUTO_TEST_CASE(the_lists_of_a_node_that_leaves_go_on_elsewhere_with_workers_and_backlog) {
  const auto with_backlog = list_on("b");
  const auto with_worker = list_on("b", 0, 1);
  std::set<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    const auto id = id_on(i % 2 == 0 ? "a" : "b", i);
    start(a(), id, with_backlog);
    ids.insert(id);
  }
  pass(10); // nobody polls: they are stored
  BOOST_TEST(describe(*this, a(), with_backlog).task_list_status().backlog_count_hint() == 6);
  const auto far = hang(a(), with_worker);
  const auto near = hang(b(), with_worker);
  bool drained = false;
  bool left = false;
  b().cluster.drain([&] { drained = true; });
  pass(2);
  BOOST_TEST(drained);
  BOOST_TEST(list_on("a", 0, 0) == "list-0"); // a has them all
  b().cluster.leave([&] { left = true; });
  pass(1);
  BOOST_TEST(left);
  const auto one = id_on("a", 20);
  const auto two = id_on("a", 21);
  start(a(), one, with_worker);
  start(a(), two, with_worker);
  pass(2);
  // Each of the two workers has one of them; the one that waited with the node that has left may have to ask again.
  auto first = got(far);
  BOOST_REQUIRE(first);
  auto second = got(near);
  if (!second)
    second = poll(a(), with_worker);
  BOOST_REQUIRE(second);
  BOOST_TEST(first->workflow_execution().workflow_id() != second->workflow_execution().workflow_id());
  die("b");
  for (int i = 0; i < 6; ++i) {
    const auto task = poll(a(), with_backlog);
    BOOST_REQUIRE(task);
    BOOST_TEST(ids.erase(task->workflow_execution().workflow_id()) == 1U);
  }
  BOOST_TEST(ids.empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_is_gone_without_a_word_takes_no_task_with_it) {
  const auto list = list_on("b");
  const auto waited_on = list_on("b", 0, 1);
  const auto in_memory = id_on("a", 0);
  const auto in_flight = id_on("a", 1);
  const auto waited_for = id_on("a", 2);
  start(a(), in_memory, list); // waits in the memory of the list on b
  pass(1);
  const auto hanging = hang(a(), waited_on);
  const auto of_the_dead = hang(b(), list_on("a", 0, 2));
  start(a(), in_flight, list); // on its way when b dies
  die("b");
  break_connections();
  for (int i = 0; i < 10 && a().cluster.view()->members().size() > 1; ++i)
    pass(1);
  BOOST_TEST(a().cluster.view()->members().size() == 1U);
  start(a(), waited_for, waited_on);
  pass(3);
  const auto task = got(hanging);
  BOOST_REQUIRE(task);
  BOOST_TEST(task->workflow_execution().workflow_id() == waited_for);
  std::set<std::string> found;
  for (int i = 0; i < 10 && found.size() < 2; ++i)
    if (const auto next = poll(a(), list))
      found.insert(next->workflow_execution().workflow_id());
  BOOST_TEST((found == std::set<std::string>{in_memory, in_flight}));
  // The worker that waited with b gets nothing that another could have.
  const auto late = id_on("a", 40);
  start(a(), late, "list-late");
  BOOST_TEST(poll(a(), "list-late").has_value());
  BOOST_TEST(!got(of_the_dead));
}

BOOST_AUTO_TEST_CASE(lists_that_come_back_bring_what_was_stored_meanwhile) {
  const auto list = list_on("b");
  die("b");
  break_connections();
  for (int i = 0; i < 10 && a().cluster.view()->members().size() > 1; ++i)
    pass(1);
  std::set<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    const auto id = id_on("a", i);
    start(a(), id, list);
    ids.insert(id);
  }
  pass(10);
  BOOST_TEST(describe(*this, a(), list).task_list_status().backlog_count_hint() == 4);
  begin("b");
  pass(4);
  BOOST_TEST(list_on("b") == list);
  for (int i = 0; i < 4; ++i) {
    const auto task = poll(i % 2 == 0 ? a() : b(), list);
    BOOST_REQUIRE(task);
    BOOST_TEST(ids.erase(task->workflow_execution().workflow_id()) == 1U);
  }
  BOOST_TEST(!poll(a(), list));
}

BOOST_AUTO_TEST_CASE(a_node_that_begins_takes_no_list_from_those_that_have_it) {
  const auto list = list_on("a");
  const auto id = id_on("a");
  start(a(), id, list);
  pass(10); // it is stored
  const auto stored = [&] {
    record::v1::TaskListRow row;
    store.task_lists().read_task_list({domain(a())->id, list, 0}, [&](const storage::read_result<std::string>& read) {
      BOOST_REQUIRE(read.value);
      BOOST_TEST(row.ParseFromString(*read.value));
    });
    return row.range_id();
  };
  const auto before = stored();
  BOOST_TEST(before > 0);
  begin("c");
  run();
  const auto waiting = hang(*members.at("c"), list);
  pass(4);
  const auto* owner = a().cluster.view()->owner_of_list(placement_key({domain(a())->id, list, 0}));
  BOOST_TEST(stored() == (owner->name == "a" ? before : before + 1));
  const auto task = got(waiting);
  BOOST_REQUIRE(task);
  BOOST_TEST(task->workflow_execution().workflow_id() == id);
}

BOOST_AUTO_TEST_CASE(partitions_on_both_nodes_share_their_workers) {
  const auto list = list_on("a");
  auto request = std::make_shared<admin::UpdateTaskListPartitionConfigRequest>();
  request->mutable_task_list()->set_name(list);
  request->set_task_list_type(api::TASK_LIST_TYPE_DECISION);
  for (int i = 0; i < 4; ++i) {
    (*request->mutable_partition_config()->mutable_read_partitions())[i];
    (*request->mutable_partition_config()->mutable_write_partitions())[i];
  }
  auto asked = std::make_shared<noted_call>();
  b().cluster.whole().update_task_list_partitions(domain(b()), request, asked);
  pass(1);
  BOOST_TEST(problem_of(asked) == "");
  auto which = std::make_shared<api::ListTaskListPartitionsRequest>();
  which->mutable_task_list()->set_name(list);
  asked = std::make_shared<noted_call>();
  b().cluster.whole().list_task_list_partitions(domain(b()), which, asked);
  pass(1);
  const auto parts = answer_of<api::ListTaskListPartitionsResponse>(asked);
  BOOST_TEST(parts.decision_task_list_partitions_size() == 4);
  for (const auto& part : parts.decision_task_list_partitions())
    BOOST_TEST(part.owner_host_name() ==
               a().cluster.view()->owner_of_list(placement_key({domain(a())->id, part.key(), 0}))->name);
  std::set<std::string> ids;
  for (int i = 0; i < 8; ++i) {
    const auto id = id_on(i % 2 == 0 ? "a" : "b", i);
    start(a(), id, list);
    ids.insert(id);
  }
  for (int i = 0; i < 12 && !ids.empty(); ++i)
    if (const auto task = poll(i % 2 == 0 ? a() : b(), list))
      ids.erase(task->workflow_execution().workflow_id());
  BOOST_TEST(ids.empty());
}

BOOST_AUTO_TEST_CASE(operators_ask_any_node_about_the_whole_cluster) {
  int shard = 0;
  while (!b().local->holds(shard))
    ++shard;
  const auto ask = [&](auto function, auto request) {
    auto asked = std::make_shared<noted_call>();
    (a().cluster.whole().*function)(std::move(request), asked);
    pass(1);
    return asked;
  };
  const auto shown = answer_of<admin::DescribeShardDistributionResponse>(
      ask(&engine::describe_shards, std::make_shared<admin::DescribeShardDistributionRequest>()));
  BOOST_TEST(shown.number_of_shards() == shards);
  for (int i = 0; i < shards; ++i)
    BOOST_TEST(shown.shards().at(i) == (a().local->holds(i) ? "a" : "b"));

  auto host = std::make_shared<admin::DescribeHistoryHostRequest>();
  host->set_shard_id(shard);
  auto described = answer_of<admin::DescribeHistoryHostResponse>(ask(&engine::describe_host, host));
  BOOST_TEST(described.address() == "b");
  BOOST_TEST(described.number_of_shards() == described.shard_ids_size());
  for (const int held : described.shard_ids())
    BOOST_TEST(b().local->holds(held));
  host = std::make_shared<admin::DescribeHistoryHostRequest>();
  host->mutable_workflow_execution()->set_workflow_id(id_on("b"));
  described = answer_of<admin::DescribeHistoryHostResponse>(ask(&engine::describe_host, host));
  BOOST_TEST(described.address() == "b");
  host = std::make_shared<admin::DescribeHistoryHostRequest>();
  host->set_host_address("a");
  described = answer_of<admin::DescribeHistoryHostResponse>(ask(&engine::describe_host, host));
  BOOST_TEST(described.address() == "a");
  host = std::make_shared<admin::DescribeHistoryHostRequest>();
  host->set_host_address("nobody:7934");
  const auto refused = ask(&engine::describe_host, host);
  BOOST_REQUIRE(refused->failure);
  BOOST_TEST(refused->failure->message == "no node of the cluster is called or reached as nobody:7934; there are a, b");

  auto queue = std::make_shared<admin::DescribeQueueRequest>();
  queue->set_shard_id(shard);
  queue->set_cluster_name(engine_settings().cluster);
  queue->set_task_type(admin::TASK_TYPE_TRANSFER);
  const auto queues = answer_of<admin::DescribeQueueResponse>(ask(&engine::describe_queue, queue));
  BOOST_TEST(queues.processing_queue_states_size() == 1);

  const auto restarts = b().local->counters().shard_restarts.load();
  auto closing = std::make_shared<admin::CloseShardRequest>();
  closing->set_shard_id(shard);
  BOOST_TEST(problem_of(ask(&engine::close_shard, closing)) == "");
  pass(2);
  BOOST_TEST(b().local->counters().shard_restarts.load() == restarts + 1);
  BOOST_TEST(misplaced({"a", "b"}) == "");
  closing = std::make_shared<admin::CloseShardRequest>();
  closing->set_shard_id(shards);
  BOOST_TEST(problem_of(ask(&engine::close_shard, closing)) == "shard 8 does not exist: there are 8");
}

BOOST_AUTO_TEST_CASE(the_lists_of_a_domain_are_those_of_all_nodes) {
  const auto on_a = hang(b(), list_on("a"));
  const auto on_b = hang(b(), list_on("b"));
  const auto activity = hang_for_activity(a(), list_on("b", 1));
  pass(1);
  auto asked = std::make_shared<noted_call>();
  a().cluster.whole().task_lists_of_domain(domain(a()), std::make_shared<api::GetTaskListsByDomainRequest>(), asked);
  pass(1);
  const auto all = answer_of<api::GetTaskListsByDomainResponse>(asked);
  BOOST_TEST(all.decision_task_list_map_size() == 2);
  BOOST_TEST(all.decision_task_list_map().contains(list_on("a")));
  BOOST_TEST(all.decision_task_list_map().contains(list_on("b")));
  BOOST_TEST(all.activity_task_list_map().contains(list_on("b", 1)));
  BOOST_TEST(describe(*this, a(), list_on("b")).pollers_size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
