#include "harbour.hpp"

#include "actors/base/task_token.hpp"
#include "config/limit_warnings.hpp"

#include "uber/cadence/api/v1/decision.pb.h"

#include <algorithm>

using namespace cadenza;
using namespace cadenza::simulation;

namespace {

/// An engine whose warnings are kept. No worker is there but the test.
struct watched {
  explicit watched(workflow::rules limits = {})
    : warnings(
          registry,
          [this](log::level, log::fields values, log::sentence says) { lines.push_back(log::text_of(values, says)); },
          [this] { return ++moment_ns; }),
      port(7, 2, [this](actors::engine_options& options) { options.warnings = &warnings; }) {
    port.in.set_rules(std::make_shared<const workflow::rules>(limits));
  }

  [[nodiscard]] double count(const char* limit) const {
    return registry.value("cadenza_limit_warnings_total", {{"limit", limit}});
  }
  void expect_line(const std::string& start, const std::string& workflow_id) const {
    BOOST_REQUIRE(lines.size() == 1u);
    BOOST_TEST(lines[0].starts_with(start), lines[0]);
    for (const auto& part : {" domain=" + std::string(domain_name), workflow_id, std::string(" run_id=")})
      BOOST_TEST(lines[0].find(part) != std::string::npos, lines[0]);
  }

  void signal(const std::string& workflow_id, const std::string& input = "x") {
    BOOST_REQUIRE(try_signal(workflow_id, input));
  }
  outcome<api::SignalWorkflowExecutionResponse> try_signal(const std::string& workflow_id, const std::string& input) {
    auto request = std::make_shared<api::SignalWorkflowExecutionRequest>();
    request->mutable_workflow_execution()->set_workflow_id(workflow_id);
    request->set_signal_name("s");
    request->mutable_signal_input()->set_data(input);
    request->set_request_id(port.in.chance().new_uuid().str());
    return port.ask<api::SignalWorkflowExecutionResponse>(
        [&](auto call) { port.in.engine().signal(port.in.domain(domain_name), request, std::move(call)); });
  }
  actors::task_token poll() {
    auto request = std::make_shared<api::PollForDecisionTaskRequest>();
    request->mutable_task_list()->set_name(list_name);
    const auto task = port.ask<api::PollForDecisionTaskResponse>(
        [&](auto call) { port.in.engine().poll_decision(port.in.domain(domain_name), request, std::move(call)); });
    BOOST_REQUIRE(task);
    const auto token = actors::decode_task_token(task->task_token());
    BOOST_REQUIRE(token);
    return *token;
  }
  void decide(std::vector<api::Decision> decisions) {
    const auto token = poll();
    auto request = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
    for (auto& one : decisions)
      *request->add_decisions() = std::move(one);
    BOOST_REQUIRE(port.ask<api::RespondDecisionTaskCompletedResponse>([&](auto call) {
      port.in.engine().decision_completed(port.in.domain(domain_name), token, request, std::move(call));
    }));
  }
  void fail_decision() {
    const auto token = poll();
    auto request = std::make_shared<api::RespondDecisionTaskFailedRequest>();
    request->set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
    BOOST_REQUIRE(port.ask<api::RespondDecisionTaskFailedResponse>([&](auto call) {
      port.in.engine().decision_failed(port.in.domain(domain_name), token, request, std::move(call));
    }));
  }

  metrics::registry registry;
  std::vector<std::string> lines;
  std::int64_t moment_ns = 0;
  limit_warnings warnings;
  harbour port;
};

api::Decision activity(const std::string& id, const std::string& input = {}) {
  api::Decision out;
  auto& a = *out.mutable_schedule_activity_task_decision_attributes();
  a.set_activity_id(id);
  a.mutable_activity_type()->set_name("activity");
  a.mutable_task_list()->set_name("nobody");
  a.mutable_input()->set_data(input);
  workflow::set_seconds(*a.mutable_schedule_to_close_timeout(), 600);
  workflow::set_seconds(*a.mutable_schedule_to_start_timeout(), 600);
  workflow::set_seconds(*a.mutable_start_to_close_timeout(), 600);
  return out;
}

api::Decision workflow_complete() {
  api::Decision out;
  out.mutable_complete_workflow_execution_decision_attributes();
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(many_bytes_behind_a_decision_end_the_decision_not_the_run) {
  workflow::rules limits;
  limits.transaction_size_max = 20'000;
  watched at(limits);
  at.port.start("flooded", "");
  (void)at.poll();
  for (int i = 0; i < 6; ++i)
    at.signal("flooded", std::string(3'000, 'x'));
  const auto now = at.port.describe("flooded");
  BOOST_REQUIRE(now);
  BOOST_TEST(!now->workflow_execution_info().has_close_time());
  BOOST_TEST(now->pending_decision().state() == api::PENDING_DECISION_STATE_SCHEDULED);
  at.decide({workflow_complete()});
  BOOST_TEST(at.port.describe("flooded")->workflow_execution_info().close_status() ==
             api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED);
}

BOOST_AUTO_TEST_CASE(a_run_whose_buffer_is_too_large_is_terminated_and_answers) {
  workflow::rules limits;
  limits.transaction_size_max = 20'000;
  watched at(limits);
  at.port.start("drowned", "");
  (void)at.poll();
  at.signal("drowned", std::string(9'000, 'x'));
  (void)at.try_signal("drowned", std::string(15'000, 'x'));
  const auto now = at.port.describe("drowned");
  BOOST_REQUIRE(now);
  BOOST_TEST(now->workflow_execution_info().close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_TERMINATED);
  BOOST_TEST(now->workflow_execution_info().history_length() == 5); // started, scheduled, started, failed, terminated
}

BOOST_AUTO_TEST_CASE(a_history_that_grows_long_is_noted_once) {
  workflow::rules limits;
  limits.history_count_warn = 5;
  watched at(limits);
  at.port.start("long", "");
  for (int i = 0; i < 3; ++i) // started, scheduled, three signals
    at.signal("long");
  BOOST_TEST(at.count("history_count") == 0);
  for (int i = 0; i < 4; ++i)
    at.signal("long");
  BOOST_TEST(at.count("history_count") == 1);
  BOOST_TEST(at.count("history_size") == 0);
  at.expect_line("a history has 6 events, more than limit.historyCount.warn of 5", "long");
}

BOOST_AUTO_TEST_CASE(a_history_that_grows_large_is_noted_once) {
  workflow::rules limits;
  limits.history_size_warn = 20'000;
  watched at(limits);
  at.port.start("large", "");
  for (int i = 0; i < 5; ++i)
    at.signal("large", std::string(8'000, 'x'));
  BOOST_TEST(at.count("history_size") == 1);
  at.expect_line("a history has 2", "large");
  // A run that is large from its first event on counts, too.
  at.port.start("born_large", std::string(21'000, 'x'));
  BOOST_TEST(at.count("history_size") == 2);
  BOOST_TEST(at.count("history_count") == 0);
}

BOOST_AUTO_TEST_CASE(many_pending_activities_are_noted_when_the_limit_is_crossed) {
  workflow::rules limits;
  limits.pending_activities_warn = 2;
  watched at(limits);
  at.port.start("busy", "");
  at.decide({activity("a"), activity("b")});
  BOOST_TEST(at.count("pending_activities") == 0);
  at.signal("busy");
  at.decide({activity("c")});
  at.signal("busy");
  at.decide({activity("d")});
  BOOST_TEST(at.count("pending_activities") == 1);
  at.expect_line("a run has 3 pending activities, more than limit.pendingActivityCount.warn of 2", "busy");
}

BOOST_AUTO_TEST_CASE(each_attempt_of_a_decision_beyond_the_critical_one_is_noted) {
  workflow::rules limits;
  limits.decision_attempts_critical = 2;
  watched at(limits);
  at.port.start("stuck", "");
  at.fail_decision(); // the next is attempt 1
  at.fail_decision();
  BOOST_TEST(at.count("decision_attempts") == 0);
  at.fail_decision();
  BOOST_TEST(at.count("decision_attempts") == 1);
  at.expect_line("a decision is at attempt 3, more than history.decisionRetryCriticalAttempts of 2", "stuck");
  at.fail_decision();
  BOOST_TEST(at.count("decision_attempts") == 2);
}

BOOST_AUTO_TEST_CASE(large_payloads_and_long_ids_of_decisions_are_noted_once_for_each_answer) {
  workflow::rules limits;
  limits.blob_size_warn = 1000;
  limits.lengths.warn = 20;
  watched at(limits);
  at.port.start("chatty", "");
  at.decide({activity("a", std::string(1000, 'x')), activity(std::string(20, 'i'))});
  BOOST_TEST(at.count("blob_size") == 0);
  BOOST_TEST(at.count("id_length") == 0);
  at.signal("chatty");
  at.decide({activity("b", std::string(1001, 'x')), activity("c", std::string(1002, 'x'))});
  BOOST_TEST(at.count("blob_size") == 1);
  at.expect_line("ScheduleActivityTaskDecisionAttributes.Input of 1002 bytes is larger than limit.blobSize.warn of "
                 "1000",
                 "chatty");
  at.lines.clear();
  at.signal("chatty");
  at.decide({activity(std::string(21, 'i'))});
  BOOST_TEST(at.count("id_length") == 1);
  BOOST_TEST(at.count("blob_size") == 1);
  at.expect_line("ActivityID of 21 bytes is longer than limit.maxIDWarnLength of 20", "chatty");
}

// ---------------------------------------------------------------- rates

namespace {

std::string describe_verdict(harbour& port, const std::string& workflow_id) {
  const auto described = port.describe(workflow_id);
  if (described)
    return "";
  const auto& reason = described.error();
  return reason.message + (reason.detail ? " [" + reason.detail->reason + ']' : "");
}

} // namespace

BOOST_AUTO_TEST_CASE(callers_of_one_workflow_id_are_limited) {
  watched at;
  at.port.start("w", "");
  at.port.start("v", "");
  auto& engine = at.port.in.engine();
  engine.set_request_rates({0, 2, 0});
  const std::string busy = "Too many requests for the workflow ID [external-workflow-id-rate-limit]";
  // Time passes between the calls; none of it fills half a second's token.
  const auto began = at.port.in.now_ns();
  BOOST_TEST(describe_verdict(at.port, "w") == "");
  BOOST_TEST(describe_verdict(at.port, "w") == "");
  BOOST_TEST(describe_verdict(at.port, "w") == busy);
  BOOST_TEST_REQUIRE(at.port.in.now_ns() - began < ns_per_s / 2);
  BOOST_TEST(describe_verdict(at.port, "v") == "");
  at.port.wait(ns_per_s);
  at.signal("w");
  at.signal("w");
  BOOST_TEST(describe_verdict(at.port, "w") == busy);
  BOOST_TEST(engine.counters().requests_refused.load() == 2);
  engine.set_request_rates({1, 0, 0});
  BOOST_TEST(describe_verdict(at.port, "w") == "");
  BOOST_TEST(describe_verdict(at.port, "v") == "History host rps exceeded []");
  engine.set_request_rates({});
  BOOST_TEST(describe_verdict(at.port, "v") == "");
}

BOOST_AUTO_TEST_CASE(tasks_of_one_workflow_id_beyond_its_rate_come_later) {
  watched at;
  auto& engine = at.port.in.engine();
  engine.set_request_rates({0, 0, 2});
  at.port.start("w", "");
  at.decide({activity("a"), activity("b"), activity("c")}); // with the decision that makes four
  at.port.wait(ns_per_s / 10);
  BOOST_TEST(engine.counters().tasks_held_back.load() >= 1);
  // All of them reach their list in the end, each once.
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    auto request = std::make_shared<api::PollForActivityTaskRequest>();
    request->mutable_task_list()->set_name("nobody");
    const auto task = at.port.ask<api::PollForActivityTaskResponse>(
        [&](auto call) { engine.poll_activity(at.port.in.domain(domain_name), request, std::move(call)); });
    BOOST_REQUIRE(task);
    ids.push_back(task->activity_id());
  }
  std::sort(ids.begin(), ids.end());
  BOOST_TEST(ids == (std::vector<std::string>{"a", "b", "c"}), boost::test_tools::per_element());
}

namespace {

/// A call whose caller may leave.
class leaving_call final : public actors::call {
public:
  leaving_call() : call(INT64_MAX) {}
  ~leaving_call() override { lost(); }
  void on_cancel(std::function<void()> hook) override { hook_ = std::move(hook); }
  void leave() {
    auto hook = std::exchange(hook_, nullptr);
    hook();
  }
  [[nodiscard]] bool waits() const { return static_cast<bool>(hook_); }

protected:
  void send(const google::protobuf::MessageLite&) override {}
  void send_bytes(std::string) override {}
  void fail(const error&) override {}

private:
  std::function<void()> hook_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_call_that_waits_goes_on_in_time_or_is_dropped) {
  watched at;
  auto& engine = at.port.in.engine();
  const auto calm = [&] { at.port.wait(ns_per_ms); };
  int gone_on = 0;
  const auto go = [&gone_on](const actors::call_ptr&) { ++gone_on; };
  const auto hold = [&] {
    auto held = std::make_shared<leaving_call>();
    engine.wait(5 * ns_per_s, held, go);
    at.port.in.run_until(
        "it waits", [&] { return held->waits(); }, ns_per_s);
    return held;
  };

  std::weak_ptr<actors::call> in_time = hold();
  at.port.wait(4 * ns_per_s);
  BOOST_TEST(gone_on == 0);
  at.port.wait(2 * ns_per_s);
  BOOST_TEST(gone_on == 1);
  calm();
  BOOST_TEST(in_time.expired());

  auto left = hold();
  left->leave();
  calm();
  std::weak_ptr<actors::call> left_alone = left;
  left.reset();
  BOOST_TEST(left_alone.expired());

  std::weak_ptr<actors::call> orphan = hold();
  bool killed = false;
  engine.kill_actor("node/matching_owner", [&](const std::string&) { killed = true; });
  at.port.in.run_until(
      "the owner dies", [&] { return killed && orphan.expired(); }, ns_per_s);
  at.port.wait(10 * ns_per_s);
  BOOST_TEST(gone_on == 1);
}
