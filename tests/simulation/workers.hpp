#pragma once

#include "ledger.hpp"
#include "program.hpp"
#include "world.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"

namespace cadenza::simulation {

/// A worker process: polls for decisions and activities until told to stop, and answers them well, late, badly or not
/// at all. Its poll loops ride on the world's happenings; it must outlive the world's last step.
class worker {
public:
  worker(world& in, ledger& book, int number, bool sticky);

  void begin();
  /// Polls no more; what is under way is finished.
  void stop() { working_ = false; }

private:
  void poll_decision(bool sticky);
  void take_decision(std::shared_ptr<api::PollForDecisionTaskResponse> task);
  void read_on(std::shared_ptr<api::PollForDecisionTaskResponse> task, std::shared_ptr<api::History> history,
               std::string page);
  void answer_decision(const api::PollForDecisionTaskResponse& task, const api::History& history);
  void answer_query(std::shared_ptr<api::PollForDecisionTaskResponse> task, const api::History& history);
  void fail_decision(const api::PollForDecisionTaskResponse& task);
  void poll_activity();
  void take_activity(std::shared_ptr<api::PollForActivityTaskResponse> task);
  void answer_activity(const api::PollForActivityTaskResponse& task);
  void beat(std::shared_ptr<api::PollForActivityTaskResponse> task);
  /// What was taken is sent again now and then: it must be refused.
  void once_more(std::function<void(workflow::domain_ptr)> send);
  void finish_activity_once_more(std::shared_ptr<api::RespondActivityTaskCompletedRequest> request);
  [[nodiscard]] std::string mark();

  world& in_;
  ledger& book_;
  const std::string name_;
  const bool sticky_;
  bool working_ = true;
  int marks_ = 0;
};

} // namespace cadenza::simulation
