#pragma once

#include "tests/load/client.hpp"

#include <atomic>
#include <string>

namespace cadenza::load {

/// What a benchmark watches. Every function may be empty; they run on gRPC's threads and must not block.
struct worker_observer {
  std::function<void(const api::PollForDecisionTaskResponse&)> decision; ///< a decision task is in the worker's hands
  std::function<void(const std::string& workflow_id)> scheduling; ///< the answer that asks for an activity goes out now
  std::function<void(const api::PollForActivityTaskResponse&)> activity; ///< an activity task is in the worker's hands
  /// The answer that closes the workflow was acknowledged, or refused (`ok` false).
  std::function<void(const std::string& workflow_id, bool ok)> closed;
};

/// A worker for load: keeps a number of polls of each kind open and answers at once. Its workflow runs `activities`
/// activities one after the other (the input of the workflow: a decimal number) and then completes with that number.
/// A workflow whose input begins with "signals:N" completes when N signals are in its history; one with "timer:S"
/// starts one timer of S seconds and completes when it has fired; "children:N" starts N children at once, of the kind
/// with input "0", and completes when all have. Queries are answered with the number of signals in the history.
class load_worker {
public:
  load_worker(client& c, std::string domain, std::string task_list, int decision_polls, int activity_polls,
              worker_observer observer = {});
  /// Stops and lets go of every poll at once: cancels all that is under way on the client. Call it where no answer
  /// matters any more.
  void abandon();
  /// Stops and waits until every poll has come back.
  ~load_worker();

  std::atomic<std::int64_t> decisions{0};
  std::atomic<std::int64_t> activities{0};
  std::atomic<std::int64_t> completed{0};

private:
  void poll_decision();
  void poll_activity();
  void answer_query(const api::PollForDecisionTaskResponse& task);
  void decide(const api::PollForDecisionTaskResponse& task);

  client& client_;
  const std::string domain_;
  const std::string task_list_;
  const worker_observer observer_;
  std::atomic<bool> stop_{false};
  std::atomic<int> under_way_{0};
};

/// A start request of such a workflow.
[[nodiscard]] api::StartWorkflowExecutionRequest make_start(const std::string& domain, const std::string& task_list,
                                                            const std::string& workflow_id, const std::string& input);

} // namespace cadenza::load
