#include "samples/hello/worker.hpp"

#include "samples/hello/workflow.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <iostream>

namespace hello {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::chrono::seconds poll_timeout{70};
constexpr std::chrono::seconds call_timeout{10};
constexpr auto who = "hello-sample";
constexpr int cancelled = 1;
constexpr int deadline_exceeded = 4;

/// All events of a task: the first page came with it, further ones are read.
reply read_history(connection& link, const std::string& domain, const api::PollForDecisionTaskResponse& task,
                   std::vector<api::HistoryEvent>& events) {
  events.assign(task.history().events().begin(), task.history().events().end());
  auto token = task.next_page_token();
  while (!token.empty()) {
    api::GetWorkflowExecutionHistoryRequest request;
    request.set_domain(domain);
    *request.mutable_workflow_execution() = task.workflow_execution();
    request.set_next_page_token(token);
    api::GetWorkflowExecutionHistoryResponse page;
    if (auto answer = link.call("WorkflowAPI/GetWorkflowExecutionHistory", request, page, call_timeout); !answer.ok())
      return answer;
    events.insert(events.end(), page.history().events().begin(), page.history().events().end());
    token = page.next_page_token();
  }
  return {};
}

} // namespace

worker::worker(connection& link, std::string domain, std::string task_list)
  : link_(link), domain_(std::move(domain)), task_list_(std::move(task_list)), decisions_([this] { run_decisions(); }),
    activities_([this] { run_activities(); }) {
  // nop
}

worker::~worker() {
  stopping_ = true;
  decisions_.join();
  activities_.join();
}

bool worker::pause_after(const reply& answer, const char* what) {
  if (answer.ok() || answer.code == cancelled || answer.code == deadline_exceeded)
    return false;
  std::cerr << what << ": " << answer.message << '\n';
  // A server that is away comes back; asking it in a tight loop does not help.
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  return true;
}

void worker::run_decisions() {
  while (!stopping_) {
    api::PollForDecisionTaskRequest poll;
    poll.set_domain(domain_);
    poll.mutable_task_list()->set_name(task_list_);
    poll.set_identity(who);
    api::PollForDecisionTaskResponse task;
    const auto polled = link_.call("WorkerAPI/PollForDecisionTask", poll, task, poll_timeout);
    if (polled.code == cancelled)
      return;
    if (pause_after(polled, "poll for decisions") || task.task_token().empty())
      continue;
    std::vector<api::HistoryEvent> history;
    if (pause_after(read_history(link_, domain_, task, history), "read history"))
      continue;
    api::RespondDecisionTaskCompletedRequest answer;
    answer.set_task_token(task.task_token());
    answer.set_identity(who);
    for (auto& decision : decide(history, task_list_))
      *answer.add_decisions() = std::move(decision);
    api::RespondDecisionTaskCompletedResponse response;
    pause_after(link_.call("WorkerAPI/RespondDecisionTaskCompleted", answer, response, call_timeout),
                "complete decision");
  }
}

void worker::run_activities() {
  while (!stopping_) {
    api::PollForActivityTaskRequest poll;
    poll.set_domain(domain_);
    poll.mutable_task_list()->set_name(task_list_);
    poll.set_identity(who);
    api::PollForActivityTaskResponse task;
    const auto polled = link_.call("WorkerAPI/PollForActivityTask", poll, task, poll_timeout);
    if (polled.code == cancelled)
      return;
    if (pause_after(polled, "poll for activities") || task.task_token().empty())
      continue;
    if (const auto greeting = greet(task.input().data()))
      complete_activity(task.task_token(), *greeting);
    else
      fail_activity(task.task_token(), "nobody to greet");
  }
}

void worker::complete_activity(const std::string& token, const std::string& result) {
  api::RespondActivityTaskCompletedRequest answer;
  answer.set_task_token(token);
  answer.set_identity(who);
  answer.mutable_result()->set_data(result);
  api::RespondActivityTaskCompletedResponse response;
  pause_after(link_.call("WorkerAPI/RespondActivityTaskCompleted", answer, response, call_timeout),
              "complete activity");
}

void worker::fail_activity(const std::string& token, const std::string& reason) {
  api::RespondActivityTaskFailedRequest answer;
  answer.set_task_token(token);
  answer.set_identity(who);
  answer.mutable_failure()->set_reason(reason);
  api::RespondActivityTaskFailedResponse response;
  pause_after(link_.call("WorkerAPI/RespondActivityTaskFailed", answer, response, call_timeout), "fail activity");
}

} // namespace hello
