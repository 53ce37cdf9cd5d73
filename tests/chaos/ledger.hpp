#pragma once

#include "tests/load/client.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cadenza::chaos {

/// What a crash test was promised by the server, and whether it was kept.
///
/// Drives workflows of two kinds: some run activities, some wait for signals. Every request is sent again with the same
/// request id until it is answered; what was acknowledged is written down here.
class ledger {
public:
  ledger(load::client& c, std::string domain, std::string task_list);

  /// Keeps so many workflows being started and signalled until stop_driving().
  void drive(int at_once);
  /// Begins no more workflows and waits until the requests under way are acknowledged.
  void stop_driving();
  /// Waits until every acknowledged workflow is closed, or the time is over.
  void wait_for_ends(std::chrono::minutes patience);

  /// Reads every acknowledged workflow's history and says what is wrong with it.
  [[nodiscard]] std::vector<std::string> check();

  struct counts {
    long long starts = 0;
    long long signals = 0;
    long long completed = 0;
  };
  [[nodiscard]] counts counted() const;

private:
  struct promise {
    std::string run_id;
    std::string input;
    int activities = 0;
    std::vector<std::string> signals; ///< names acknowledged
  };

  void next();
  void start(const std::string& workflow_id, const load::api::StartWorkflowExecutionRequest& request, int signals);
  void signal(const std::string& workflow_id, const load::api::SignalWorkflowExecutionRequest& request, int left);
  void over();
  [[nodiscard]] std::string problem_of(const std::string& workflow_id, const promise& p);
  [[nodiscard]] bool closed(const std::string& workflow_id, const std::string& run_id);

  load::client& client_;
  const std::string domain_;
  const std::string task_list_;
  mutable std::mutex mutex_;
  std::map<std::string, promise> promised_;
  std::vector<std::string> refused_; ///< requests that were answered with an error that is not transient
  std::atomic<bool> stop_{false};
  std::atomic<int> under_way_{0};
  std::atomic<long long> started_{0};
  long long completed_ = 0;
};

} // namespace cadenza::chaos
