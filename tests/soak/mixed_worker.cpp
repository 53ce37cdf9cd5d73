#include "tests/soak/mixed_worker.hpp"

#include <cstdlib>
#include <thread>

namespace cadenza::soak {
namespace {

constexpr auto poll_timeout = std::chrono::seconds(20);
constexpr auto answer_timeout = std::chrono::seconds(10);
constexpr const char* name = "soak-worker";

/// What a history tells of its workflow.
struct told {
  std::string word;
  std::string rest;
  std::string type;
  int scheduled = 0, done = 0, markers = 0, signals = 0, timers = 0, fired = 0, children = 0, children_over = 0,
      told_others = 0, others_heard = 0;
  bool cancel = false;
  [[nodiscard]] int number() const { return std::atoi(rest.c_str()); }
};

told read(const api::History& history) {
  told t;
  for (const auto& e : history.events()) {
    if (e.has_workflow_execution_started_event_attributes()) {
      const auto& a = e.workflow_execution_started_event_attributes();
      const auto& input = a.input().data();
      const auto space = input.find(' ');
      t.word = input.substr(0, space);
      t.rest = space == std::string::npos ? "" : input.substr(space + 1);
      t.type = a.workflow_type().name();
    }
    t.scheduled += e.has_activity_task_scheduled_event_attributes();
    t.done += e.has_activity_task_completed_event_attributes();
    t.markers += e.has_marker_recorded_event_attributes();
    t.signals += e.has_workflow_execution_signaled_event_attributes();
    t.timers += e.has_timer_started_event_attributes();
    t.fired += e.has_timer_fired_event_attributes();
    t.children += e.has_start_child_workflow_execution_initiated_event_attributes();
    t.children_over += e.has_child_workflow_execution_completed_event_attributes() ||
                       e.has_start_child_workflow_execution_failed_event_attributes() ||
                       e.has_child_workflow_execution_terminated_event_attributes();
    t.told_others += e.has_signal_external_workflow_execution_initiated_event_attributes();
    t.others_heard += e.has_external_workflow_execution_signaled_event_attributes() ||
                      e.has_signal_external_workflow_execution_failed_event_attributes();
    t.cancel = t.cancel || e.has_workflow_execution_cancel_requested_event_attributes();
  }
  return t;
}

using answer_request = api::RespondDecisionTaskCompletedRequest;

void complete(answer_request& out) {
  out.add_decisions()->mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data("done");
}

void schedule(answer_request& out, const told& t, const std::string& list) {
  auto& marker = *out.add_decisions()->mutable_record_marker_decision_attributes();
  marker.set_marker_name("step");
  marker.mutable_details()->set_data(std::to_string(t.markers));
  auto& a = *out.add_decisions()->mutable_schedule_activity_task_decision_attributes();
  a.set_activity_id(std::to_string(t.scheduled));
  a.mutable_activity_type()->set_name(t.word);
  a.mutable_task_list()->set_name(list);
  a.mutable_input()->set_data("in");
  a.mutable_schedule_to_close_timeout()->set_seconds(120);
  a.mutable_schedule_to_start_timeout()->set_seconds(120);
  a.mutable_start_to_close_timeout()->set_seconds(10);
  a.mutable_heartbeat_timeout()->set_seconds(10);
  auto& retry = *a.mutable_retry_policy();
  retry.mutable_initial_interval()->set_seconds(1);
  retry.set_backoff_coefficient(1);
  retry.mutable_expiration_interval()->set_seconds(120);
}

void start_children(answer_request& out, int count, const api::WorkflowExecution& parent, const std::string& list) {
  for (int i = 0; i < count; ++i) {
    auto& child = *out.add_decisions()->mutable_start_child_workflow_execution_decision_attributes();
    child.set_workflow_id(parent.run_id() + "-child" + std::to_string(i));
    child.mutable_workflow_type()->set_name("child");
    child.mutable_task_list()->set_name(list);
    child.mutable_input()->set_data("work 1");
    child.mutable_execution_start_to_close_timeout()->set_seconds(90);
    child.mutable_task_start_to_close_timeout()->set_seconds(10);
  }
}

void decide(answer_request& out, const told& t, const api::WorkflowExecution& self, const std::string& list) {
  if (t.cancel) {
    out.add_decisions()->mutable_cancel_workflow_execution_decision_attributes();
  } else if (t.word == "work" || t.word == "flaky") {
    const int wanted = t.word == "flaky" ? 1 : t.number();
    if (t.done >= wanted)
      complete(out);
    else if (t.scheduled == t.done)
      schedule(out, t, list);
  } else if (t.word == "timer") {
    if (t.fired > 0)
      complete(out);
    else if (t.timers == 0) {
      auto& timer = *out.add_decisions()->mutable_start_timer_decision_attributes();
      timer.set_timer_id("t");
      timer.mutable_start_to_fire_timeout()->set_seconds(t.number());
    }
  } else if (t.word == "wait") {
    if (t.signals >= t.number())
      complete(out);
  } else if (t.word == "children") {
    if (t.children_over >= t.number())
      complete(out);
    else if (t.children == 0)
      start_children(out, t.number(), self, list);
  } else if (t.word == "tell") {
    if (t.others_heard > 0)
      complete(out);
    else if (t.told_others == 0) {
      auto& signal = *out.add_decisions()->mutable_signal_external_workflow_execution_decision_attributes();
      signal.set_domain(domain);
      signal.mutable_workflow_execution()->set_workflow_id(t.rest);
      signal.set_signal_name("from-outside");
    }
  } else if (t.word == "again" && t.number() > 0) {
    auto& next = *out.add_decisions()->mutable_continue_as_new_workflow_execution_decision_attributes();
    next.mutable_workflow_type()->set_name(t.type);
    next.mutable_task_list()->set_name(list);
    next.mutable_input()->set_data("again " + std::to_string(t.number() - 1));
    next.mutable_execution_start_to_close_timeout()->set_seconds(90);
    next.mutable_task_start_to_close_timeout()->set_seconds(10);
    next.set_initiator(api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
  } else if (t.word == "fail") {
    auto& failure = *out.add_decisions()->mutable_fail_workflow_execution_decision_attributes()->mutable_failure();
    failure.set_reason("as told");
  } else {
    complete(out);
  }
}

} // namespace

mixed_worker::mixed_worker(load::client& c, std::string list, int polls)
  : client_(c), list_(std::move(list)), sticky_list_("sticky-" + load::new_uuid()) {
  for (int i = 0; i < polls; ++i) {
    poll_decision(false);
    poll_decision(true);
    poll_activity();
  }
}

mixed_worker::~mixed_worker() { abandon(); }

void mixed_worker::abandon() {
  stop_ = true;
  while (under_way_.load() != 0) {
    client_.cancel_all(); // again: a poll may just have begun
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

template <class Response, class Request>
void mixed_worker::ask(const char* method, const Request& request,
                       std::function<void(const load::result&, Response&)> then) {
  ++under_way_;
  client_.call<Request, Response>(method, request, answer_timeout,
                                  [this, then = std::move(then)](const load::result& r, Response& response) {
                                    then(r, response);
                                    --under_way_;
                                  });
}

void mixed_worker::poll_decision(bool sticky) {
  if (stop_)
    return;
  ++under_way_;
  api::PollForDecisionTaskRequest request;
  request.set_domain(domain);
  request.set_identity(name);
  request.mutable_task_list()->set_name(sticky ? sticky_list_ : list_);
  request.mutable_task_list()->set_kind(sticky ? api::TASK_LIST_KIND_STICKY : api::TASK_LIST_KIND_NORMAL);
  client_.call<api::PollForDecisionTaskRequest, api::PollForDecisionTaskResponse>(
      "WorkerAPI/PollForDecisionTask", request, poll_timeout,
      [this, sticky](const load::result& r, api::PollForDecisionTaskResponse& task) {
        if (r.ok() && !task.task_token().empty())
          take(std::make_shared<api::PollForDecisionTaskResponse>(std::move(task)));
        poll_decision(sticky);
        --under_way_;
      });
}

void mixed_worker::take(std::shared_ptr<api::PollForDecisionTaskResponse> task) {
  const bool whole = task->history().events_size() > 0 && task->history().events(0).event_id() == 1;
  if (!whole)
    task->mutable_history()->Clear();
  const auto page = whole ? task->next_page_token() : std::string();
  read_on(std::move(task), page);
}

void mixed_worker::read_on(std::shared_ptr<api::PollForDecisionTaskResponse> task, const std::string& page) {
  if (page.empty() && task->history().events_size() > 0)
    return answer(*task);
  api::GetWorkflowExecutionHistoryRequest request;
  request.set_domain(domain);
  *request.mutable_workflow_execution() = task->workflow_execution();
  request.set_next_page_token(page);
  ask<api::GetWorkflowExecutionHistoryResponse>(
      "WorkflowAPI/GetWorkflowExecutionHistory", request,
      [this, task](const load::result& r, api::GetWorkflowExecutionHistoryResponse& got) {
        if (!r.ok() || got.history().events_size() == 0)
          return; // the decision times out, or the run is gone
        task->mutable_history()->MergeFrom(got.history());
        read_on(task, got.next_page_token());
      });
}

void mixed_worker::answer(const api::PollForDecisionTaskResponse& task) {
  const auto t = read(task.history());
  const auto seen = std::to_string(t.signals);
  if (task.has_query()) {
    ++queries;
    api::RespondQueryTaskCompletedRequest request;
    request.set_task_token(task.task_token());
    request.mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
    request.mutable_result()->mutable_answer()->set_data(seen);
    return ask<api::RespondQueryTaskCompletedResponse>(
        "WorkerAPI/RespondQueryTaskCompleted", request,
        [](const load::result&, api::RespondQueryTaskCompletedResponse&) {});
  }
  ++decisions;
  answer_request request;
  request.set_task_token(task.task_token());
  request.set_identity(name);
  decide(request, t, task.workflow_execution(), list_);
  for (const auto& [id, query] : task.queries()) {
    ++queries;
    auto& result = (*request.mutable_query_results())[id];
    result.set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
    result.mutable_answer()->set_data(seen);
  }
  if (!task.workflow_execution().run_id().empty() && task.workflow_execution().run_id().back() % 2 == 0) {
    auto& sticky = *request.mutable_sticky_attributes();
    sticky.mutable_worker_task_list()->set_name(sticky_list_);
    sticky.mutable_worker_task_list()->set_kind(api::TASK_LIST_KIND_STICKY);
    sticky.mutable_schedule_to_start_timeout()->set_seconds(5);
  }
  ask<api::RespondDecisionTaskCompletedResponse>(
      "WorkerAPI/RespondDecisionTaskCompleted", request,
      [](const load::result&, api::RespondDecisionTaskCompletedResponse&) {});
}

void mixed_worker::poll_activity() {
  if (stop_)
    return;
  ++under_way_;
  api::PollForActivityTaskRequest request;
  request.set_domain(domain);
  request.set_identity(name);
  request.mutable_task_list()->set_name(list_);
  client_.call<api::PollForActivityTaskRequest, api::PollForActivityTaskResponse>(
      "WorkerAPI/PollForActivityTask", request, poll_timeout,
      [this](const load::result& r, api::PollForActivityTaskResponse& task) {
        if (r.ok() && !task.task_token().empty())
          work(task);
        poll_activity();
        --under_way_;
      });
}

void mixed_worker::work(const api::PollForActivityTaskResponse& task) {
  ++activities;
  if (task.activity_type().name() == "flaky" && task.attempt() < 2) {
    api::RespondActivityTaskFailedRequest request;
    request.set_task_token(task.task_token());
    request.set_identity(name);
    request.mutable_failure()->set_reason("not yet");
    return ask<api::RespondActivityTaskFailedResponse>(
        "WorkerAPI/RespondActivityTaskFailed", request,
        [](const load::result&, api::RespondActivityTaskFailedResponse&) {});
  }
  api::RecordActivityTaskHeartbeatRequest beat;
  beat.set_task_token(task.task_token());
  beat.set_identity(name);
  beat.mutable_details()->set_data("half");
  ask<api::RecordActivityTaskHeartbeatResponse>(
      "WorkerAPI/RecordActivityTaskHeartbeat", beat,
      [this, token = task.task_token()](const load::result&, api::RecordActivityTaskHeartbeatResponse&) {
        api::RespondActivityTaskCompletedRequest request;
        request.set_task_token(token);
        request.set_identity(name);
        request.mutable_result()->set_data("out");
        ask<api::RespondActivityTaskCompletedResponse>(
            "WorkerAPI/RespondActivityTaskCompleted", request,
            [](const load::result&, api::RespondActivityTaskCompletedResponse&) {});
      });
}

} // namespace cadenza::soak
