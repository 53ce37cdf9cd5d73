#include "tests/chaos/story_worker.hpp"

#include "tests/simulation/program.hpp"

namespace cadenza::chaos {

using simulation::fact;
using std::chrono::milliseconds;

namespace {

constexpr auto poll_timeout = std::chrono::seconds(6);
constexpr auto pause = milliseconds(20);

} // namespace

story_worker::story_worker(load::client& client, alarms& clock, log_book& book, std::string name, bool sticky,
                           int polls)
  : client_(client), clock_(clock), book_(book), name_(std::move(name)), sticky_(sticky) {
  for (int i = 0; i < polls; ++i) {
    poll_decision(false);
    poll_activity();
  }
  if (sticky_)
    for (int i = 0; i < 2; ++i)
      poll_decision(true);
}

story_worker::~story_worker() {
  working_ = false;
  while (under_way_.load() != 0)
    std::this_thread::yield();
}

std::string story_worker::mark() { return name_ + "#" + std::to_string(++marks_); }

// ---------------------------------------------------------------- decisions

void story_worker::poll_decision(bool sticky) {
  if (!working_)
    return;
  begin();
  api::PollForDecisionTaskRequest request;
  request.set_domain(simulation::domain_name);
  request.set_identity(name_);
  request.mutable_task_list()->set_name(sticky ? name_ + "-sticky" : simulation::list_name);
  request.mutable_task_list()->set_kind(sticky ? api::TASK_LIST_KIND_STICKY : api::TASK_LIST_KIND_NORMAL);
  client_.call<api::PollForDecisionTaskRequest, api::PollForDecisionTaskResponse>(
      "WorkerAPI/PollForDecisionTask", request, poll_timeout,
      [this, sticky](const load::result& r, api::PollForDecisionTaskResponse& task) {
        if (r.ok() && !task.task_token().empty())
          take_decision(task);
        clock_.after(r.ok() ? milliseconds(0) : pause, [this, sticky] {
          poll_decision(sticky);
          over();
        });
      });
}

void story_worker::take_decision(const api::PollForDecisionTaskResponse& given) {
  auto task = std::make_shared<api::PollForDecisionTaskResponse>(given);
  if (!task->has_query()) {
    book_.count("decisions");
    if (book_.permille(5))
      return book_.count("forgotten decisions");
    if (book_.permille(10)) {
      api::RespondDecisionTaskFailedRequest request;
      request.set_task_token(task->task_token());
      request.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
      request.set_identity(name_);
      begin();
      return ask<api::RespondDecisionTaskFailedResponse>(
          client_, book_, "WorkerAPI/RespondDecisionTaskFailed", request,
          [this](const load::result&, api::RespondDecisionTaskFailedResponse&) { over(); });
    }
  }
  const bool whole = task->history().events_size() > 0 && task->history().events(0).event_id() == 1;
  if (!whole)
    task->mutable_history()->Clear();
  read_on(task, whole ? task->next_page_token() : std::string());
}

/// Reads the rest of a task's history, from its beginning when the worker was thought to know it, and answers.
void story_worker::read_on(std::shared_ptr<api::PollForDecisionTaskResponse> task, std::string page) {
  if (page.empty() && task->history().events_size() > 0)
    return task->has_query() ? answer_query(*task) : answer_decision(*task);
  api::GetWorkflowExecutionHistoryRequest request;
  request.set_domain(simulation::domain_name);
  *request.mutable_workflow_execution() = task->workflow_execution();
  request.set_next_page_token(page);
  begin();
  ask<api::GetWorkflowExecutionHistoryResponse>(
      client_, book_, "WorkflowAPI/GetWorkflowExecutionHistory", request,
      [this, task](const load::result& r, api::GetWorkflowExecutionHistoryResponse& answer) {
        if (r.ok()) { // else the decision times out
          task->mutable_history()->MergeFrom(answer.history());
          if (task->history().events_size() > 0)
            read_on(task, answer.next_page_token());
        }
        over();
      });
}

void story_worker::answer_decision(const api::PollForDecisionTaskResponse& task) {
  api::RespondDecisionTaskCompletedRequest request;
  request.set_task_token(task.task_token());
  const auto identity = mark();
  request.set_identity(identity);
  for (auto& decision : simulation::decide(task.history(), task.workflow_execution().workflow_id()))
    *request.add_decisions() = std::move(decision);
  for (const auto& [id, query] : task.queries()) {
    auto& result = (*request.mutable_query_results())[id];
    result.set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
    result.mutable_answer()->set_data(simulation::told_signals(task.history()));
    book_.count("queries answered with a decision");
  }
  if (sticky_) {
    request.mutable_sticky_attributes()->mutable_worker_task_list()->set_name(name_ + "-sticky");
    request.mutable_sticky_attributes()->mutable_worker_task_list()->set_kind(api::TASK_LIST_KIND_STICKY);
    request.mutable_sticky_attributes()->mutable_schedule_to_start_timeout()->set_seconds(3);
  }
  request.set_return_new_decision_task(book_.permille(300));
  fact told{fact::kind::decision, task.workflow_execution().workflow_id(), task.workflow_execution().run_id(),
            identity};
  begin();
  ask<api::RespondDecisionTaskCompletedResponse>(
      client_, book_, "WorkerAPI/RespondDecisionTaskCompleted", request,
      [this, told, attempt = task.attempt()](const load::result& r, api::RespondDecisionTaskCompletedResponse& answer) {
        if (r.ok()) {
          // An answer that the server rejects (unhandled events) on a later attempt leaves no trace by design.
          if (attempt == 0)
            book_.told(told);
          if (!answer.decision_task().task_token().empty())
            take_decision(answer.decision_task());
        }
        over();
      });
}

void story_worker::answer_query(const api::PollForDecisionTaskResponse& task) {
  api::RespondQueryTaskCompletedRequest request;
  request.set_task_token(task.task_token());
  request.mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
  request.mutable_result()->mutable_answer()->set_data(simulation::told_signals(task.history()));
  begin();
  ask<api::RespondQueryTaskCompletedResponse>(
      client_, book_, "WorkerAPI/RespondQueryTaskCompleted", request,
      [this](const load::result&, api::RespondQueryTaskCompletedResponse&) { over(); });
}

// ---------------------------------------------------------------- activities

void story_worker::poll_activity() {
  if (!working_)
    return;
  begin();
  api::PollForActivityTaskRequest request;
  request.set_domain(simulation::domain_name);
  request.set_identity(name_);
  request.mutable_task_list()->set_name(simulation::list_name);
  client_.call<api::PollForActivityTaskRequest, api::PollForActivityTaskResponse>(
      "WorkerAPI/PollForActivityTask", request, poll_timeout,
      [this](const load::result& r, api::PollForActivityTaskResponse& task) {
        if (r.ok() && !task.task_token().empty())
          take_activity(std::make_shared<api::PollForActivityTaskResponse>(task));
        clock_.after(r.ok() ? milliseconds(0) : pause, [this] {
          poll_activity();
          over();
        });
      });
}

void story_worker::take_activity(std::shared_ptr<api::PollForActivityTaskResponse> task) {
  book_.count("activities");
  if (book_.permille(10))
    return book_.count("forgotten activities");
  begin();
  if (!book_.permille(150)) {
    clock_.after(milliseconds(book_.below(100)), [this, task] {
      answer_activity(*task);
      over();
    });
    return;
  }
  api::RecordActivityTaskHeartbeatRequest request;
  request.set_task_token(task->task_token());
  request.set_identity(name_);
  request.mutable_details()->set_data("half");
  ask<api::RecordActivityTaskHeartbeatResponse>(
      client_, book_, "WorkerAPI/RecordActivityTaskHeartbeat", request,
      [this, task](const load::result& r, api::RecordActivityTaskHeartbeatResponse&) {
        if (r.ok())
          book_.count("heartbeats");
        answer_activity(*task);
        over();
      });
}

void story_worker::answer_activity(const api::PollForActivityTaskResponse& task) {
  begin();
  if (task.attempt() < std::stoi(task.input().data())) {
    api::RespondActivityTaskFailedRequest request;
    request.set_task_token(task.task_token());
    request.set_identity(name_);
    request.mutable_failure()->set_reason("not yet");
    return ask<api::RespondActivityTaskFailedResponse>(
        client_, book_, "WorkerAPI/RespondActivityTaskFailed", request,
        [this](const load::result& r, api::RespondActivityTaskFailedResponse&) {
          if (r.ok())
            book_.count("failed activities");
          over();
        });
  }
  fact told{fact::kind::activity, task.workflow_execution().workflow_id(), task.workflow_execution().run_id(), mark()};
  api::RespondActivityTaskCompletedRequest request;
  request.set_task_token(task.task_token());
  request.set_identity(name_);
  request.mutable_result()->set_data(told.mark);
  ask<api::RespondActivityTaskCompletedResponse>(
      client_, book_, "WorkerAPI/RespondActivityTaskCompleted", request,
      [this, told](const load::result& r, api::RespondActivityTaskCompletedResponse&) {
        if (r.ok())
          book_.told(told);
        over();
      });
}

} // namespace cadenza::chaos
