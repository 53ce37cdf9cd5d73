#include "../../simulation/settings.hpp"
#include "link_world.hpp"

#include "actors/base/task_token.hpp"
#include "actors/base/workload.hpp"
#include "actors/engine/cluster_node.hpp"
#include "config/limit_warnings.hpp"
#include "config/metrics.hpp"
#include "messages/shard_hash.hpp"
#include "storage/memory/memory_store.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

constexpr int shards = 8;
constexpr std::int64_t s = 1'000'000'000;

class counting_chance final : public workflow::entropy {
public:
  [[nodiscard]] std::uint64_t next() override {
    state_ += 0x9E3779B97F4A7C15ULL;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    return z ^ (z >> 31);
  }

private:
  std::uint64_t state_ = 7;
};

/// Whole engines over one store in memory, linked over a network that a test breaks.
struct cluster_world : link_world {
  struct member {
    member(cluster_world& of, const std::string& name, std::int64_t incarnation)
      : warnings(
            registry, [](log::level, log::fields, log::sentence) {}, [&of] { return of.now_ns(); }),
        work(registry, *of.env.time),
        cluster(
            of.system(), of.store, *const_cast<clock*>(of.env.time), of,
            [&of, name](log::level level, log::fields values, log::sentence says) {
              if (level > log::level::debug)
                of.log.push_back(name + ": " + log::text_of(values, says));
            },
            options_of(name, incarnation), [&of, name](caf::actor hall) { of.nodes[name].hall = std::move(hall); }) {
      engine_options options;
      options.shard_count = shards;
      options.detached_visibility = false;
      options.settings.identity = name;
      options.live = live;
      options.warnings = &warnings;
      options.work = &work;
      cluster.tie(options);
      local = std::make_unique<local_engine>(
          of.system(), of.store, *const_cast<clock*>(of.env.time), chance,
          [&of, name](log::level level, log::fields values, log::sentence says) {
            if (level > log::level::info)
              of.log.push_back(name + ": " + log::text_of(values, says));
          },
          []() -> outcome<std::unique_ptr<storage::visibility_store>> {
            auto opened = storage::open_visibility_store({});
            if (!opened)
              return opened.error();
            return std::unique_ptr<storage::visibility_store>(*std::move(opened));
          },
          std::move(options));
      cluster.join(*local);
      local->begin();
      cluster.begin();
    }
    static cluster_node_options options_of(const std::string& name, std::int64_t incarnation) {
      cluster_node_options out;
      out.cluster = "test";
      out.card.name = name;
      out.card.link_address = name;
      out.card.incarnation = incarnation;
      out.card.lease_ns = 5 * s;
      out.shard_count = shards;
      return out;
    }
    counting_chance chance;
    metrics::registry registry;
    limit_warnings warnings;
    workload work;
    const config::dynamic_config dynamic;
    const std::shared_ptr<simulation::settings> live = std::make_shared<simulation::settings>(dynamic);
    cluster_node cluster;
    std::unique_ptr<local_engine> local;
  };

  cluster_world() {
    begin("a");
    begin("b");
    pass(4);
    api::RegisterDomainRequest domain;
    domain.set_name("orders");
    domain.mutable_workflow_execution_retention_period()->set_seconds(24 * 3600);
    auto asked = std::make_shared<noted_call>();
    a().cluster.whole().register_domain(std::make_shared<api::RegisterDomainRequest>(domain), asked);
    run();
    BOOST_REQUIRE(asked->bytes);
  }
  ~cluster_world() override {
    for (auto& [name, one] : members)
      die(name);
    run();
    pass(24 * 3600);
    nodes.clear();
  }

  void begin(const std::string& name) { members[name] = std::make_unique<member>(*this, name, ++lives_); }
  /// A process is killed.
  void die(const std::string& name) {
    auto& one = *members.at(name);
    one.cluster.stop();
    one.local->kill();
    nodes.erase(name);
  }
  member& a() { return *members.at("a"); }
  member& b() { return *members.at("b"); }

  /// "" when every shard is held by exactly one of these.
  std::string misplaced(const std::vector<std::string>& names) {
    for (int shard = 0; shard < shards; ++shard) {
      int held = 0;
      for (const auto& name : names)
        held += members.at(name)->local->holds(shard) ? 1 : 0;
      if (held != 1)
        return "shard " + std::to_string(shard) + " is held " + std::to_string(held) + " times";
    }
    return {};
  }
  /// The n-th workflow id whose shard that node holds.
  std::string id_on(const std::string& name, int n = 0) {
    for (int i = 0;; ++i) {
      auto id = "order-" + std::to_string(i);
      if (members.at(name)->local->holds(shard_of(id, shards)) && n-- == 0)
        return id;
    }
  }
  workflow::domain_ptr domain(member& of) { return of.local->domains()->find("orders"); }

  std::shared_ptr<noted_call> start(member& by, const std::string& id) {
    auto request = std::make_shared<api::StartWorkflowExecutionRequest>();
    request->set_workflow_id(id);
    request->set_request_id("start of " + id);
    request->mutable_workflow_type()->set_name("order");
    request->mutable_task_list()->set_name("list");
    request->mutable_execution_start_to_close_timeout()->set_seconds(3600);
    request->mutable_task_start_to_close_timeout()->set_seconds(10);
    auto asked = std::make_shared<noted_call>();
    by.cluster.whole().start(domain(by), request, asked);
    return asked;
  }
  std::shared_ptr<noted_call> signal(member& by, const std::string& id, const std::string& request_id) {
    auto request = std::make_shared<api::SignalWorkflowExecutionRequest>();
    request->mutable_workflow_execution()->set_workflow_id(id);
    request->set_signal_name("paid");
    request->set_request_id(request_id);
    auto asked = std::make_shared<noted_call>();
    by.cluster.whole().signal(domain(by), request, asked);
    return asked;
  }
  /// What a workflow's history has of these.
  int count(member& by, const std::string& id, api::HistoryEvent::AttributesCase which) {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->mutable_workflow_execution()->set_workflow_id(id);
    request->set_page_size(1000);
    auto asked = std::make_shared<noted_call>();
    by.cluster.whole().get_history(domain(by), request, asked);
    pass(1);
    if (!asked->bytes)
      return -1;
    api::GetWorkflowExecutionHistoryResponse response;
    BOOST_TEST(response.ParseFromString(*asked->bytes));
    return static_cast<int>(std::count_if(response.history().events().begin(), response.history().events().end(),
                                          [&](const auto& event) { return event.attributes_case() == which; }));
  }
  /// The next decision of that node's list.
  std::optional<api::PollForDecisionTaskResponse> poll(member& of) {
    auto request = std::make_shared<api::PollForDecisionTaskRequest>();
    request->mutable_task_list()->set_name("list");
    request->set_identity("worker");
    auto asked = std::make_shared<noted_call>();
    of.cluster.whole().poll_decision(domain(of), request, asked);
    pass(3);
    api::PollForDecisionTaskResponse response;
    if (!asked->bytes || !response.ParseFromString(*asked->bytes) || response.task_token().empty())
      return std::nullopt;
    return response;
  }
  std::shared_ptr<noted_call> decide(member& by, const api::PollForDecisionTaskResponse& task,
                                     const std::vector<api::Decision>& decisions) {
    auto token = decode_task_token(task.task_token());
    BOOST_REQUIRE(bool(token));
    auto request = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
    request->set_task_token(task.task_token());
    for (const auto& decision : decisions)
      *request->add_decisions() = decision;
    auto asked = std::make_shared<noted_call>();
    by.cluster.whole().decision_completed(domain(by), *std::move(token), request, asked);
    pass(1);
    return asked;
  }

  storage::memory_store store;
  std::map<std::string, std::unique_ptr<member>> members;

private:
  std::int64_t lives_ = 0;
};

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

std::string problem_of(const std::shared_ptr<noted_call>& asked) {
  if (asked->bytes)
    return {};
  return asked->failure ? asked->failure->message : "no answer";
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
  const auto childs = poll(b());
  BOOST_REQUIRE(childs);
  BOOST_TEST(childs->workflow_execution().workflow_id() == child);
  BOOST_TEST(problem_of(decide(a(), *childs, {completion()})) == "");
  pass(3);
  BOOST_TEST(count(b(), parent, api::HistoryEvent::kChildWorkflowExecutionCompletedEventAttributes) == 1);
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_hands_its_shards_over_and_nobody_is_refused) {
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(id_on(i % 2 == 0 ? "a" : "b", i));
  for (const auto& id : ids)
    start(a(), id);
  run();
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
