#pragma once

#include "actors/base/task_token.hpp"
#include "actors/system/system_worker.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

/// What the system's worker has in hand: its polls, and the decisions and activities that it was given. Each gives
/// itself back when its last holder lets it go. For system_worker.cpp only.
namespace cadenza::actors {

inline constexpr const char* gave_up = "the worker of the system ended before it was done";

using post = std::function<void(std::function<void()>)>;

/// The answer to something the worker reports: only whether it was taken counts.
class report_call final : public call {
public:
  report_call(post to, std::function<void(const error*)> then)
    : call(INT64_MAX), post_(std::move(to)), then_(std::move(then)) {}
  ~report_call() override { lost(); }

protected:
  void send(const google::protobuf::MessageLite&) override { taken(); }
  void send_bytes(std::string) override { taken(); }
  void fail(const error& reason) override {
    post_([then = std::move(then_), reason] { then(&reason); });
  }

private:
  void taken() {
    post_([then = std::move(then_)] { then(nullptr); });
  }
  post post_;
  std::function<void(const error*)> then_;
};

inline std::string identity_of(const actor_context& env) { return "system-worker@" + env.settings.identity; }

/// The answer to a report whose end does not matter.
inline call_ptr nobody() {
  return std::make_shared<report_call>([](const auto&) {}, [](const error*) {});
}

inline void set_answer(uber::cadence::api::v1::WorkflowQueryResult& to, const outcome<std::string>& answer) {
  if (answer) {
    to.set_result_type(uber::cadence::api::v1::QUERY_RESULT_TYPE_ANSWERED);
    to.mutable_answer()->set_data(*answer);
  } else {
    to.set_result_type(uber::cadence::api::v1::QUERY_RESULT_TYPE_FAILED);
    to.set_error_message(answer.error().message);
  }
}

/// The end of a poll that its worker keeps, to withdraw it. Not the poll itself: one that its list lost must be
/// noticed.
class system_worker::withdrawal {
public:
  [[nodiscard]] bool gone() const {
    const std::lock_guard guard(mutex_);
    return gone_;
  }
  void on_gone(std::function<void()> hook) {
    {
      const std::lock_guard guard(mutex_);
      if (!gone_) {
        hook_ = std::move(hook);
        return;
      }
    }
    hook();
  }
  void withdraw() {
    std::function<void()> hook;
    {
      const std::lock_guard guard(mutex_);
      gone_ = true;
      hook = std::move(hook_);
    }
    if (hook)
      hook();
  }

private:
  mutable std::mutex mutex_;
  bool gone_ = false;
  std::function<void()> hook_;
};

/// A poll. Its answer is parsed on the thread it comes from: what comes for a worker that has died must be given back.
template <class Response> class system_worker::waiting_poll final : public call {
public:
  using handler = std::function<void(std::shared_ptr<Response>, const error*)>; ///< on any thread

  waiting_poll(std::shared_ptr<withdrawal> end, handler then)
    : call(INT64_MAX), end_(std::move(end)), then_(std::move(then)) {}
  ~waiting_poll() override { lost(); }
  [[nodiscard]] bool cancelled() const override { return end_->gone(); }
  void on_cancel(std::function<void()> hook) override { end_->on_gone(std::move(hook)); }

protected:
  void send(const google::protobuf::MessageLite& response) override { send_bytes(response.SerializeAsString()); }
  void send_bytes(std::string bytes) override {
    auto response = std::make_shared<Response>();
    if (response->ParseFromString(bytes))
      return then_(std::move(response), nullptr);
    const auto reason = internal_error("a task inside the server does not parse");
    then_(nullptr, &reason);
  }
  void fail(const error& reason) override { then_(nullptr, &reason); }

private:
  const std::shared_ptr<withdrawal> end_;
  const handler then_;
};

/// A decision or a query that a worker has. Given back unless it was answered.
class system_worker::decision_work {
public:
  decision_work(std::shared_ptr<engine_link> link, workflow::domain_ptr of,
                std::shared_ptr<uber::cadence::api::v1::PollForDecisionTaskResponse> what)
    : domain(std::move(of)), task(std::move(what)), link_(std::move(link)) {}
  decision_work(const decision_work&) = delete;
  decision_work& operator=(const decision_work&) = delete;
  ~decision_work() {
    if (!settled)
      link_->use([this](class engine& to) { give_back(to); });
  }

  const workflow::domain_ptr domain;
  const std::shared_ptr<uber::cadence::api::v1::PollForDecisionTaskResponse> task;
  bool settled = false;

private:
  void give_back(class engine& to) const {
    if (task->has_query()) {
      auto token = decode_query_token(task->task_token());
      auto body = std::make_shared<uber::cadence::api::v1::RespondQueryTaskCompletedRequest>();
      set_answer(*body->mutable_result(), unavailable(gave_up));
      if (token)
        to.query_completed(domain, *std::move(token), std::move(body), nobody());
      return;
    }
    auto token = decode_task_token(task->task_token());
    auto body = std::make_shared<uber::cadence::api::v1::RespondDecisionTaskFailedRequest>();
    body->set_task_token(task->task_token());
    body->set_cause(uber::cadence::api::v1::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
    body->mutable_details()->set_data(gave_up);
    if (token)
      to.decision_failed(domain, *std::move(token), std::move(body), nobody());
  }

  const std::shared_ptr<engine_link> link_;
};

/// An activity that a worker has.
class system_worker::activity_work final : public activity_in_hand, public std::enable_shared_from_this<activity_work> {
public:
  activity_work(class engine& to, std::shared_ptr<engine_link> link, workflow::domain_ptr of,
                std::shared_ptr<uber::cadence::api::v1::PollForActivityTaskResponse> what, std::string identity,
                post steps)
    : task(std::move(what)), engine_(to), link_(std::move(link)), domain_(std::move(of)),
      identity_(std::move(identity)), steps_(std::move(steps)) {}
  ~activity_work() override {
    if (!settled)
      link_->use([this](class engine& to) { report(to, error(error_kind::unavailable, gave_up), nobody()); });
  }

  [[nodiscard]] const std::string& input() const override { return task->input().data(); }
  [[nodiscard]] class engine& engine() const override { return engine_; }
  void finish(outcome<std::string> result) override {
    if (result_)
      return;
    result_ = std::move(result);
    finished();
  }
  /// Tells the engine what came out of it.
  void report(call_ptr call) const {
    CADENZA_ASSERT(result_, "an activity is reported when something has come out of it");
    report(engine_, *result_, std::move(call));
  }

  const std::shared_ptr<uber::cadence::api::v1::PollForActivityTaskResponse> task;
  bool settled = false;
  std::function<void()> finished; ///< set before it begins

protected:
  [[nodiscard]] post poster() const override { return steps_; }

private:
  void report(class engine& to, const outcome<std::string>& result, call_ptr call) const {
    auto token = decode_task_token(task->task_token());
    if (!token)
      return call->reject(token.error());
    if (result) {
      auto body = std::make_shared<uber::cadence::api::v1::RespondActivityTaskCompletedRequest>();
      body->set_task_token(task->task_token());
      body->mutable_result()->set_data(*result);
      body->set_identity(identity_);
      return to.activity_completed(domain_, *std::move(token), std::move(body), std::move(call));
    }
    auto body = std::make_shared<uber::cadence::api::v1::RespondActivityTaskFailedRequest>();
    body->set_task_token(task->task_token());
    body->mutable_failure()->set_reason(std::string(name_of(result.error().kind)));
    body->mutable_failure()->set_details(result.error().message);
    body->set_identity(identity_);
    to.activity_failed(domain_, *std::move(token), std::move(body), std::move(call));
  }

  class engine& engine_;
  const std::shared_ptr<engine_link> link_;
  const workflow::domain_ptr domain_;
  const std::string identity_;
  const post steps_;
  std::optional<outcome<std::string>> result_;
};

} // namespace cadenza::actors
