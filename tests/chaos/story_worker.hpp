#pragma once

#include "tests/chaos/log_book.hpp"

namespace cadenza::chaos {

/// A worker process for stories (simulation/program.hpp) over gRPC: decides, works, beats, answers queries; now and
/// then it forgets a task or fails it.
class story_worker {
public:
  story_worker(load::client& client, alarms& clock, log_book& book, std::string name, bool sticky, int polls);
  /// Polls no more and waits until all that is under way is over.
  ~story_worker();

private:
  void poll_decision(bool sticky);
  void take_decision(const api::PollForDecisionTaskResponse& task);
  void read_on(std::shared_ptr<api::PollForDecisionTaskResponse> task, std::string page);
  void answer_decision(const api::PollForDecisionTaskResponse& task);
  void answer_query(const api::PollForDecisionTaskResponse& task);
  void poll_activity();
  void take_activity(std::shared_ptr<api::PollForActivityTaskResponse> task);
  void answer_activity(const api::PollForActivityTaskResponse& task);
  [[nodiscard]] std::string mark();
  void begin() { ++under_way_; }
  void over() { --under_way_; }

  load::client& client_;
  alarms& clock_;
  log_book& book_;
  const std::string name_;
  const bool sticky_;
  std::atomic<bool> working_{true};
  std::atomic<int> under_way_{0};
  std::atomic<int> marks_{0};
};

} // namespace cadenza::chaos
