#include "bridge/validate_admin.hpp"

namespace cadenza::bridge {

namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

outcome<workflow::domain_ptr> check(const checks& with, const admin::DescribeWorkflowExecutionRequest& request) {
  CADENZA_TRY(check_execution(request.has_workflow_execution(), request.workflow_execution()));
  return find_domain(with, request.domain());
}

outcome<workflow::domain_ptr> check(const checks& with, const admin::UpdateTaskListPartitionConfigRequest& request) {
  auto domain = find_domain(with, request.domain());
  if (!domain)
    return domain;
  if (!request.has_task_list())
    return bad_request("TaskList is not set on request.");
  if (request.task_list().kind() == api::TASK_LIST_KIND_INVALID)
    return bad_request("Task list kind not set.");
  if (request.task_list().kind() != api::TASK_LIST_KIND_NORMAL)
    return bad_request("Only normal tasklist's partition config can be updated.");
  if (request.task_list_type() == api::TASK_LIST_TYPE_INVALID)
    return bad_request("Task list type not set.");
  if (!request.has_partition_config())
    return bad_request("Task list partition config is not set in the request.");
  const auto& config = request.partition_config();
  if (config.write_partitions_size() > config.read_partitions_size())
    return bad_request("The number of write partitions cannot be larger than the number of read partitions.");
  if (config.write_partitions_size() <= 0)
    return bad_request("The number of partitions must be larger than 0.");
  return domain;
}

outcome<workflow::domain_ptr> check(const checks& with, const admin::RefreshWorkflowTasksRequest& request) {
  CADENZA_TRY(check_execution(request.has_workflow_execution(), request.workflow_execution()));
  return find_domain(with, request.domain());
}

outcome<void> check(const checks&, const admin::DescribeHistoryHostRequest& request) {
  if (request.describe_by_case() == admin::DescribeHistoryHostRequest::DESCRIBE_BY_NOT_SET)
    return bad_request("Request is nil.");
  if (request.has_workflow_execution())
    return check_execution(true, request.workflow_execution());
  return {};
}

} // namespace cadenza::bridge
