#include "cli/describe_text.hpp"

#include "cli/names.hpp"
#include "cli/time_range.hpp"

#include "google/protobuf/descriptor.h"

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

json time_or_null(bool set, const google::protobuf::Timestamp& time) {
  return set ? json(utc_text(to_ns(time))) : json(nullptr);
}

template <class Enum> json enum_or_null(Enum value, const google::protobuf::EnumDescriptor* type) {
  const auto* known = type->FindValueByNumber(value);
  return value == 0 || known == nullptr ? json(nullptr) : json(enum_name(*known));
}

json message_or_null(bool set, const google::protobuf::Message& message) {
  return set ? to_json(message, json_style::readable) : json(nullptr);
}

/// Puts a time in only when it is set.
void add_time(json& into, const char* key, bool set, const google::protobuf::Timestamp& time) {
  if (set)
    into[key] = utc_text(to_ns(time));
}

json info_json(const api::WorkflowExecutionInfo& info) {
  json result{{"Execution", to_json(info.workflow_execution(), json_style::readable)},
              {"Type", to_json(info.type(), json_style::readable)},
              {"StartTime", time_or_null(info.has_start_time(), info.start_time())},
              {"CloseTime", time_or_null(info.has_close_time(), info.close_time())},
              {"CloseStatus", enum_or_null(info.close_status(), api::WorkflowExecutionCloseStatus_descriptor())},
              {"HistoryLength", info.history_length()},
              {"ParentDomainID", nullptr},
              {"ParentExecution", nullptr}};
  if (info.has_parent_execution_info()) {
    result["ParentDomainID"] = info.parent_execution_info().domain_id();
    result["ParentExecution"] = to_json(info.parent_execution_info().workflow_execution(), json_style::readable);
  }
  result["Memo"] = message_or_null(!info.memo().fields().empty(), info.memo());
  result["SearchAttributes"] = nullptr;
  if (info.has_search_attributes()) {
    const auto fields = to_json(info.search_attributes(), json_style::readable);
    if (fields.contains("indexedFields"))
      result["SearchAttributes"] = fields["indexedFields"];
  }
  result["AutoResetPoints"] = message_or_null(info.has_auto_reset_points(), info.auto_reset_points());
  result["PartitionConfig"] = nullptr;
  if (!info.partition_config().empty())
    for (const auto& [key, value] : info.partition_config())
      result["PartitionConfig"][key] = value;
  result["CronOverlapPolicy"] = enum_or_null(info.cron_overlap_policy(), api::CronOverlapPolicy_descriptor());
  result["ActiveClusterSelectionPolicy"] =
      message_or_null(info.has_active_cluster_selection_policy(), info.active_cluster_selection_policy());
  if (info.is_cron())
    result["IsCron"] = true;
  if (!info.cron_schedule().empty())
    result["CronSchedule"] = info.cron_schedule();
  add_time(result, "ExecutionTime", info.has_execution_time(), info.execution_time());
  add_time(result, "UpdateTime", info.has_update_time(), info.update_time());
  return result;
}

} // namespace

std::string list_of(const activity_lists& lists, const api::PendingActivityInfo& activity) {
  const auto found = lists.find(activity.activity_id());
  return found == lists.end() ? std::string() : found->second;
}

json pending_activity_json(const api::PendingActivityInfo& activity, const std::string& task_list) {
  json result{{"ActivityID", activity.activity_id()},
              {"ActivityType", to_json(activity.activity_type(), json_style::readable)},
              {"State", enum_or_null(activity.state(), api::PendingActivityState_descriptor())}};
  add_time(result, "ScheduledTimestamp", activity.has_scheduled_time(), activity.scheduled_time());
  add_time(result, "LastStartedTimestamp", activity.has_last_started_time(), activity.last_started_time());
  if (activity.has_heartbeat_details())
    result["HeartbeatDetails"] = payload_json(activity.heartbeat_details().data());
  add_time(result, "LastHeartbeatTimestamp", activity.has_last_heartbeat_time(), activity.last_heartbeat_time());
  if (activity.attempt() != 0)
    result["Attempt"] = activity.attempt();
  if (activity.maximum_attempts() != 0)
    result["MaximumAttempts"] = activity.maximum_attempts();
  add_time(result, "ExpirationTimestamp", activity.has_expiration_time(), activity.expiration_time());
  if (activity.has_last_failure()) {
    result["LastFailureReason"] = activity.last_failure().reason();
    if (!activity.last_failure().details().empty())
      result["LastFailureDetails"] = payload_json(activity.last_failure().details());
  }
  if (!activity.last_worker_identity().empty())
    result["LastWorkerIdentity"] = activity.last_worker_identity();
  if (!activity.started_worker_identity().empty())
    result["StartedWorkerIdentity"] = activity.started_worker_identity();
  if (activity.schedule_id() != 0)
    result["ScheduleID"] = activity.schedule_id();
  if (!task_list.empty())
    result["TaskList"] = task_list;
  return result;
}

json describe_json(const api::DescribeWorkflowExecutionResponse& response, const activity_lists& lists) {
  json result{{"ExecutionConfiguration", to_json(response.execution_configuration(), json_style::readable)},
              {"WorkflowExecutionInfo", info_json(response.workflow_execution_info())},
              {"PendingActivities", nullptr},
              {"PendingChildren", nullptr},
              {"PendingDecision", nullptr}};
  for (const auto& activity : response.pending_activities())
    result["PendingActivities"].push_back(pending_activity_json(activity, list_of(lists, activity)));
  for (const auto& child : response.pending_children())
    result["PendingChildren"].push_back(to_json(child, json_style::readable));
  if (response.has_pending_decision()) {
    const auto& decision = response.pending_decision();
    json pending{{"State", enum_or_null(decision.state(), api::PendingDecisionState_descriptor())}};
    add_time(pending, "ScheduledTimestamp", decision.has_scheduled_time(), decision.scheduled_time());
    add_time(pending, "StartedTimestamp", decision.has_started_time(), decision.started_time());
    if (decision.attempt() != 0)
      pending["Attempt"] = decision.attempt();
    if (decision.schedule_id() != 0)
      pending["ScheduleID"] = decision.schedule_id();
    result["PendingDecision"] = std::move(pending);
  }
  return result;
}

} // namespace cadenza::cli
