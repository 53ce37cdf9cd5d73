#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/runs/received_message.hpp"
#include "actors/runs/run_flow.hpp"

#include "../workflow/harness.hpp"

#include "cadenza/record/v1/run_message.pb.h"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cadenza::actors {

using wire::v1::Refused;
using wire::v1::RunMessage;
using verdict = run_flow::verdict;

inline const std::string child_run = "11111111-1111-4111-8111-111111111111";

/// A run on a bench and its shard, which is played; messages to other runs are caught.
class flow_world final : public workflow::test::bench {
public:
  flow_world() {
    env_.time = &clock_;
    env_.routes = &routes_;
    env_.domains = &domains_;
    env_.others = &others_;
  }
  ~flow_world() override { flow.reset(); } // its receipt speaks to the shard

  /// Begins to carry out the only task of that type, or once more the one before.
  void take(record::v1::TransferType type, std::int64_t quiet_from_ns = 0) {
    const auto tasks = transfer(type);
    if (!tasks.empty()) {
      BOOST_REQUIRE_EQUAL(tasks.size(), 1U);
      task_ = tasks[0];
    }
    const auto shard = caf::actor_cast<caf::actor>(shard_);
    flow = make_flow({env_, shard, 77, quiet_from_ns}, task_,
                     std::make_shared<task_receipt>(shard, false, 0, task_.task_id()));
    BOOST_REQUIRE(flow != nullptr);
  }
  /// The run takes the flow's step; what comes next.
  verdict act() {
    const auto acted = command([this](workflow::transaction& tx) { return flow->act(tx); });
    return acted ? flow->acted() : flow->refused(acted.error());
  }
  /// The messages that the flow wants to have sent now.
  std::vector<run_message_ptr> out() { return flow->take_outbox(); }
  RunMessage only_message() {
    const auto messages = out();
    BOOST_REQUIRE_EQUAL(messages.size(), 1U);
    // It could have crossed a wire.
    RunMessage copy;
    BOOST_REQUIRE(copy.ParseFromString(messages[0]->SerializeAsString()));
    return copy;
  }
  static RunMessage answer_to(const RunMessage& request) {
    RunMessage answer;
    *answer.mutable_to() = request.from();
    *answer.mutable_from() = request.to();
    answer.set_exchange(request.exchange());
    answer.set_part(request.part());
    return answer;
  }
  static RunMessage done(const RunMessage& request) {
    auto answer = answer_to(request);
    answer.mutable_done();
    return answer;
  }
  static RunMessage started(const RunMessage& request) {
    auto answer = answer_to(request);
    answer.mutable_child_started()->set_run_id(child_run);
    return answer;
  }
  static RunMessage refused(const RunMessage& request, Refused::Reason reason) {
    auto answer = answer_to(request);
    answer.mutable_refused()->set_reason(reason);
    return answer;
  }
  /// How the task ended: nothing while somebody carries it out.
  std::optional<task_over> over() {
    std::optional<task_over> told;
    shard_->receive([&](task_over& end) { told = end; }, caf::after(std::chrono::seconds(0)) >> [] {});
    return told;
  }
  bool drop_says_again() {
    flow.reset();
    const auto told = over();
    return told && !told->done;
  }
  bool finish_says_done() {
    flow->finish();
    const auto told = over();
    return told && told->done;
  }

  /// A command made from a message for the run of the bench.
  run_command_ptr arrive(const RunMessage& message) {
    return std::get<run_command_ptr>(receive(env_, std::make_shared<const RunMessage>(message)));
  }
  /// Its rule, on that run; how often it changed something.
  outcome<bool> carry_out(const RunMessage& message) {
    const auto made = arrive(message);
    const auto acted = command([&](workflow::transaction& tx) { return made->act(tx); });
    if (!acted)
      return acted.error();
    return made->changed();
  }
  RunMessage message_from(const std::string& workflow_id, const std::string& run_id) const {
    RunMessage message;
    message.mutable_to()->set_domain_id(domain_id.raw());
    message.mutable_to()->set_workflow_id(bench_workflow());
    message.mutable_from()->set_domain_id(domain_id.raw());
    message.mutable_from()->set_workflow_id(workflow_id);
    message.mutable_from()->set_run_id(uuid::parse(run_id)->raw());
    message.set_exchange(5);
    message.set_part(1);
    message.set_expires_ns(now_ns + message_life_ns);
    return message;
  }
  [[nodiscard]] std::string bench_workflow() const { return request().workflow_id(); }

  std::vector<run_message_ptr> sent;
  run_flow_ptr flow;

private:
  /// Catches what is said to other runs.
  class catcher final : public other_nodes {
  public:
    explicit catcher(std::vector<run_message_ptr>& sent) : sent_(sent) {}
    [[nodiscard]] bool carried(const run_message_ptr& message) override {
      sent_.push_back(message);
      return true;
    }

  private:
    std::vector<run_message_ptr>& sent_;
  };
  class bench_clock final : public clock {
  public:
    explicit bench_clock(const bench& of) : of_(of) {}
    [[nodiscard]] std::int64_t now_ns() const override { return of_.now_ns; }

  private:
    const bench& of_;
  };

  catcher others_{sent};
  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor shard_{system_};
  router routes_{1};
  domain_source domains_;
  bench_clock clock_{*this};
  actor_context env_;
  record::v1::TransferTask task_;
};

} // namespace cadenza::actors
