#pragma once

#include "actors/base/engine.hpp"

#include "uber/cadence/api/v1/decision.pb.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// What the server's own worker carries out. A kind of system workflow is a pure rule and the activities it schedules;
/// `system_worker` runs them as any worker would, through the engine's interface.
namespace cadenza::actors {

using events = google::protobuf::RepeatedPtrField<uber::cadence::api::v1::HistoryEvent>;

/// A workflow of the system. Both parts are pure: the same history gives the same answer, at every replay.
struct system_workflow {
  /// What to do next, from the whole history up to now. Nothing: to wait.
  std::function<std::vector<uber::cadence::api::v1::Decision>(const events&)> decide;
  /// Answers to queries, by query type.
  std::map<std::string, std::function<outcome<std::string>(const events&, const std::string& input)>> queries;
};

/// An activity that is being carried out. All of it runs in the worker's actor and none of it may block: questions to
/// the engine are answered later. Must be finished once; when its last holder lets it go unfinished it is reported as
/// failed, and the retry policy it was scheduled with decides.
class activity_in_hand {
public:
  activity_in_hand() = default;
  activity_in_hand(const activity_in_hand&) = delete;
  activity_in_hand& operator=(const activity_in_hand&) = delete;
  virtual ~activity_in_hand() = default;

  [[nodiscard]] virtual const std::string& input() const = 0;
  [[nodiscard]] virtual class engine& engine() const = 0;
  /// The result; or the error, whose kind's name becomes the failure's reason and its message the details.
  virtual void finish(outcome<std::string> result) = 0;
  /// A call for a request to the engine: its answer, or why there is none, comes to `then` in the worker's actor.
  /// Nothing comes when the worker has died.
  template <class Response> [[nodiscard]] call_ptr answer_to(std::function<void(outcome<Response>)> then);

protected:
  /// Has `step` run in the worker's actor. Any thread.
  virtual std::function<void(std::function<void()>)> poster() const = 0;
};
using activity_ptr = std::shared_ptr<activity_in_hand>;
using system_activity = std::function<void(activity_ptr)>;

/// A task list of the system and what is done for it.
struct system_list {
  std::string domain;
  std::string task_list;
  std::map<std::string, system_workflow> workflows;  ///< by workflow type
  std::map<std::string, system_activity> activities; ///< by activity type
};

/// A call whose answer goes to an actor as a step of its own. The answer is parsed there, not on the thread it comes
/// from.
template <class Response> class posted_call : public call {
public:
  using post = std::function<void(std::function<void()>)>;
  using handler = std::function<void(outcome<Response>)>;

  posted_call(post to, handler then) : call(INT64_MAX), post_(std::move(to)), then_(std::move(then)) {}
  ~posted_call() override { lost(); }

protected:
  void send(const google::protobuf::MessageLite& response) override {
    post_([then = std::move(then_), response = static_cast<const Response&>(response)] { then(response); });
  }
  void send_bytes(std::string bytes) override {
    post_([then = std::move(then_), bytes = std::move(bytes)] {
      Response response;
      if (response.ParseFromString(bytes))
        then(std::move(response));
      else
        then(internal_error("an answer inside the server does not parse"));
    });
  }
  void fail(const error& reason) override {
    post_([then = std::move(then_), reason] { then(reason); });
  }

private:
  post post_;
  handler then_;
};

template <class Response> call_ptr activity_in_hand::answer_to(std::function<void(outcome<Response>)> then) {
  return std::make_shared<posted_call<Response>>(poster(), std::move(then));
}

} // namespace cadenza::actors
