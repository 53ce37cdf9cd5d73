#include "actors/system/diagnosis.hpp"
#include "actors/system/failure_class.hpp"
#include "messages/invariant.hpp"

#include "messages/utf8.hpp"
#include "messages/wire_time.hpp"

#include <algorithm>
#include <set>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::size_t reason_max = 1 << 10;

std::int64_t ns_of(const google::protobuf::Duration& d) { return std::int64_t{workflow::seconds_of(d)} * ns_per_s; }

std::string cut(const std::string& text) { return utf8::shortened(text, reason_max); }

void add_cause(issue_group& to, const issue& of, std::string text, root_cause::facts extra = root_cause::facts::none) {
  root_cause cause;
  cause.issue_id = of.id;
  cause.text = std::move(text);
  cause.extra = extra;
  if (extra == root_cause::facts::heartbeats) {
    cause.elapsed_ns = of.elapsed_ns;
    cause.retry = of.retry;
  }
  to.causes.push_back(std::move(cause));
}

void add_pollers(issue_group& to, const issue& of, const list_facts& facts) {
  add_cause(to, of,
            facts.pollers == 0 ? "No worker polls the task list"
                               : "Workers poll the task list; its backlog says whether they keep up",
            root_cause::facts::pollers);
  to.causes.back().list_name = of.list->name;
  to.causes.back().backlog = facts.backlog;
}

/// What the settings of an activity have to do with its timeout.
void add_settings(issue_group& to, const issue& of) {
  using facts = root_cause::facts;
  if (of.timeout == api::TIMEOUT_TYPE_SCHEDULE_TO_START)
    return; // no worker had it
  if (of.heartbeat_ns == 0) {
    add_cause(to, of,
              of.retry ? "There is a retry policy but no heartbeat timeout: a lost worker is noticed late"
                       : "There is neither a heartbeat timeout nor a retry policy",
              facts::heartbeats);
  } else if (of.timeout == api::TIMEOUT_TYPE_HEARTBEAT) {
    add_cause(to, of,
              of.retry ? "The activity did not send its heartbeat in time"
                       : "The activity did not send its heartbeat in time, and it has no retry policy",
              facts::heartbeats);
  }
  if (!of.retry)
    return;
  const auto expiration = ns_of(of.retry->expiration_interval());
  if (expiration > 0 && expiration <= of.configured_ns)
    add_cause(to, of, "The retry policy expires before a second attempt could begin", facts::heartbeats);
  else if (of.retry->maximum_attempts() > 1)
    add_cause(to, of, "All attempts that the retry policy allows were used, or it expired", facts::heartbeats);
}

} // namespace

std::string type_name(const api::HistoryEvent& event) {
  const auto* field = api::HistoryEvent::descriptor()->FindFieldByNumber(event.attributes_case());
  if (field == nullptr)
    return {};
  constexpr std::string_view suffix = "EventAttributes";
  auto name = field->camelcase_name();
  if (name.ends_with(suffix))
    name.resize(name.size() - suffix.size());
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z')
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

std::string type_name(api::TimeoutType type) {
  constexpr std::string_view prefix = "TIMEOUT_TYPE_";
  const auto& name = api::TimeoutType_Name(type);
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

issue* diagnosis::add(issue_group& to, issue_kind kind, std::int64_t event_id, std::string reason) {
  if (++to.found > static_cast<std::int64_t>(issue_group::issues_max))
    return nullptr;
  CADENZA_ASSERT(to.issues.size() < issue_group::issues_max, "a diagnosis tells a bounded number of issues");
  auto& out = to.issues.emplace_back();
  out.kind = kind;
  out.id = static_cast<int>(to.issues.size()) - 1;
  out.event_id = event_id;
  out.reason = std::move(reason);
  return &out;
}

void diagnosis::take(const api::HistoryEvent& event) {
  const auto now_ns = workflow::ns_of(event.event_time());
  using kind = api::HistoryEvent;
  switch (event.attributes_case()) {
  case kind::kWorkflowExecutionStartedEventAttributes: {
    const auto& a = event.workflow_execution_started_event_attributes();
    run_started_ns_ = now_ns;
    run_timeout_ns_ = ns_of(a.execution_start_to_close_timeout());
    run_list_ = a.task_list().name();
    run_list_kind_ = a.task_list().kind();
    if (a.has_retry_policy())
      check_retry(issue_kind::workflow_retry, event.event_id(), a.retry_policy(), {});
    break;
  }
  case kind::kWorkflowExecutionTimedOutEventAttributes: take_workflow_timeout(event); break;
  case kind::kWorkflowExecutionFailedEventAttributes: take_workflow_failure(event); break;
  case kind::kDecisionTaskScheduledEventAttributes:
    decision_id_ = event.event_id();
    decision_timeout_ns_ = ns_of(event.decision_task_scheduled_event_attributes().start_to_close_timeout());
    break;
  case kind::kDecisionTaskCompletedEventAttributes:
    decider_ = event.decision_task_completed_event_attributes().identity();
    break;
  case kind::kDecisionTaskTimedOutEventAttributes: take_decision_timeout(event); break;
  case kind::kDecisionTaskFailedEventAttributes: take_decision_failure(event); break;
  case kind::kActivityTaskScheduledEventAttributes: take_scheduled(event); break;
  case kind::kActivityTaskStartedEventAttributes: {
    const auto i = activities_.find(event.activity_task_started_event_attributes().scheduled_event_id());
    if (i != activities_.end())
      i->second.started_ns = now_ns;
    break;
  }
  case kind::kActivityTaskCompletedEventAttributes:
    activities_.erase(event.activity_task_completed_event_attributes().scheduled_event_id());
    break;
  case kind::kActivityTaskCanceledEventAttributes:
    activities_.erase(event.activity_task_canceled_event_attributes().scheduled_event_id());
    break;
  case kind::kActivityTaskFailedEventAttributes: take_activity_failure(event); break;
  case kind::kActivityTaskTimedOutEventAttributes: take_activity_timeout(event); break;
  default: take_child_news(event); break;
  }
  last_id_ = event.event_id();
  last_ns_ = now_ns;
  last_type_ = type_name(event);
}

void diagnosis::take_child_news(const api::HistoryEvent& event) {
  using kind = api::HistoryEvent;
  switch (event.attributes_case()) {
  case kind::kStartChildWorkflowExecutionInitiatedEventAttributes:
    children_[event.event_id()].timeout_ns =
        ns_of(event.start_child_workflow_execution_initiated_event_attributes().execution_start_to_close_timeout());
    break;
  case kind::kChildWorkflowExecutionStartedEventAttributes: {
    const auto i = children_.find(event.child_workflow_execution_started_event_attributes().initiated_event_id());
    if (i != children_.end())
      i->second.started_ns = workflow::ns_of(event.event_time());
    break;
  }
  case kind::kChildWorkflowExecutionTimedOutEventAttributes: take_child_timeout(event); break;
  case kind::kStartChildWorkflowExecutionFailedEventAttributes:
    children_.erase(event.start_child_workflow_execution_failed_event_attributes().initiated_event_id());
    break;
  case kind::kChildWorkflowExecutionCompletedEventAttributes:
    children_.erase(event.child_workflow_execution_completed_event_attributes().initiated_event_id());
    break;
  case kind::kChildWorkflowExecutionFailedEventAttributes:
    children_.erase(event.child_workflow_execution_failed_event_attributes().initiated_event_id());
    break;
  case kind::kChildWorkflowExecutionCanceledEventAttributes:
    children_.erase(event.child_workflow_execution_canceled_event_attributes().initiated_event_id());
    break;
  case kind::kChildWorkflowExecutionTerminatedEventAttributes:
    children_.erase(event.child_workflow_execution_terminated_event_attributes().initiated_event_id());
    break;
  default: break;
  }
}

void diagnosis::take_scheduled(const api::HistoryEvent& event) {
  const auto& a = event.activity_task_scheduled_event_attributes();
  auto& open = activities_[event.event_id()];
  open.type = a.activity_type().name();
  open.scheduled_ns = workflow::ns_of(event.event_time());
  open.asked = a;
  open.asked.clear_input();
  open.asked.clear_header();
  if (a.has_retry_policy())
    check_retry(issue_kind::activity_retry, event.event_id(), a.retry_policy(), a.activity_type().name());
  const auto heartbeat = ns_of(a.heartbeat_timeout());
  if (heartbeat > 0 && ns_of(a.start_to_close_timeout()) <= heartbeat) {
    auto* out = add(found_.retries, issue_kind::activity_heartbeat, event.event_id(),
                    "The heartbeat timeout is not shorter than the start-to-close timeout, which fires first");
    if (out != nullptr)
      out->activity_type = a.activity_type().name();
  }
}

void diagnosis::check_retry(issue_kind kind, std::int64_t event_id, const api::RetryPolicy& policy,
                            const std::string& activity_type) {
  const auto expiration = ns_of(policy.expiration_interval());
  const char* reason = nullptr;
  if (policy.maximum_attempts() == 1)
    reason = "Nothing is retried with a maximum of one attempt: the first attempt counts";
  else if (expiration > 0 && expiration < ns_of(policy.initial_interval()))
    reason = "The policy expires before its initial interval ends, so nothing is retried";
  if (reason == nullptr)
    return;
  if (auto* out = add(found_.retries, kind, event_id, reason)) {
    out->retry = policy;
    out->activity_type = activity_type;
  }
}

void diagnosis::take_activity_timeout(const api::HistoryEvent& event) {
  const auto& a = event.activity_task_timed_out_event_attributes();
  const auto node = activities_.extract(a.scheduled_event_id());
  auto* out = add(found_.timeouts, issue_kind::activity_timeout, event.event_id(), type_name(a.timeout_type()));
  if (out == nullptr)
    return;
  out->timeout = a.timeout_type();
  out->scheduled_id = a.scheduled_event_id();
  out->started_id = a.started_event_id();
  if (a.has_last_failure())
    out->failure_reason = cut(a.last_failure().reason());
  if (node.empty())
    return; // a history whose beginning is gone
  const auto& open = node.mapped();
  const auto& asked = open.asked;
  const auto now_ns = workflow::ns_of(event.event_time());
  const auto started_ns = open.started_ns != 0 ? open.started_ns : open.scheduled_ns;
  out->activity_type = open.type;
  out->elapsed_ns = now_ns - open.scheduled_ns;
  switch (a.timeout_type()) {
  case api::TIMEOUT_TYPE_HEARTBEAT:
    out->configured_ns = ns_of(asked.heartbeat_timeout());
    out->elapsed_ns = now_ns - started_ns;
    break;
  case api::TIMEOUT_TYPE_START_TO_CLOSE:
    out->configured_ns = ns_of(asked.start_to_close_timeout());
    out->elapsed_ns = now_ns - started_ns;
    break;
  case api::TIMEOUT_TYPE_SCHEDULE_TO_START: out->configured_ns = ns_of(asked.schedule_to_start_timeout()); break;
  case api::TIMEOUT_TYPE_SCHEDULE_TO_CLOSE: out->configured_ns = ns_of(asked.schedule_to_close_timeout()); break;
  default: break;
  }
  out->heartbeat_ns = ns_of(asked.heartbeat_timeout());
  out->list = list_in_question{asked.domain(), asked.task_list().name(), true};
  out->list_kind = asked.task_list().kind();
  if (asked.has_retry_policy())
    out->retry = asked.retry_policy();
}

void diagnosis::take_activity_failure(const api::HistoryEvent& event) {
  const auto& a = event.activity_task_failed_event_attributes();
  const auto node = activities_.extract(a.scheduled_event_id());
  const auto what = class_of(a.failure().reason());
  auto* out = add(found_.failures, issue_kind::activity_failure, event.event_id(), what.reason);
  if (out == nullptr)
    return;
  out->over_blob_limit = what.over_blob_limit;
  out->failure_reason = cut(a.failure().reason());
  out->identity = a.identity();
  out->scheduled_id = a.scheduled_event_id();
  out->started_id = a.started_event_id();
  if (!node.empty())
    out->activity_type = node.mapped().type;
}

void diagnosis::take_child_timeout(const api::HistoryEvent& event) {
  const auto& a = event.child_workflow_execution_timed_out_event_attributes();
  const auto node = children_.extract(a.initiated_event_id());
  auto* out = add(found_.timeouts, issue_kind::child_timeout, event.event_id(), type_name(a.timeout_type()));
  if (out == nullptr)
    return;
  out->timeout = a.timeout_type();
  out->child_workflow_id = a.workflow_execution().workflow_id();
  out->child_run_id = a.workflow_execution().run_id();
  if (node.empty())
    return;
  out->configured_ns = node.mapped().timeout_ns;
  if (node.mapped().started_ns != 0)
    out->elapsed_ns = workflow::ns_of(event.event_time()) - node.mapped().started_ns;
}

void diagnosis::take_decision_timeout(const api::HistoryEvent& event) {
  const auto& a = event.decision_task_timed_out_event_attributes();
  auto reason = type_name(a.timeout_type());
  if (a.cause() == api::DECISION_TASK_TIMED_OUT_CAUSE_RESET)
    reason = "The run was reset (" + cut(a.reason()) + "); it continues as run " + a.new_run_id();
  auto* out = add(found_.timeouts, issue_kind::decision_timeout, event.event_id(), std::move(reason));
  if (out == nullptr)
    return;
  out->timeout = a.timeout_type();
  if (a.scheduled_event_id() == decision_id_)
    out->configured_ns = decision_timeout_ns_;
}

void diagnosis::take_decision_failure(const api::HistoryEvent& event) {
  const auto& a = event.decision_task_failed_event_attributes();
  if (expected(a.cause()))
    return;
  auto* out = add(found_.failures, issue_kind::decision_failure, event.event_id(), cause_name(a.cause()));
  if (out == nullptr)
    return;
  // Clients write what went wrong into the details, as text.
  // Details are bytes; what is no text cannot stand in the JSON of the report.
  const auto& details = a.failure().details();
  out->failure_reason = cut(details.empty() || !utf8::valid(details) ? a.failure().reason() : details);
  out->identity = a.identity();
  out->scheduled_id = a.scheduled_event_id();
  out->started_id = a.started_event_id();
}

void diagnosis::take_workflow_timeout(const api::HistoryEvent& event) {
  const auto type = event.workflow_execution_timed_out_event_attributes().timeout_type();
  auto* out = add(found_.timeouts, issue_kind::workflow_timeout, event.event_id(), type_name(type));
  if (out == nullptr)
    return;
  out->timeout = type;
  out->configured_ns = run_timeout_ns_;
  out->elapsed_ns = workflow::ns_of(event.event_time()) - run_started_ns_;
  out->list = list_in_question{{}, run_list_, false};
  out->list_kind = run_list_kind_;
  out->last_event_id = last_id_;
  out->last_event_ns = last_ns_;
  out->last_event_type = last_type_;
}

void diagnosis::take_workflow_failure(const api::HistoryEvent& event) {
  const auto& failure = event.workflow_execution_failed_event_attributes().failure();
  const auto what = class_of(failure.reason());
  auto* out = add(found_.failures, issue_kind::workflow_failure, event.event_id(), what.reason);
  if (out == nullptr)
    return;
  out->over_blob_limit = what.over_blob_limit;
  out->failure_reason = cut(failure.reason());
  out->identity = decider_;
}

std::vector<list_in_question> diagnosis::lists() const {
  std::set<list_in_question> all;
  for (const auto& one : found_.timeouts.issues) {
    if (one.list && !one.list->name.empty())
      all.insert(*one.list);
  }
  return {all.begin(), all.end()};
}

diagnosis_report diagnosis::report(const std::map<list_in_question, list_facts>& known) const {
  auto out = found_;
  for (const auto& one : out.timeouts.issues) {
    if (one.list) {
      const auto i = known.find(*one.list);
      if (i != known.end())
        add_pollers(out.timeouts, one, i->second);
    }
    if (one.kind == issue_kind::activity_timeout)
      add_settings(out.timeouts, one);
  }
  for (const auto& one : out.failures.issues) {
    if (one.kind == issue_kind::decision_failure) {
      if (one.reason == "WORKFLOW_WORKER_UNHANDLED_FAILURE")
        add_cause(out.failures, one, "The workflow's code panicked or does not fit the history it is replayed with");
      continue;
    }
    const auto what = class_of(one.failure_reason);
    if (what.cause != nullptr)
      add_cause(out.failures, one, what.cause,
                what.over_blob_limit ? root_cause::facts::blob_limits : root_cause::facts::none);
  }
  return out;
}

} // namespace cadenza::actors
