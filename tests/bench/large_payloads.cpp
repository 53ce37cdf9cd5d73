#include "tests/load/client.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

/// What a server needs for payloads that are not small: `large_payloads ADDRESS [CLIENTS] [BYTES] [SECONDS]` has so
/// many clients run workflows with one activity one after the other, with a payload of that size in the start, the
/// activity and both results. The server's limit of memory is whoever starts it to give; docs/performance.md has
/// figures.
namespace cadenza::load {
namespace {

constexpr auto patience = std::chrono::seconds(30);
constexpr const char* domain = "payloads";

class workflows {
public:
  workflows(const std::string& address, int clients, std::size_t bytes)
    : client_(address, clients), payload_(bytes, 'p') {}

  [[nodiscard]] bool prepare() { return prepare_domain(client_, domain, std::chrono::seconds(60)); }

  /// One workflow after the other, on a task list of its own. Any thread.
  void run(int which, std::chrono::steady_clock::time_point until) {
    const auto list = "list-" + std::to_string(which);
    while (std::chrono::steady_clock::now() < until)
      if (!one(list))
        return;
  }

  [[nodiscard]] long calls() const { return calls_; }
  [[nodiscard]] long failed() const { return failed_; }
  [[nodiscard]] long completed() const { return completed_; }

private:
  template <class Request, class Response> bool call(const char* method, const Request& request, Response& response) {
    ++calls_;
    const auto done = client_.wait(method, request, response, patience);
    if (!done.ok() && ++failed_ <= 10)
      std::cerr << method << ": " << done.code << " " << done.message << '\n';
    return done.ok();
  }

  bool decide(const std::string& list, api::Decision decision) {
    api::PollForDecisionTaskRequest poll;
    poll.set_domain(domain);
    poll.mutable_task_list()->set_name(list);
    api::PollForDecisionTaskResponse task;
    if (!call("WorkerAPI/PollForDecisionTask", poll, task))
      return false;
    api::RespondDecisionTaskCompletedRequest done;
    done.set_task_token(task.task_token());
    *done.add_decisions() = std::move(decision);
    api::RespondDecisionTaskCompletedResponse answer;
    return call("WorkerAPI/RespondDecisionTaskCompleted", done, answer);
  }

  bool work(const std::string& list) {
    api::PollForActivityTaskRequest poll;
    poll.set_domain(domain);
    poll.mutable_task_list()->set_name(list);
    api::PollForActivityTaskResponse task;
    if (!call("WorkerAPI/PollForActivityTask", poll, task))
      return false;
    api::RespondActivityTaskCompletedRequest done;
    done.set_task_token(task.task_token());
    done.mutable_result()->set_data(payload_);
    api::RespondActivityTaskCompletedResponse answer;
    return call("WorkerAPI/RespondActivityTaskCompleted", done, answer);
  }

  bool one(const std::string& list) {
    api::StartWorkflowExecutionRequest start;
    start.set_domain(domain);
    start.set_workflow_id(new_uuid());
    start.set_request_id(new_uuid());
    start.mutable_workflow_type()->set_name("program");
    start.mutable_task_list()->set_name(list);
    start.mutable_input()->set_data(payload_);
    start.mutable_execution_start_to_close_timeout()->set_seconds(600);
    start.mutable_task_start_to_close_timeout()->set_seconds(10);
    api::StartWorkflowExecutionResponse started;
    if (!call("WorkflowAPI/StartWorkflowExecution", start, started))
      return false;
    api::Decision schedule;
    auto& activity = *schedule.mutable_schedule_activity_task_decision_attributes();
    activity.set_activity_id("a");
    activity.mutable_activity_type()->set_name("activity");
    activity.mutable_task_list()->set_name(list);
    activity.mutable_input()->set_data(payload_);
    activity.mutable_schedule_to_close_timeout()->set_seconds(60);
    activity.mutable_schedule_to_start_timeout()->set_seconds(60);
    activity.mutable_start_to_close_timeout()->set_seconds(60);
    api::Decision complete;
    complete.mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data(payload_);
    if (!decide(list, schedule) || !work(list) || !decide(list, complete))
      return false;
    ++completed_;
    return true;
  }

  client client_;
  const std::string payload_;
  std::atomic<long> calls_{0};
  std::atomic<long> failed_{0};
  std::atomic<long> completed_{0};
};

int run(const std::string& address, int clients, std::size_t bytes, int seconds) {
  workflows all(address, clients, bytes);
  if (!all.prepare()) {
    std::cerr << "the server does not answer\n";
    return 1;
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(clients));
  for (int i = 0; i < clients; ++i)
    threads.emplace_back([&all, i, until] { all.run(i, until); });
  for (auto& one : threads)
    one.join();
  std::cout << clients << " clients, " << bytes << " bytes, " << seconds << " s: " << all.completed() << " workflows, "
            << all.calls() << " calls, " << all.failed() << " failed\n";
  return all.failed() == 0 ? 0 : 1;
}

} // namespace
} // namespace cadenza::load

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: large_payloads ADDRESS [CLIENTS] [BYTES] [SECONDS]\n";
    return 2;
  }
  const auto number = [&](int which, int fallback) { return argc > which ? std::atoi(argv[which]) : fallback; };
  return cadenza::load::run(argv[1], number(2, 16), static_cast<std::size_t>(number(3, 50'000)), number(4, 60));
}
