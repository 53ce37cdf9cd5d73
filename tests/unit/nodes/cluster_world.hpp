#pragma once

#include "../../simulation/settings.hpp"
#include "counting_chance.hpp"
#include "link_world.hpp"

#include "actors/base/task_token.hpp"
#include "actors/base/workload.hpp"
#include "actors/engine/cluster_node.hpp"
#include "config/limit_warnings.hpp"
#include "config/metrics.hpp"
#include "messages/shard_hash.hpp"
#include "storage/memory/memory_store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

inline constexpr int shards = 8;
inline constexpr std::int64_t s = 1'000'000'000;

inline std::string problem_of(const std::shared_ptr<noted_call>& asked) {
  if (asked->bytes)
    return {};
  return asked->failure ? asked->failure->message : "no answer";
}

/// Whole engines over one store in memory, linked over a network that a test breaks.
struct cluster_world : link_world {
  struct member {
    member(cluster_world& of, const std::string& name, std::int64_t incarnation, bool waits)
      : chance(incarnation),
        warnings(
            registry, [](log::level, log::fields, log::sentence) {}, [&of] { return of.now_ns(); }),
        work(registry, *of.env.time), cluster(
                                          of.system(), of.store, *const_cast<clock*>(of.env.time), of,
                                          [&of, name](log::level level, log::fields values, log::sentence says) {
                                            if (level > log::level::debug)
                                              of.log.push_back(name + ": " + log::text_of(values, says));
                                          },
                                          options_of(name, incarnation, waits),
                                          [&of, name](caf::actor hall) { of.nodes[name].hall = std::move(hall); }) {
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
    static cluster_node_options options_of(const std::string& name, std::int64_t incarnation, bool waits) {
      cluster_node_options out;
      out.cluster = "test";
      out.card.name = name;
      out.card.link_address = name;
      out.card.incarnation = incarnation;
      out.waits = waits;
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

  void begin(const std::string& name, bool waits = false) {
    members[name] = std::make_unique<member>(*this, name, ++lives_, waits);
  }
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
  /// Six workflows, started by a, on shards of a and b in turn; their ids.
  std::vector<std::string> start_on_both() {
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i)
      ids.push_back(id_on(i % 2 == 0 ? "a" : "b", i));
    for (const auto& id : ids)
      start(a(), id);
    run();
    return ids;
  }
  workflow::domain_ptr domain(member& of) { return of.local->domains()->find("orders"); }

  std::shared_ptr<noted_call> start(member& by, const std::string& id, const std::string& list = "list") {
    auto request = std::make_shared<api::StartWorkflowExecutionRequest>();
    request->set_workflow_id(id);
    request->set_request_id("start of " + id);
    request->mutable_workflow_type()->set_name("order");
    request->mutable_task_list()->set_name(list);
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
  /// A list of that type that is placed on that node.
  std::string list_on(const std::string& name, int type = 0, int n = 0) {
    const auto view = a().cluster.view();
    for (int i = 0;; ++i) {
      auto list = "list-" + std::to_string(i);
      const auto* owner = view->owner_of_list(placement_key({domain(a())->id, list, type}));
      if (owner != nullptr && owner->name == name && n-- == 0)
        return list;
    }
  }
  /// A worker that waits for a decision.
  std::shared_ptr<noted_call> hang(member& by, const std::string& list,
                                   api::TaskListKind kind = api::TASK_LIST_KIND_NORMAL) {
    auto request = std::make_shared<api::PollForDecisionTaskRequest>();
    request->mutable_task_list()->set_name(list);
    request->mutable_task_list()->set_kind(kind);
    request->set_identity("worker");
    auto asked = std::make_shared<noted_call>();
    by.cluster.whole().poll_decision(domain(by), request, asked);
    run();
    return asked;
  }
  /// What a waiting worker got; nothing when it waits on or got nothing.
  template <class Response = api::PollForDecisionTaskResponse>
  static std::optional<Response> got(const std::shared_ptr<noted_call>& asked) {
    Response response;
    if (!asked->bytes || !response.ParseFromString(*asked->bytes) || response.task_token().empty())
      return std::nullopt;
    return response;
  }
  /// The next decision of a list.
  std::optional<api::PollForDecisionTaskResponse> poll(member& by, const std::string& list = "list",
                                                       api::TaskListKind kind = api::TASK_LIST_KIND_NORMAL) {
    const auto asked = hang(by, list, kind);
    for (int i = 0; i < 3 && problem_of(asked) == "no answer"; ++i)
      pass(1);
    return got(asked);
  }
  std::shared_ptr<noted_call> hang_for_activity(member& by, const std::string& list) {
    auto request = std::make_shared<api::PollForActivityTaskRequest>();
    request->mutable_task_list()->set_name(list);
    request->set_identity("worker");
    auto asked = std::make_shared<noted_call>();
    by.cluster.whole().poll_activity(domain(by), request, asked);
    run();
    return asked;
  }
  std::shared_ptr<noted_call> decide(member& by, const api::PollForDecisionTaskResponse& task,
                                     const std::vector<api::Decision>& decisions, const std::string& sticky = {}) {
    auto token = decode_task_token(task.task_token());
    BOOST_REQUIRE(bool(token));
    auto request = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
    request->set_task_token(task.task_token());
    for (const auto& decision : decisions)
      *request->add_decisions() = decision;
    if (!sticky.empty()) {
      auto& attributes = *request->mutable_sticky_attributes();
      attributes.mutable_worker_task_list()->set_name(sticky);
      attributes.mutable_worker_task_list()->set_kind(api::TASK_LIST_KIND_STICKY);
      attributes.mutable_schedule_to_start_timeout()->set_seconds(5);
    }
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

} // namespace cadenza::actors
