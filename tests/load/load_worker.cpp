#include "tests/load/load_worker.hpp"

#include <cstdlib>
#include <thread>

namespace cadenza::load {
namespace {

constexpr auto poll_timeout = std::chrono::seconds(8);
constexpr auto answer_timeout = std::chrono::seconds(10);

/// What the history so far says: how many activities are done, how many signals are in, whether one is running.
struct progress {
  std::string input;
  int scheduled = 0;
  int done = 0;
  int signals = 0;
  int timers = 0;
  int fired = 0;
  int children = 0;
  int children_over = 0;
};

progress read(const api::History& history) {
  progress p;
  for (const auto& e : history.events()) {
    if (e.has_workflow_execution_started_event_attributes())
      p.input = e.workflow_execution_started_event_attributes().input().data();
    else if (e.has_activity_task_scheduled_event_attributes())
      ++p.scheduled;
    else if (e.has_activity_task_completed_event_attributes())
      ++p.done;
    else if (e.has_workflow_execution_signaled_event_attributes())
      ++p.signals;
    else if (e.has_timer_started_event_attributes())
      ++p.timers;
    else if (e.has_timer_fired_event_attributes())
      ++p.fired;
    else if (e.has_start_child_workflow_execution_initiated_event_attributes())
      ++p.children;
    else if (e.has_child_workflow_execution_completed_event_attributes())
      ++p.children_over;
  }
  return p;
}

} // namespace

load_worker::load_worker(client& c, std::string domain, std::string task_list, int decision_polls, int activity_polls,
                         worker_observer observer)
  : client_(c), domain_(std::move(domain)), task_list_(std::move(task_list)), observer_(std::move(observer)) {
  for (int i = 0; i < decision_polls; ++i)
    poll_decision();
  for (int i = 0; i < activity_polls; ++i)
    poll_activity();
}

load_worker::~load_worker() {
  stop_ = true;
  while (under_way_.load() != 0)
    std::this_thread::yield();
}

void load_worker::abandon() {
  stop_ = true;
  while (under_way_.load() != 0) {
    client_.cancel_all(); // again: a poll may just have begun
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void load_worker::poll_decision() {
  if (stop_)
    return;
  ++under_way_;
  api::PollForDecisionTaskRequest request;
  request.set_domain(domain_);
  request.mutable_task_list()->set_name(task_list_);
  request.set_identity("load-worker");
  client_.call<api::PollForDecisionTaskRequest, api::PollForDecisionTaskResponse>(
      "WorkerAPI/PollForDecisionTask", request, poll_timeout,
      [this](const result& r, api::PollForDecisionTaskResponse& task) {
        if (r.ok() && task.has_query()) {
          answer_query(task);
        } else if (r.ok() && !task.task_token().empty()) {
          if (observer_.decision)
            observer_.decision(task);
          decide(task);
        } else {
          poll_decision();
        }
        --under_way_;
      });
}

void load_worker::answer_query(const api::PollForDecisionTaskResponse& task) {
  api::RespondQueryTaskCompletedRequest answer;
  answer.set_task_token(task.task_token());
  answer.mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
  answer.mutable_result()->mutable_answer()->set_data(std::to_string(read(task.history()).signals));
  ++under_way_;
  client_.call<api::RespondQueryTaskCompletedRequest, api::RespondQueryTaskCompletedResponse>(
      "WorkerAPI/RespondQueryTaskCompleted", answer, answer_timeout,
      [this](const result&, api::RespondQueryTaskCompletedResponse&) {
        poll_decision();
        --under_way_;
      });
}

void load_worker::decide(const api::PollForDecisionTaskResponse& task) {
  const auto p = read(task.history());
  api::RespondDecisionTaskCompletedRequest answer;
  answer.set_task_token(task.task_token());
  answer.set_identity("load-worker");
  const bool by_signals = p.input.rfind("signals:", 0) == 0;
  const bool by_timer = p.input.rfind("timer:", 0) == 0;
  const bool by_children = p.input.rfind("children:", 0) == 0;
  const auto colon = p.input.find(':');
  const int number = std::atoi(p.input.c_str() + (colon == std::string::npos ? 0 : colon + 1));
  const int wanted = by_timer ? 1 : number;
  const int have = by_signals ? p.signals : by_timer ? p.fired : by_children ? p.children_over : p.done;
  std::string closing;
  if (have >= wanted) {
    closing = task.workflow_execution().workflow_id();
    answer.add_decisions()->mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data(
        p.input);
    ++completed;
  } else if (by_timer) {
    if (p.timers == 0) {
      auto& timer = *answer.add_decisions()->mutable_start_timer_decision_attributes();
      timer.set_timer_id("t");
      timer.mutable_start_to_fire_timeout()->set_seconds(number);
    }
  } else if (by_children) {
    for (int i = p.children; i < number; ++i) {
      auto& child = *answer.add_decisions()->mutable_start_child_workflow_execution_decision_attributes();
      child.set_workflow_id(task.workflow_execution().workflow_id() + "/" + std::to_string(i));
      child.mutable_workflow_type()->set_name("load");
      child.mutable_task_list()->set_name(task_list_);
      child.mutable_input()->set_data("0");
      child.mutable_execution_start_to_close_timeout()->set_seconds(3600);
      child.mutable_task_start_to_close_timeout()->set_seconds(5);
    }
  } else if (!by_signals && p.scheduled == p.done) {
    auto& activity = *answer.add_decisions()->mutable_schedule_activity_task_decision_attributes();
    activity.set_activity_id(std::to_string(p.scheduled + 1));
    activity.mutable_activity_type()->set_name("step");
    activity.mutable_task_list()->set_name(task_list_);
    activity.mutable_input()->set_data("in");
    activity.mutable_schedule_to_close_timeout()->set_seconds(300);
    activity.mutable_schedule_to_start_timeout()->set_seconds(300);
    activity.mutable_start_to_close_timeout()->set_seconds(10);
    // A worker or server that dies in between must not end the workflow.
    auto& retry = *activity.mutable_retry_policy();
    retry.mutable_initial_interval()->set_seconds(1);
    retry.set_backoff_coefficient(1);
    retry.mutable_expiration_interval()->set_seconds(3000);
    if (observer_.scheduling)
      observer_.scheduling(task.workflow_execution().workflow_id());
  }
  for (const auto& [id, query] : task.queries()) {
    auto& told = (*answer.mutable_query_results())[id];
    told.set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
    told.mutable_answer()->set_data(std::to_string(p.signals));
  }
  ++decisions;
  ++under_way_;
  client_.call<api::RespondDecisionTaskCompletedRequest, api::RespondDecisionTaskCompletedResponse>(
      "WorkerAPI/RespondDecisionTaskCompleted", answer, answer_timeout,
      [this, closing = std::move(closing)](const result& r, api::RespondDecisionTaskCompletedResponse&) {
        if (!closing.empty() && observer_.closed)
          observer_.closed(closing, r.ok());
        poll_decision();
        --under_way_;
      });
}

void load_worker::poll_activity() {
  if (stop_)
    return;
  ++under_way_;
  api::PollForActivityTaskRequest request;
  request.set_domain(domain_);
  request.mutable_task_list()->set_name(task_list_);
  request.set_identity("load-worker");
  client_.call<api::PollForActivityTaskRequest, api::PollForActivityTaskResponse>(
      "WorkerAPI/PollForActivityTask", request, poll_timeout,
      [this](const result& r, api::PollForActivityTaskResponse& task) {
        if (!r.ok() || task.task_token().empty()) {
          poll_activity();
          --under_way_;
          return;
        }
        ++activities;
        if (observer_.activity)
          observer_.activity(task);
        api::RespondActivityTaskCompletedRequest answer;
        answer.set_task_token(task.task_token());
        answer.set_identity("load-worker");
        answer.mutable_result()->set_data("out");
        ++under_way_;
        client_.call<api::RespondActivityTaskCompletedRequest, api::RespondActivityTaskCompletedResponse>(
            "WorkerAPI/RespondActivityTaskCompleted", answer, answer_timeout,
            [this](const result&, api::RespondActivityTaskCompletedResponse&) {
              poll_activity();
              --under_way_;
            });
        --under_way_;
      });
}

api::StartWorkflowExecutionRequest make_start(const std::string& domain, const std::string& task_list,
                                              const std::string& workflow_id, const std::string& input) {
  api::StartWorkflowExecutionRequest request;
  request.set_domain(domain);
  request.set_workflow_id(workflow_id);
  request.mutable_workflow_type()->set_name("load");
  request.mutable_task_list()->set_name(task_list);
  request.mutable_input()->set_data(input);
  request.mutable_execution_start_to_close_timeout()->set_seconds(3600);
  request.mutable_task_start_to_close_timeout()->set_seconds(5);
  request.set_identity("load");
  request.set_request_id(new_uuid());
  request.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  return request;
}

} // namespace cadenza::load
