#include "actors/nodes/routed_engine.hpp"

#include "../bridge/fake_engine.hpp"
#include "link_world.hpp"

#include "actors/nodes/link_kinds.hpp"
#include "messages/shard_hash.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

constexpr int shards = 8;

/// Goes on by a second at each look.
class hurrying_clock final : public clock {
public:
  [[nodiscard]] std::int64_t now_ns() const override { return now_ += 1'000'000'000; }

private:
  mutable std::int64_t now_ = 0;
};

/// Two nodes with engines that note what they are asked; each sends to the other what is placed there.
struct two_engines : link_world {
  struct side {
    explicit side(two_engines& of, const std::string& name, const clock& time)
      : views(name, shards), engine(local, time, views, links, [this](int shard) { return is_there(shard); }) {
      node_card a;
      a.name = "a";
      a.lease_ns = 1;
      auto b = a;
      b.name = "b";
      views.publish(std::make_shared<const cluster_view>(1, name, std::vector<node_card>{a, b}, shards));
      of.add(name).handle = [this](const std::string&, std::uint32_t kind, const std::string& bytes,
                                   const call_ptr& call) {
        BOOST_TEST(kind == link_kind::engine_request);
        engine.serve(bytes, call);
      };
      domain = local.add_domain("orders");
    }
    tests::fake_engine local;
    cluster_views views;
    node_links links;
    std::function<bool(int)> is_there = [](int) { return true; };
    routed_engine engine;
    workflow::domain_ptr domain;
  };

  two_engines() {
    a.links.publish({{"b", link("a", "b")}});
    b.links.publish({{"a", link("b", "a")}});
  }
  ~two_engines() override {
    a.links.publish({});
    b.links.publish({});
  }
  /// A workflow id whose shard is on that node.
  std::string id_on(const std::string& holder) {
    for (int i = 0;; ++i) {
      auto id = "order-" + std::to_string(i);
      if (a.views.get()->owner_of_shard(shard_of(id, shards))->name == holder)
        return id;
    }
  }

  hurrying_clock hurry;
  side a{*this, "a", *env.time};
  side b{*this, "b", *env.time};
};

template <class Request> std::shared_ptr<Request> about(const std::string& workflow_id) {
  auto out = std::make_shared<Request>();
  out->mutable_workflow_execution()->set_workflow_id(workflow_id);
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(requests_to_runs_elsewhere, two_engines)

BOOST_AUTO_TEST_CASE(a_request_goes_to_the_node_of_its_shard_and_its_answer_comes_back) {
  b.local.react([](tests::seen_request seen) {
    const auto& request = static_cast<const api::StartWorkflowExecutionRequest&>(*seen.request);
    BOOST_TEST(request.identity() == "me");
    BOOST_TEST(seen.domain->name == "orders");
    BOOST_TEST(seen.call->caller().name == "tester");
    api::StartWorkflowExecutionResponse response;
    response.set_run_id("the run");
    seen.call->reply(response);
  });
  auto request = std::make_shared<api::StartWorkflowExecutionRequest>();
  request->set_workflow_id(id_on("b"));
  request->set_identity("me");
  auto asked = std::make_shared<noted_call>();
  asked->who.name = "tester";
  a.engine.start(a.domain, request, asked);
  run();
  BOOST_REQUIRE(asked->bytes);
  api::StartWorkflowExecutionResponse response;
  BOOST_TEST(response.ParseFromString(*asked->bytes));
  BOOST_TEST(response.run_id() == "the run");
  BOOST_TEST(a.local.count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_to_a_run_here_stays_here) {
  auto asked = std::make_shared<noted_call>();
  a.engine.signal(a.domain, about<api::SignalWorkflowExecutionRequest>(id_on("a")), asked);
  run();
  BOOST_TEST(a.local.last().function == "signal");
  BOOST_TEST(b.local.count() == 0U);
}

BOOST_AUTO_TEST_CASE(every_method_arrives_as_itself) {
  const auto there = id_on("b");
  std::vector<std::string> sent;
  std::vector<std::string> arrived;
  b.local.react([&](tests::seen_request seen) {
    arrived.push_back(seen.function);
    if (seen.token)
      BOOST_TEST((seen.token->workflow_id == there && seen.token->by_id && seen.token->schedule_id == 7));
    seen.call->reject(bad_request("seen"));
  });
  std::vector<std::shared_ptr<noted_call>> calls;
  const auto call = [&](const std::string& name) {
    sent.push_back(name);
    calls.push_back(std::make_shared<noted_call>());
    return calls.back();
  };
  const auto start = std::make_shared<api::StartWorkflowExecutionRequest>();
  start->set_workflow_id(there);
  a.engine.start(a.domain, start, call("start"));
  const auto both = std::make_shared<api::SignalWithStartWorkflowExecutionRequest>();
  both->mutable_start_request()->set_workflow_id(there);
  a.engine.signal_with_start(a.domain, both, call("signal_with_start"));
#define CADENZA_ASK(name, Request) a.engine.name(a.domain, about<Request>(there), call(#name));
  CADENZA_ASK(signal, api::SignalWorkflowExecutionRequest)
  CADENZA_ASK(request_cancel, api::RequestCancelWorkflowExecutionRequest)
  CADENZA_ASK(terminate, api::TerminateWorkflowExecutionRequest)
  CADENZA_ASK(reset, api::ResetWorkflowExecutionRequest)
  CADENZA_ASK(restart, api::RestartWorkflowExecutionRequest)
  CADENZA_ASK(describe, api::DescribeWorkflowExecutionRequest)
  CADENZA_ASK(get_history, api::GetWorkflowExecutionHistoryRequest)
  CADENZA_ASK(query, api::QueryWorkflowRequest)
  CADENZA_ASK(refresh_tasks, api::RefreshWorkflowTasksRequest)
  CADENZA_ASK(reset_sticky, api::ResetStickyTaskListRequest)
  CADENZA_ASK(admin_describe_workflow, admin::DescribeWorkflowExecutionRequest)
  CADENZA_ASK(delete_workflow, admin::DeleteWorkflowRequest)
  CADENZA_ASK(maintain_corrupt_workflow, admin::MaintainCorruptWorkflowRequest)
  CADENZA_ASK(raw_history, admin::GetWorkflowExecutionRawHistoryV2Request)
#undef CADENZA_ASK
  task_token token;
  token.domain_id = a.domain->id;
  token.workflow_id = there;
  token.schedule_id = 7;
  token.by_id = true;
#define CADENZA_ASK(name, Request) a.engine.name(a.domain, token, std::make_shared<api::Request>(), call(#name));
  CADENZA_ASK(decision_completed, RespondDecisionTaskCompletedRequest)
  CADENZA_ASK(decision_failed, RespondDecisionTaskFailedRequest)
  CADENZA_ASK(heartbeat, RecordActivityTaskHeartbeatRequest)
  CADENZA_ASK(activity_completed, RespondActivityTaskCompletedRequest)
  CADENZA_ASK(activity_failed, RespondActivityTaskFailedRequest)
  CADENZA_ASK(activity_canceled, RespondActivityTaskCanceledRequest)
#undef CADENZA_ASK
  run();
  BOOST_TEST(sent == arrived, boost::test_tools::per_element());
  for (const auto& one : calls)
    BOOST_TEST((one->failure && one->failure->kind == error_kind::bad_request));
}

BOOST_AUTO_TEST_CASE(a_request_waits_for_a_shard_that_is_on_its_way) {
  int looks = 0;
  b.is_there = [&](int) { return ++looks > 3; };
  auto asked = std::make_shared<noted_call>();
  a.engine.signal(a.domain, about<api::SignalWorkflowExecutionRequest>(id_on("b")), asked);
  run();
  BOOST_TEST(b.local.last().function == "signal");
  BOOST_TEST(looks == 4);
  BOOST_TEST(a.local.waits_ns().size() == 3U);
  // Here as well.
  looks = 0;
  a.is_there = [&](int) { return ++looks > 3; };
  a.engine.signal(a.domain, about<api::SignalWorkflowExecutionRequest>(id_on("a")), asked);
  run();
  BOOST_TEST(a.local.last().function == "signal");
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_ever) {
  const cluster_views nobody("a", shards);
  routed_engine apart(a.local, hurry, nobody, a.links, [](int) { return true; });
  auto asked = std::make_shared<noted_call>();
  apart.signal(a.domain, about<api::SignalWorkflowExecutionRequest>("w"), asked);
  BOOST_REQUIRE(asked->failure);
  BOOST_TEST((asked->failure->kind == error_kind::unavailable));
  BOOST_TEST(a.local.count() == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_begun_is_not_begun_again) {
  b.local.react([](const tests::seen_request& seen) { seen.call->reject(unavailable("it died half way")); });
  auto asked = std::make_shared<noted_call>();
  a.engine.signal(a.domain, about<api::SignalWorkflowExecutionRequest>(id_on("b")), asked);
  run();
  BOOST_TEST(b.local.count() == 1U);
  BOOST_REQUIRE(asked->failure);
  BOOST_TEST(asked->failure->message == "it died half way");
}

BOOST_AUTO_TEST_CASE(a_method_that_this_version_does_not_know_is_refused) {
  wire::v1::EngineRequest strange;
  strange.set_method(99);
  auto asked = std::make_shared<noted_call>();
  b.engine.serve(strange.SerializeAsString(), asked);
  BOOST_REQUIRE(asked->failure);
  BOOST_TEST((asked->failure->kind == error_kind::unimplemented));
  auto garbage = std::make_shared<noted_call>();
  b.engine.serve("\xff", garbage);
  BOOST_TEST(garbage->failure.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
