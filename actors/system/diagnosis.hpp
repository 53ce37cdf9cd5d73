#pragma once

#include "findings/conclusion.hpp"
#include "uber/cadence/api/v1/history.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What goes wrong in a run, as its history shows it. Pure: the same events give the same report.
namespace cadenza::actors {

enum class issue_kind {
  workflow_timeout,
  activity_timeout,
  child_timeout,
  decision_timeout,
  activity_failure,
  workflow_failure,
  decision_failure,
  workflow_retry, ///< a retry policy under which nothing is tried again
  activity_retry,
  activity_heartbeat, ///< a heartbeat timeout that can never be the first to fire
};

/// A task list of which a report wants to know who polls it.
struct list_in_question {
  std::string domain; ///< empty: the domain of the run
  std::string name;
  bool activities = false;
  auto operator<=>(const list_in_question&) const = default;
};

/// What is known of such a list now.
struct list_facts {
  std::int64_t pollers = 0;
  std::int64_t backlog = 0;
};

/// One thing that went wrong. Fields that its kind does not use are empty.
struct issue {
  issue_kind kind{};
  int id = 0;                ///< within its group, from 0
  std::int64_t event_id = 0; ///< the event that shows it
  std::string reason;
  std::string activity_type;
  std::int64_t scheduled_id = 0;
  std::int64_t started_id = 0;
  std::string identity;       ///< of the worker it came from
  std::string failure_reason; ///< as the worker named it, cut at 1 KiB
  uber::cadence::api::v1::TimeoutType timeout{};
  std::int64_t configured_ns = 0;
  std::int64_t elapsed_ns = 0;
  std::int64_t heartbeat_ns = 0;
  std::optional<list_in_question> list;
  uber::cadence::api::v1::TaskListKind list_kind{};
  std::optional<uber::cadence::api::v1::RetryPolicy> retry;
  std::string child_workflow_id;
  std::string child_run_id;
  std::int64_t last_event_id = 0; ///< before the workflow timed out
  std::int64_t last_event_ns = 0;
  std::string last_event_type;
  bool over_blob_limit = false;
};

/// Why an issue may have come about.
struct root_cause {
  int issue_id = 0;
  std::string text;
  enum class facts { none, pollers, heartbeats, blob_limits } extra = facts::none;
  std::string list_name;
  std::int64_t backlog = 0;
  std::int64_t elapsed_ns = 0;
  std::optional<uber::cadence::api::v1::RetryPolicy> retry;
};

/// Issues of one sort. At most `issues_max`, the earliest; `found` counts all.
struct issue_group {
  static constexpr std::size_t issues_max = 10;
  std::vector<issue> issues;
  std::vector<root_cause> causes;
  std::int64_t found = 0;
};

struct diagnosis_report {
  issue_group timeouts;
  issue_group failures;
  issue_group retries;
  std::vector<findings::finding> stuck; ///< what keeps the run from going on, as the command line says it
  std::int64_t blob_warn_bytes = 0;     ///< limits of the run's domain
  std::int64_t blob_error_bytes = 0;
};

/// Reads a history event by event, oldest first, and says what is wrong with the run. Memory grows with the activities
/// and children that are open at one moment, not with the history.
class diagnosis {
public:
  void take(const uber::cadence::api::v1::HistoryEvent& event);

  /// The lists that the report should know something of; at most a group's worth. To be asked after the last event.
  [[nodiscard]] std::vector<list_in_question> lists() const;

  /// The report on the events taken so far. Lists that `known` says nothing of give no root cause.
  [[nodiscard]] diagnosis_report report(const std::map<list_in_question, list_facts>& known) const;

private:
  struct open_activity {
    std::string type;
    std::int64_t scheduled_ns = 0;
    std::int64_t started_ns = 0;
    uber::cadence::api::v1::ActivityTaskScheduledEventAttributes asked; ///< without its input
  };
  struct open_child {
    std::int64_t timeout_ns = 0;
    std::int64_t started_ns = 0;
  };
  issue* add(issue_group& to, issue_kind kind, std::int64_t event_id, std::string reason);
  void take_child_news(const uber::cadence::api::v1::HistoryEvent& event);
  void take_scheduled(const uber::cadence::api::v1::HistoryEvent& event);
  void take_activity_timeout(const uber::cadence::api::v1::HistoryEvent& event);
  void take_activity_failure(const uber::cadence::api::v1::HistoryEvent& event);
  void take_child_timeout(const uber::cadence::api::v1::HistoryEvent& event);
  void take_decision_timeout(const uber::cadence::api::v1::HistoryEvent& event);
  void take_decision_failure(const uber::cadence::api::v1::HistoryEvent& event);
  void take_workflow_timeout(const uber::cadence::api::v1::HistoryEvent& event);
  void take_workflow_failure(const uber::cadence::api::v1::HistoryEvent& event);
  void check_retry(issue_kind kind, std::int64_t event_id, const uber::cadence::api::v1::RetryPolicy& policy,
                   const std::string& activity_type);

  diagnosis_report found_;
  std::map<std::int64_t, open_activity> activities_; ///< by the id of the event that scheduled them
  std::map<std::int64_t, open_child> children_;      ///< by the id of the event that initiated them
  std::int64_t run_started_ns_ = 0;
  std::int64_t run_timeout_ns_ = 0;
  std::string run_list_;
  uber::cadence::api::v1::TaskListKind run_list_kind_{};
  std::int64_t decision_id_ = 0; ///< the latest scheduled decision
  std::int64_t decision_timeout_ns_ = 0;
  std::string decider_; ///< who completed the latest decision
  std::int64_t last_id_ = 0;
  std::int64_t last_ns_ = 0;
  std::string last_type_;
};

/// `DecisionTaskScheduled` and the like; empty for an event without attributes.
[[nodiscard]] std::string type_name(const uber::cadence::api::v1::HistoryEvent& event);

/// `SCHEDULE_TO_START` and the like.
[[nodiscard]] std::string type_name(uber::cadence::api::v1::TimeoutType type);

/// The report as JSON, with the member names that readers of the reference system's reports know, and a group `Stuck`
/// in the shape of the others. A group without issues is null.
[[nodiscard]] std::string to_json(const diagnosis_report& report);

} // namespace cadenza::actors
