#include "findings/conclusion.hpp"

#include "findings/words.hpp"
#include "messages/wire_time.hpp"

#include <algorithm>

namespace cadenza::findings {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t slow_s = 10;          ///< a task that waits longer says that workers are too few
constexpr std::int64_t events_many = 10'000; ///< from here on every decision is slow to replay

std::string list_of(const story& told, const api::PendingActivityInfo& activity) {
  const auto found = told.activity_lists.find(activity.schedule_id());
  return found == told.activity_lists.end() ? std::string{} : found->second;
}

bool decision_waits(const api::DescribeWorkflowExecutionResponse& run) {
  return run.has_pending_decision() && run.pending_decision().state() != api::PENDING_DECISION_STATE_STARTED &&
         !run.execution_configuration().task_list().name().empty();
}

/// Seconds until an activity that is not running may start; not above 0: it waits for a worker.
std::int64_t due_s(const api::PendingActivityInfo& activity, std::int64_t now_ns) {
  return (workflow::ns_of(activity.scheduled_time()) - now_ns) / second_ns;
}

/// Puts what is known about a run into sentences.
class examiner {
public:
  examiner(const story& told, const evidence& known) : told_(told), known_(known), run_(known.run) {}

  conclusion examine() {
    const auto& info = run_.workflow_execution_info();
    const auto& run = info.workflow_execution();
    result_.summary = run.workflow_id() + ", run " + run.run_id() + ", type " + info.type().name();
    if (told_.closed) {
      about_end();
    } else {
      result_.summary += ": open for " + span_text(ago_s(info.start_time()));
      about_decisions();
      for (const auto& activity : run_.pending_activities())
        about_activity(activity);
      about_waits();
      if (known_.domain_deprecated)
        add(rank::remark, "deprecated_domain",
            "The domain " + known_.domain + " is deprecated: nothing new starts in it.");
    }
    if (info.history_length() > events_many)
      add(rank::remark, "large_history", "The history has " + std::to_string(info.history_length()) + " events.",
          "continue as new before limit.historyCount.error ends the run");
    std::ranges::stable_sort(result_.findings, {}, &finding::how_bad);
    return std::move(result_);
  }

private:
  void add(rank how_bad, std::string kind, std::string text, std::string advice = {}) {
    result_.findings.push_back({how_bad, std::move(kind), std::move(text), std::move(advice)});
  }
  [[nodiscard]] std::int64_t ago_s(const google::protobuf::Timestamp& time) const {
    return std::max<std::int64_t>(0, (known_.now_ns - workflow::ns_of(time)) / second_ns);
  }
  [[nodiscard]] std::string command(const std::string& rest) const {
    return "'" + known_.program + " --domain " + known_.domain + " " + rest + "'";
  }
  [[nodiscard]] const std::string& workflow_id() const {
    return run_.workflow_execution_info().workflow_execution().workflow_id();
  }

  void about_end() {
    const auto state = ending_of(*told_.closed);
    result_.summary += ": " + state + " " + span_text(ago_s(told_.closed->event_time())) + " ago";
    if (state == "COMPLETED" || state == "CONTINUED_AS_NEW")
      return;
    const bool terminated = state == "TERMINATED";
    const auto why = terminated ? told_.closed->workflow_execution_terminated_event_attributes().reason()
                                : failure_text(*told_.closed);
    add(rank::broken, "closed", "The run is closed: " + state + (why.empty() ? "." : ": " + why + "."));
    if (!told_.last_failure.empty() && !terminated)
      add(rank::failing, "last_failure", "Before its end: " + told_.last_failure + ".");
    if (state == "TIMEOUT" && !told_.began)
      add(rank::unserved, "never_began", "It timed out before its first decision.");
  }

  /// Whether somebody polls a list; one that could not be asked about counts as polled.
  [[nodiscard]] bool polled(const list_question& list) const {
    const auto at = known_.lists.find(list);
    return at == known_.lists.end() || !at->second.pollers().empty();
  }

  /// A list that is polled and has nearly this name, or some of those that are polled.
  [[nodiscard]] std::string polled_instead(const list_question& list) const {
    if (!known_.in_use)
      return {};
    std::vector<std::string> names;
    for (const auto& [name, described] :
         list.activities ? known_.in_use->activity_task_list_map() : known_.in_use->decision_task_list_map())
      if (!described.pollers().empty() && name != list.name)
        names.push_back(name);
    if (const auto near = closest(list.name, names); !near.empty())
      return "; " + near + " is polled: a misspelt name?";
    std::ranges::sort(names);
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 3; ++i)
      text.append(i == 0 ? "; polled are: " : ", ").append(names[i]);
    if (names.size() > 3)
      text.append(" and " + std::to_string(names.size() - 3) + " more");
    return text;
  }

  void about_decisions() {
    const auto& decision = run_.pending_decision();
    const list_question list{run_.execution_configuration().task_list().name(), false};
    if (told_.failed)
      about_failed_decision(decision.attempt());
    else if (told_.timed_out)
      add(rank::failing, "decision_timeout",
          "Decisions time out (attempt " + std::to_string(decision.attempt() + 1) +
              "): a worker takes them but does not respond in time.",
          "check the workers of task list " + list.name +
              ": they hang, have died, or need longer than --decision_timeout");
    if (!decision_waits(run_))
      return;
    const auto waited = ago_s(decision.scheduled_time());
    const auto described = known_.lists.find(list);
    const auto backlog =
        described == known_.lists.end() ? 0 : described->second.task_list_status().backlog_count_hint();
    if (!polled(list))
      add(rank::unserved, "no_decision_poller",
          "Nobody polls the decision task list " + list.name + ", where the decision has waited for " +
              span_text(waited) + (backlog > 1 ? " with about " + counted(backlog - 1, "other task") : "") + ".",
          "start a worker for it" + polled_instead(list));
    else if (waited > slow_s)
      add(rank::slow, "decision_waits",
          "The decision has waited for " + span_text(waited) + " in task list " + list.name + ", which is polled" +
              (backlog > 1 ? ", and about " + counted(backlog, "task waits", "tasks wait") + " there" : "") + ".",
          "more or faster workers");
  }

  void about_failed_decision(std::int32_t attempt) {
    const auto tries = " (attempt " + std::to_string(attempt + 1) + "): " + failure_text(*told_.failed);
    const auto& failure = told_.failed->decision_task_failed_event_attributes().failure();
    const auto says = [&](std::string_view text) {
      return failure.details().find(text) != std::string::npos || failure.reason().find(text) != std::string::npos;
    };
    if (says("nondeterministic") || says("non-deterministic") || says("NonDeterministic"))
      add(rank::broken, "non_deterministic", "The worker's code does not fit the history" + tries,
          "deploy the code that fits it, or guard the change with a version; then it continues by itself, or from "
          "before "
          "the change: " +
              command("workflow reset " + workflow_id() + " --reset_type LastDecisionCompleted --reason REASON"));
    else if (says("unable to find workflow type"))
      add(rank::broken, "unknown_type",
          "No worker of task list " + run_.execution_configuration().task_list().name() + " knows the workflow type " +
              run_.workflow_execution_info().type().name() + tries,
          "register the type in the worker, or start workflows of this type on the task list of a worker that has it");
    else
      add(rank::broken, "decision_fails", "Decisions fail" + tries,
          "fix the workflow's code; the decision is retried automatically");
  }

  void about_running(const api::PendingActivityInfo& activity, const std::string& name) {
    std::string text = name + " has run for " + span_text(ago_s(activity.last_started_time()));
    if (activity.has_last_heartbeat_time())
      text += ", its last heartbeat came " + span_text(ago_s(activity.last_heartbeat_time())) + " ago";
    if (activity.attempt() > 0)
      text += "; it is attempt " + std::to_string(activity.attempt() + 1) +
              ", the last failed: " + failure_text(activity.last_failure());
    add(activity.attempt() > 0 ? rank::failing : rank::waiting, "activity_runs", text + ".");
  }

  void about_activity(const api::PendingActivityInfo& activity) {
    const auto name = "Activity " + activity.activity_id() + " (" + activity.activity_type().name() + ")";
    if (activity.state() == api::PENDING_ACTIVITY_STATE_STARTED)
      return about_running(activity, name);
    const auto due = due_s(activity, known_.now_ns);
    if (activity.attempt() > 0) {
      const auto last = failure_text(activity.last_failure());
      add(rank::failing, "activity_fails",
          name + " fails: attempt " + std::to_string(activity.attempt()) + " ended with " +
              (last.empty() ? "a failure" : last) +
              (due > 0 ? "; the next try is in " + span_text(due) : "; the next try waits for a worker") + ".",
          "check what it calls, or worker " + activity.last_worker_identity());
    }
    const list_question list{list_of(told_, activity), true};
    if (due > 0 || list.name.empty())
      return;
    if (!polled(list))
      add(rank::unserved, "no_activity_poller",
          name + " has waited for " + span_text(-due) + " in task list " + list.name + ", which nobody polls.",
          "start a worker for activities on it" + polled_instead(list));
    else if (-due > slow_s)
      add(rank::slow, "activity_waits",
          name + " has waited for " + span_text(-due) + " in task list " + list.name + ", which is polled.",
          "more or faster workers");
  }

  void about_waits() {
    const auto now = known_.now_ns;
    if (!told_.began && told_.starts_ns > now)
      add(rank::waiting, "starts_later",
          "The first decision is due in " + span_text((told_.starts_ns - now) / second_ns) +
              (told_.cron.empty() ? " (delayed start or retry)." : " (cron " + told_.cron + ")."));
    for (const auto& child : run_.pending_children())
      add(rank::waiting, "child",
          "Waits for child workflow " + child.workflow_execution().workflow_id() + " (" + child.workflow_type_name() +
              ").",
          command("workflow diagnose " + child.workflow_execution().workflow_id()));
    for (const auto& [id, fires] : told_.timers)
      add(rank::waiting, "timer",
          "Waits for timer " + id +
              (fires > now ? ", which fires in " + span_text((fires - now) / second_ns) + "." : ", which is due."));
    const bool idle = told_.began && !run_.has_pending_decision() && run_.pending_activities().empty() &&
                      run_.pending_children().empty() && told_.timers.empty();
    if (idle)
      add(rank::waiting, "signal", "Nothing is pending: the workflow waits for a signal, or for another workflow.");
  }

  const story& told_;
  const evidence& known_;
  const api::DescribeWorkflowExecutionResponse& run_;
  conclusion result_;
};

} // namespace

std::vector<list_question> questions(const story& told, const api::DescribeWorkflowExecutionResponse& run,
                                     std::int64_t now_ns) {
  std::vector<list_question> out;
  if (told.closed)
    return out;
  if (decision_waits(run))
    out.push_back({run.execution_configuration().task_list().name(), false});
  for (const auto& activity : run.pending_activities()) {
    const bool waits = activity.state() != api::PENDING_ACTIVITY_STATE_STARTED && due_s(activity, now_ns) <= 0;
    if (const auto list = list_of(told, activity); waits && !list.empty())
      out.push_back({list, true});
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

conclusion conclude(const story& told, const evidence& known) { return examiner{told, known}.examine(); }

} // namespace cadenza::findings
