#include "cli/stuck.hpp"

#include "cli/event_text.hpp"
#include "cli/failure_text.hpp"
#include "cli/history_reader.hpp"
#include "cli/reset_point.hpp"
#include "cli/suggest.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>
#include <map>
#include <optional>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t slow_s = 10;          ///< a task that waits longer says that workers are too few
constexpr std::int64_t events_many = 10'000; ///< from here on every decision is slow to replay
enum rank : int { broken = 0, unserved = 1, failing = 2, slow = 3, waiting = 4, remark = 5 };

std::int64_t ago_s(const google::protobuf::Timestamp& time) {
  return std::max<std::int64_t>(0, (now_ns() - to_ns(time)) / second_ns);
}

/// What the history tells that nothing else does.
struct story {
  std::optional<api::HistoryEvent> failed;    ///< the last decision that failed, with none completed after it
  std::optional<api::HistoryEvent> timed_out; ///< the same of one that timed out
  std::optional<api::HistoryEvent> closed;
  std::map<std::int64_t, std::string> activity_lists; ///< by the event that scheduled the activity
  std::map<std::string, std::int64_t> timers;         ///< unfired ones: when they fire
  std::string last_failure;                           ///< of anything, for a run that timed out
  std::int64_t starts_ns = 0;                         ///< when a run that waits for its cron or delay begins
  std::string cron;
  bool began = false; ///< a decision was scheduled

  void see(const api::HistoryEvent& event) {
    const auto at = to_ns(event.event_time());
    if (event.has_workflow_execution_started_event_attributes()) {
      const auto& started = event.workflow_execution_started_event_attributes();
      cron = started.cron_schedule();
      starts_ns = at + started.first_decision_task_backoff().seconds() * second_ns;
    }
    began = began || event.has_decision_task_scheduled_event_attributes();
    if (event.has_decision_task_completed_event_attributes()) {
      failed.reset();
      timed_out.reset();
    }
    if (event.has_decision_task_failed_event_attributes())
      failed = event;
    if (event.has_decision_task_timed_out_event_attributes())
      timed_out = event;
    if (event.has_activity_task_scheduled_event_attributes())
      activity_lists[event.event_id()] = event.activity_task_scheduled_event_attributes().task_list().name();
    if (event.has_timer_started_event_attributes()) {
      const auto& timer = event.timer_started_event_attributes();
      timers[timer.timer_id()] = at + timer.start_to_fire_timeout().seconds() * second_ns;
    }
    timers.erase(event.timer_fired_event_attributes().timer_id());
    timers.erase(event.timer_canceled_event_attributes().timer_id());
    if (closes_run(event))
      closed = event;
    else if (auto why = failure_text(event); !why.empty())
      last_failure = event_type(event) + ": " + why;
  }
};

/// Puts what is known about a run into sentences.
class examiner {
public:
  examiner(invocation& call, std::string workflow_id, const api::DescribeWorkflowExecutionResponse& run)
    : call_(call), workflow_id_(std::move(workflow_id)), run_(run) {}

  outcome<diagnosis> examine() {
    const auto& info = run_.workflow_execution_info();
    CADENZA_TRY(read_history(call_, {workflow_id_, info.workflow_execution().run_id()}, [this](const auto& event) {
      story_.see(event);
      return true;
    }));
    result_.summary = workflow_id_ + ", run " + info.workflow_execution().run_id() + ", type " + info.type().name();
    if (story_.closed) {
      about_end();
    } else {
      result_.summary += ": open for " + span_text(ago_s(info.start_time()));
      about_decisions();
      for (const auto& activity : run_.pending_activities())
        about_activity(activity);
      about_waits();
      about_domain();
    }
    if (info.history_length() > events_many)
      add(remark, "large_history", "The history has " + std::to_string(info.history_length()) + " events.",
          "continue as new before limit.historyCount.error ends the run");
    std::ranges::stable_sort(result_.findings, {}, &finding::rank);
    return std::move(result_);
  }

private:
  void add(int how_bad, std::string kind, std::string text, std::string advice = {}) {
    result_.findings.push_back({how_bad, std::move(kind), std::move(text), std::move(advice)});
  }

  std::string command(const std::string& rest) const {
    return "'" + call_.program() + " --domain " + call_.domain() + " " + rest + "'";
  }

  void about_end() {
    const auto end = ending_of(*story_.closed);
    result_.summary += ": " + end.state + " " + span_text(ago_s(story_.closed->event_time())) + " ago";
    if (end.good)
      return;
    std::string why = failure_text(*story_.closed);
    if (end.state == "TERMINATED")
      why = end.lines.front().second;
    add(broken, "closed", "The run is closed: " + end.state + (why.empty() ? "." : ": " + why + "."));
    if (!story_.last_failure.empty() && end.state != "TERMINATED")
      add(failing, "last_failure", "Before its end: " + story_.last_failure + ".");
    if (end.state == "TIMEOUT" && !story_.began)
      add(unserved, "never_began", "It timed out before its first decision.");
  }

  api::DescribeTaskListResponse describe(const std::string& list, api::TaskListType type) {
    api::DescribeTaskListRequest request;
    request.set_domain(call_.domain());
    request.mutable_task_list()->set_name(list);
    request.set_task_list_type(type);
    request.set_include_task_list_status(true);
    api::DescribeTaskListResponse response;
    if (!call_.call("WorkflowAPI/DescribeTaskList", request, response))
      response.add_pollers(); // not known to be without
    return response;
  }

  /// A list that is polled and has nearly this name, or some of those that are polled.
  std::string polled_instead(const std::string& list, api::TaskListType type) {
    api::GetTaskListsByDomainRequest request;
    request.set_domain(call_.domain());
    api::GetTaskListsByDomainResponse response;
    if (!call_.call("WorkflowAPI/GetTaskListsByDomain", request, response))
      return {};
    std::vector<std::string> polled;
    for (const auto& [name, described] :
         type == api::TASK_LIST_TYPE_ACTIVITY ? response.activity_task_list_map() : response.decision_task_list_map())
      if (!described.pollers().empty() && name != list)
        polled.push_back(name);
    if (const auto near = closest(list, polled); !near.empty())
      return "; " + near + " is polled: a misspelt name?";
    std::ranges::sort(polled);
    std::string text;
    for (std::size_t i = 0; i < polled.size() && i < 3; ++i)
      text.append(i == 0 ? "; polled are: " : ", ").append(polled[i]);
    return text;
  }

  void about_decisions() {
    const bool pending = run_.has_pending_decision();
    const auto& decision = run_.pending_decision();
    const auto& list = run_.execution_configuration().task_list().name();
    if (story_.failed)
      about_failed_decision(decision.attempt());
    else if (story_.timed_out)
      add(failing, "decision_timeout",
          "Decisions time out (attempt " + std::to_string(decision.attempt() + 1) +
              "): a worker takes them and does not "
              "answer in time.",
          "look at the workers of task list " + list + ": they hang, died, or need longer than --decision_timeout");
    if (!pending || decision.state() == api::PENDING_DECISION_STATE_STARTED || list.empty())
      return;
    const auto waited = ago_s(decision.scheduled_time());
    const auto described = describe(list, api::TASK_LIST_TYPE_DECISION);
    const auto backlog = described.task_list_status().backlog_count_hint();
    if (described.pollers().empty())
      add(unserved, "no_decision_poller",
          "Nobody polls the decision task list " + list + ", where the decision has waited for " + span_text(waited) +
              (backlog > 1 ? " with about " + counted(backlog - 1, "other task") : "") + ".",
          "start a worker for it" + polled_instead(list, api::TASK_LIST_TYPE_DECISION));
    else if (waited > slow_s)
      add(slow, "decision_waits",
          "The decision has waited for " + span_text(waited) + " in task list " + list + ", which is polled" +
              (backlog > 1 ? ", and about " + counted(backlog, "task waits", "tasks wait") + " there" : "") + ".",
          "more or faster workers");
  }

  void about_failed_decision(std::int32_t attempt) {
    const auto why = failure_text(*story_.failed);
    const auto tries = " (attempt " + std::to_string(attempt + 1) + "): " + why;
    const auto& details = story_.failed->decision_task_failed_event_attributes().failure().details();
    const auto& reason = story_.failed->decision_task_failed_event_attributes().failure().reason();
    const auto says = [&](std::string_view text) {
      return details.find(text) != std::string::npos || reason.find(text) != std::string::npos;
    };
    if (says("nondeterministic") || says("non-deterministic") || says("NonDeterministic"))
      add(broken, "non_deterministic", "The worker's code does not fit the history" + tries,
          "deploy the code that fits it, or guard the change with a version; then it goes on by itself, or from before "
          "the change: " +
              command("workflow reset " + workflow_id_ + " --reset_type LastDecisionCompleted --reason REASON"));
    else if (says("unable to find workflow type"))
      add(broken, "unknown_type",
          "No worker of task list " + run_.execution_configuration().task_list().name() + " knows the workflow type " +
              run_.workflow_execution_info().type().name() + tries,
          "register the type in the worker, or start workflows of this type on the list of a worker that has it");
    else
      add(broken, "decision_fails", "Decisions fail" + tries,
          "mend the workflow's code; the decision is tried again by itself");
  }

  void about_activity(const api::PendingActivityInfo& activity) {
    const auto name = "Activity " + activity.activity_id() + " (" + activity.activity_type().name() + ")";
    const auto found = story_.activity_lists.find(activity.schedule_id());
    const auto list = found == story_.activity_lists.end() ? std::string{} : found->second;
    const auto last = failure_text(activity.last_failure());
    if (activity.state() == api::PENDING_ACTIVITY_STATE_STARTED) {
      std::string text = name + " has run for " + span_text(ago_s(activity.last_started_time()));
      if (activity.has_last_heartbeat_time())
        text += ", its last heartbeat came " + span_text(ago_s(activity.last_heartbeat_time())) + " ago";
      if (activity.attempt() > 0)
        text += "; it is attempt " + std::to_string(activity.attempt() + 1) + ", the last failed: " + last;
      add(activity.attempt() > 0 ? failing : waiting, "activity_runs", text + ".");
      return;
    }
    const auto due = (to_ns(activity.scheduled_time()) - now_ns()) / second_ns;
    if (activity.attempt() > 0)
      add(failing, "activity_fails",
          name + " fails: attempt " + std::to_string(activity.attempt()) + " ended with " +
              (last.empty() ? "a failure" : last) +
              (due > 0 ? "; the next try is in " + span_text(due) : "; the next try waits for a worker") + ".",
          "look at what it calls, or at worker " + activity.last_worker_identity());
    if (due > 0 || list.empty())
      return;
    const auto described = describe(list, api::TASK_LIST_TYPE_ACTIVITY);
    if (described.pollers().empty())
      add(unserved, "no_activity_poller",
          name + " waits in task list " + list + ", which nobody polls, since " + span_text(-due) + ".",
          "start a worker for activities on it" + polled_instead(list, api::TASK_LIST_TYPE_ACTIVITY));
    else if (-due > slow_s)
      add(slow, "activity_waits",
          name + " has waited for " + span_text(-due) + " in task list " + list + ", which is polled.",
          "more or faster workers");
  }

  void about_waits() {
    const auto now = now_ns();
    if (!story_.began && story_.starts_ns > now)
      add(waiting, "starts_later",
          "The first decision is due in " + span_text((story_.starts_ns - now) / second_ns) +
              (story_.cron.empty() ? " (delayed start or retry)." : " (cron " + story_.cron + ")."));
    for (const auto& child : run_.pending_children())
      add(waiting, "child",
          "Waits for child workflow " + child.workflow_execution().workflow_id() + " (" + child.workflow_type_name() +
              ").",
          command("workflow diagnose " + child.workflow_execution().workflow_id()));
    for (const auto& [id, fires] : story_.timers)
      add(waiting, "timer",
          "Waits for timer " + id +
              (fires > now ? ", which fires in " + span_text((fires - now) / second_ns) + "." : ", which is due."));
    const bool idle = story_.began && !run_.has_pending_decision() && run_.pending_activities().empty() &&
                      run_.pending_children().empty() && story_.timers.empty();
    if (idle)
      add(waiting, "signal", "Nothing is pending: the workflow waits for a signal, or for another workflow.");
  }

  void about_domain() {
    api::DescribeDomainRequest request;
    request.set_name(call_.domain());
    api::DescribeDomainResponse response;
    if (call_.call("DomainAPI/DescribeDomain", request, response) &&
        response.domain().status() == api::DOMAIN_STATUS_DEPRECATED)
      add(remark, "deprecated_domain", "The domain " + call_.domain() + " is deprecated: nothing new starts in it.");
  }

  invocation& call_;
  std::string workflow_id_;
  const api::DescribeWorkflowExecutionResponse& run_;
  story story_;
  diagnosis result_;
};

} // namespace

outcome<diagnosis> diagnose_run(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  const auto run = describe_run(call, workflow_id, run_id);
  if (!run)
    return run.error();
  return examiner{call, workflow_id, *run}.examine();
}

} // namespace cadenza::cli
