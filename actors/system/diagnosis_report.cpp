#include "actors/system/diagnosis.hpp"

#include "messages/json_text.hpp"
#include "messages/wire_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view handbook = "https://cadenceworkflow.io/docs/workflow-troubleshooting/";

/// Writes JSON front to back; who uses it keeps to the grammar.
class json_writer {
public:
  json_writer& key(std::string_view name) {
    separate();
    append_json_string(text_, name);
    text_ += ':';
    fresh_ = true;
    return *this;
  }
  void open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    fresh_ = false;
  }
  void text(std::string_view value) {
    separate();
    append_json_string(text_, value);
  }
  void number(std::int64_t value) { raw(std::to_string(value)); }
  void number(double value) {
    if (!std::isfinite(value))
      return null();
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    raw({digits.data(), end});
  }
  void null() { raw("null"); }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  void raw(std::string_view value) {
    separate();
    text_ += value;
  }
  void separate() {
    if (!fresh_)
      text_ += ',';
    fresh_ = false;
  }
  std::string text_;
  bool fresh_ = true;
};

std::string_view name_of(issue_kind kind) {
  switch (kind) {
  case issue_kind::workflow_timeout: return "Workflow timed out";
  case issue_kind::activity_timeout: return "Activity timed out";
  case issue_kind::child_timeout: return "Child workflow timed out";
  case issue_kind::decision_timeout: return "Decision timed out";
  case issue_kind::activity_failure: return "Activity failed";
  case issue_kind::workflow_failure: return "Workflow failed";
  case issue_kind::decision_failure: return "Decision failed";
  case issue_kind::workflow_retry: return "The workflow's retry policy has no effect";
  case issue_kind::activity_retry: return "An activity's retry policy has no effect";
  case issue_kind::activity_heartbeat: return "An activity's heartbeat timeout has no effect";
  }
  return {};
}

std::string_view name_of(api::TaskListKind kind) {
  switch (kind) {
  case api::TASK_LIST_KIND_STICKY: return "STICKY";
  case api::TASK_LIST_KIND_EPHEMERAL: return "EPHEMERAL";
  default: return "NORMAL";
  }
}

void write_retry(json_writer& to, const std::optional<api::RetryPolicy>& policy) {
  if (!policy)
    return to.null();
  const auto seconds = [&](std::string_view name, const google::protobuf::Duration& value) {
    if (const auto s = workflow::seconds_of(value); s != 0)
      to.key(name).number(std::int64_t{s});
  };
  to.open('{');
  seconds("initialIntervalInSeconds", policy->initial_interval());
  if (policy->backoff_coefficient() != 0)
    to.key("backoffCoefficient").number(policy->backoff_coefficient());
  seconds("maximumIntervalInSeconds", policy->maximum_interval());
  if (policy->maximum_attempts() != 0)
    to.key("maximumAttempts").number(std::int64_t{policy->maximum_attempts()});
  if (policy->non_retryable_error_reasons_size() > 0) {
    to.key("nonRetriableErrorReasons").open('[');
    for (const auto& reason : policy->non_retryable_error_reasons())
      to.text(reason);
    to.close(']');
  }
  seconds("expirationIntervalInSeconds", policy->expiration_interval());
  to.close('}');
}

void write_list(json_writer& to, const issue& of) {
  if (!of.list)
    return to.null();
  to.open('{');
  to.key("name").text(of.list->name);
  to.key("kind").text(name_of(of.list_kind));
  to.close('}');
}

void write_workflow_timeout(json_writer& to, const issue& of) {
  to.open('{');
  to.key("EventID").number(of.event_id);
  to.key("ExecutionTime").number(of.elapsed_ns);
  to.key("ConfiguredTimeout").number(of.configured_ns);
  write_list(to.key("Tasklist"), of);
  to.key("LastOngoingEvent").open('{');
  to.key("eventId").number(of.last_event_id);
  to.key("timestamp").number(of.last_event_ns);
  to.key("eventType").text(of.last_event_type);
  to.close('}');
  to.close('}');
}

void write_activity_timeout(json_writer& to, const issue& of) {
  to.open('{');
  to.key("EventID").number(of.event_id);
  to.key("ActivityType").text(of.activity_type);
  to.key("ActivityScheduledID").number(of.scheduled_id);
  to.key("ActivityStartedID").number(of.started_id);
  to.key("TimeoutType").text(type_name(of.timeout));
  to.key("ConfiguredTimeout").number(of.configured_ns);
  to.key("TimeElapsed").number(of.elapsed_ns);
  write_retry(to.key("RetryPolicy"), of.retry);
  to.key("HeartBeatTimeout").number(of.heartbeat_ns);
  write_list(to.key("Tasklist"), of);
  if (!of.failure_reason.empty())
    to.key("LastFailureReason").text(of.failure_reason);
  to.close('}');
}

void write_child_timeout(json_writer& to, const issue& of) {
  to.open('{');
  to.key("EventID").number(of.event_id);
  to.key("ExecutionTime").number(of.elapsed_ns);
  to.key("ConfiguredTimeout").number(of.configured_ns);
  to.key("Execution").open('{');
  to.key("workflowId").text(of.child_workflow_id);
  to.key("runId").text(of.child_run_id);
  to.close('}');
  to.close('}');
}

void write_decision_timeout(json_writer& to, const issue& of) {
  to.open('{');
  to.key("EventID").number(of.event_id);
  to.key("ConfiguredTimeout").number(of.configured_ns);
  to.close('}');
}

/// One of four members is there, the others are null.
void write_timeout(json_writer& to, const issue& of) {
  struct part {
    std::string_view name;
    issue_kind kind;
    void (*write)(json_writer&, const issue&);
  };
  static constexpr part parts[] = {{"ExecutionTimeout", issue_kind::workflow_timeout, write_workflow_timeout},
                                   {"ActivityTimeout", issue_kind::activity_timeout, write_activity_timeout},
                                   {"ChildWfTimeout", issue_kind::child_timeout, write_child_timeout},
                                   {"DecisionTimeout", issue_kind::decision_timeout, write_decision_timeout}};
  to.open('{');
  for (const auto& one : parts) {
    to.key(one.name);
    if (one.kind == of.kind)
      one.write(to, of);
    else
      to.null();
  }
  to.close('}');
}

void write_failure(json_writer& to, const issue& of) {
  to.open('{');
  to.key("EventID").number(of.event_id);
  to.key("FailureReason").text(of.failure_reason);
  to.key("Identity").text(of.identity);
  to.key("ActivityType").text(of.activity_type);
  const bool activity = of.kind == issue_kind::activity_failure;
  to.key("ActivityScheduledID").number(activity ? of.scheduled_id : 0);
  to.key("ActivityStartedID").number(activity ? of.started_id : 0);
  to.close('}');
}

void write_retry_issue(json_writer& to, const issue& of) {
  to.open('{');
  to.key("EventID").number(of.event_id);
  write_retry(to.key("RetryPolicy"), of.retry);
  if (!of.activity_type.empty())
    to.key("ActivityType").text(of.activity_type);
  to.close('}');
}

void write_cause(json_writer& to, const root_cause& cause, const diagnosis_report& in) {
  using facts = root_cause::facts;
  to.open('{');
  to.key("IssueID").number(std::int64_t{cause.issue_id});
  to.key("RootCauseType").text(cause.text);
  to.key("Metadata");
  switch (cause.extra) {
  case facts::none: to.null(); break;
  case facts::pollers:
    to.open('{');
    to.key("PollersMetadata").open('{');
    to.key("TaskListName").text(cause.list_name);
    to.key("TaskListBacklog").number(cause.backlog);
    to.close('}');
    to.key("HeartBeatingMetadata").null();
    to.close('}');
    break;
  case facts::heartbeats:
    to.open('{');
    to.key("PollersMetadata").null();
    to.key("HeartBeatingMetadata").open('{');
    to.key("TimeElapsed").number(cause.elapsed_ns);
    write_retry(to.key("RetryPolicy"), cause.retry);
    to.close('}');
    to.close('}');
    break;
  case facts::blob_limits:
    to.open('{');
    to.key("BlobSizeMetadata").open('{');
    to.key("BlobSizeWarnLimit").number(in.blob_warn_bytes);
    to.key("BlobSizeErrorLimit").number(in.blob_error_bytes);
    to.close('}');
    to.close('}');
    break;
  }
  to.close('}');
}

void write_group(json_writer& to, const issue_group& group, const diagnosis_report& in, bool with_causes,
                 std::string_view page, void (*metadata)(json_writer&, const issue&)) {
  if (group.issues.empty())
    return to.null();
  to.open('{');
  to.key("Issues").open('[');
  for (const auto& one : group.issues) {
    to.open('{');
    to.key("IssueID").number(std::int64_t{one.id});
    to.key("InvariantType").text(name_of(one.kind));
    to.key("Reason").text(one.reason);
    metadata(to.key("Metadata"), one);
    to.close('}');
  }
  to.close(']');
  if (with_causes) {
    to.key("RootCause").open('[');
    for (const auto& one : group.causes)
      write_cause(to, one, in);
    to.close(']');
  }
  to.key("IssuesFound").number(group.found);
  to.key("Runbook").text(std::string(handbook) + std::string(page));
  to.close('}');
}

/// Sentences as issues, and what to do next as their causes: where readers show it.
void write_stuck(json_writer& to, const std::vector<findings::finding>& all) {
  if (all.empty())
    return to.null();
  to.open('{');
  to.key("Issues").open('[');
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto kind = all[i].kind;
    std::replace(kind.begin(), kind.end(), '_', ' ');
    to.open('{');
    to.key("IssueID").number(static_cast<std::int64_t>(i));
    to.key("InvariantType").text(kind);
    to.key("Reason").text(all[i].text);
    to.key("Metadata").null();
    to.close('}');
  }
  to.close(']');
  to.key("RootCause").open('[');
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].advice.empty())
      continue;
    to.open('{');
    to.key("IssueID").number(static_cast<std::int64_t>(i));
    to.key("RootCauseType").text(all[i].advice);
    to.key("Metadata").null();
    to.close('}');
  }
  to.close(']');
  to.key("IssuesFound").number(static_cast<std::int64_t>(all.size()));
  to.close('}');
}

} // namespace

std::string to_json(const diagnosis_report& report) {
  json_writer out;
  out.open('{');
  write_group(out.key("Timeouts"), report.timeouts, report, true, "timeouts/", write_timeout);
  write_group(out.key("Failures"), report.failures, report, true, "activity-failures/", write_failure);
  write_group(out.key("Retries"), report.retries, report, false, "retries", write_retry_issue);
  write_stuck(out.key("Stuck"), report.stuck);
  out.close('}');
  return out.take();
}

} // namespace cadenza::actors
