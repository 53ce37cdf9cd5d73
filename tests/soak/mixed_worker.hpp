#pragma once

#include "tests/load/client.hpp"

#include <atomic>
#include <string>

namespace cadenza::soak {

namespace api = load::api;

inline constexpr const char* domain = "soak";
inline constexpr const char* task_list = "soak";
/// Polled every other quarter of a minute only, so that its tasks go through the stored backlog.
inline constexpr const char* late_task_list = "soak-late";

/// A worker that knows every kind of workflow of the soak. The workflow's input says what it does:
///   work N       N activities one after the other, a marker before each
///   flaky        one activity that fails twice and is retried
///   timer S      waits S seconds
///   wait N       waits for N signals
///   children N   N children, each `work 1`, all at once
///   tell ID      signals the workflow ID
///   again N      continues as new N times
///   fail         fails; its start says whether it is tried again
///   beat         completes at once; for cron
/// A cancel request ends any of them as canceled. Queries are answered with the number of signals seen. Half of the
/// workflows are sticky: their histories come in parts, and the worker reads the rest again.
class mixed_worker {
public:
  mixed_worker(load::client& c, std::string list, int polls);
  ~mixed_worker();
  mixed_worker(const mixed_worker&) = delete;
  mixed_worker& operator=(const mixed_worker&) = delete;

  /// Polls no more, cancels the polls under way and waits until nothing is. The client must be this worker's alone.
  void abandon();

  std::atomic<std::int64_t> decisions{0};
  std::atomic<std::int64_t> activities{0};
  std::atomic<std::int64_t> queries{0};

private:
  template <class Response, class Request>
  void ask(const char* method, const Request& request, std::function<void(const load::result&, Response&)> then);
  void poll_decision(bool sticky);
  void take(std::shared_ptr<api::PollForDecisionTaskResponse> task);
  void read_on(std::shared_ptr<api::PollForDecisionTaskResponse> task, const std::string& page);
  void answer(const api::PollForDecisionTaskResponse& task);
  void poll_activity();
  void work(const api::PollForActivityTaskResponse& task);

  load::client& client_;
  const std::string list_;
  const std::string sticky_list_;
  std::atomic<bool> stop_{false};
  std::atomic<int> under_way_{0};
};

} // namespace cadenza::soak
