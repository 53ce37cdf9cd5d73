#include "messages/thrift_methods.hpp"

namespace cadenza {
namespace {

constexpr std::string_view frontend = "WorkflowService";
constexpr std::string_view operators = "AdminService";
constexpr std::string_view workflow = "uber.cadence.api.v1.WorkflowAPI";
constexpr std::string_view domains = "uber.cadence.api.v1.DomainAPI";
constexpr std::string_view worker = "uber.cadence.api.v1.WorkerAPI";
constexpr std::string_view visibility = "uber.cadence.api.v1.VisibilityAPI";
constexpr std::string_view schedules = "uber.cadence.api.v1.ScheduleAPI";
constexpr std::string_view admin = "uber.cadence.admin.v1.AdminAPI";

const std::vector<thrift_method_row> rows{
    // Of no contract: whatever speaks TChannel or YARPC's Thrift is asked this.
    {"Meta", "health", "uber.cadence.api.v1.MetaAPI", "", "HealthStatus", "", true, "Health"},
    {frontend, "RegisterDomain", domains, "RegisterDomainRequest", "",
     "1:bad_request 3:domain_already_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "DescribeDomain", domains, "DescribeDomainRequest", "DescribeDomainResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "ListDomains", domains, "ListDomainsRequest", "ListDomainsResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "UpdateDomain", domains, "UpdateDomainRequest", "UpdateDomainResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:domain_not_active 6:client_version_not_supported "
     "7:access_denied"},
    {frontend, "FailoverDomain", domains, "FailoverDomainRequest", "FailoverDomainResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:domain_not_active 6:client_version_not_supported "
     "7:access_denied"},
    {frontend, "DeprecateDomain", domains, "DeprecateDomainRequest", "",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:domain_not_active 6:client_version_not_supported "
     "7:access_denied"},
    {frontend, "DeleteDomain", domains, "DeleteDomainRequest", "",
     "1:bad_request 2:service_busy 3:client_version_not_supported 4:access_denied"},
    {frontend, "ListFailoverHistory", domains, "ListFailoverHistoryRequest", "ListFailoverHistoryResponse",
     "1:bad_request 2:service_busy 3:client_version_not_supported 4:access_denied"},
    {frontend, "RestartWorkflowExecution", workflow, "RestartWorkflowExecutionRequest",
     "RestartWorkflowExecutionResponse",
     "1:bad_request 2:service_busy 3:domain_not_active 4:limit_exceeded 5:entity_not_exists "
     "6:client_version_not_supported 7:access_denied"},
    {frontend, "DiagnoseWorkflowExecution", workflow, "DiagnoseWorkflowExecutionRequest",
     "DiagnoseWorkflowExecutionResponse",
     "1:domain_not_active 2:service_busy 3:entity_not_exists 4:client_version_not_supported 5:access_denied"},
    {frontend, "StartWorkflowExecution", workflow, "StartWorkflowExecutionRequest", "StartWorkflowExecutionResponse",
     "1:bad_request 3:workflow_already_started 4:service_busy 5:domain_not_active 6:limit_exceeded "
     "7:entity_not_exists 8:client_version_not_supported 9:access_denied"},
    {frontend, "StartWorkflowExecutionAsync", workflow, "StartWorkflowExecutionAsyncRequest",
     "StartWorkflowExecutionAsyncResponse",
     "1:bad_request 3:workflow_already_started 4:service_busy 5:domain_not_active 6:limit_exceeded "
     "7:entity_not_exists 8:client_version_not_supported 9:access_denied"},
    {frontend, "GetWorkflowExecutionHistory", workflow, "GetWorkflowExecutionHistoryRequest",
     "GetWorkflowExecutionHistoryResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "PollForDecisionTask", worker, "PollForDecisionTaskRequest", "PollForDecisionTaskResponse",
     "1:bad_request 3:service_busy 4:limit_exceeded 5:entity_not_exists 6:domain_not_active "
     "7:client_version_not_supported 8:access_denied"},
    {frontend, "RespondDecisionTaskCompleted", worker, "RespondDecisionTaskCompletedRequest",
     "RespondDecisionTaskCompletedResponse",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RespondDecisionTaskFailed", worker, "RespondDecisionTaskFailedRequest", "",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "PollForActivityTask", worker, "PollForActivityTaskRequest", "PollForActivityTaskResponse",
     "1:bad_request 3:service_busy 4:limit_exceeded 5:entity_not_exists 6:domain_not_active "
     "7:client_version_not_supported 8:access_denied"},
    {frontend, "RecordActivityTaskHeartbeat", worker, "RecordActivityTaskHeartbeatRequest",
     "RecordActivityTaskHeartbeatResponse",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RecordActivityTaskHeartbeatByID", worker, "RecordActivityTaskHeartbeatByIDRequest",
     "HeartbeatByIDResponse",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RespondActivityTaskCompleted", worker, "RespondActivityTaskCompletedRequest", "",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RespondActivityTaskCompletedByID", worker, "RespondActivityTaskCompletedByIDRequest", "",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RespondActivityTaskFailed", worker, "RespondActivityTaskFailedRequest", "",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RespondActivityTaskFailedByID", worker, "RespondActivityTaskFailedByIDRequest", "",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RespondActivityTaskCanceled", worker, "RespondActivityTaskCanceledRequest", "",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RespondActivityTaskCanceledByID", worker, "RespondActivityTaskCanceledByIDRequest", "",
     "1:bad_request 3:entity_not_exists 4:domain_not_active 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "RequestCancelWorkflowExecution", workflow, "RequestCancelWorkflowExecutionRequest", "",
     "1:bad_request 3:entity_not_exists 4:cancellation_already_requested 5:service_busy 6:domain_not_active "
     "7:limit_exceeded 8:client_version_not_supported 9:workflow_already_completed 10:access_denied"},
    {frontend, "SignalWorkflowExecution", workflow, "SignalWorkflowExecutionRequest", "",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:domain_not_active 6:limit_exceeded "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "SignalWithStartWorkflowExecution", workflow, "SignalWithStartWorkflowExecutionRequest",
     "SignalWithStartResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:domain_not_active 6:limit_exceeded "
     "7:workflow_already_started 8:client_version_not_supported 9:access_denied"},
    {frontend, "SignalWithStartWorkflowExecutionAsync", workflow, "SignalWithStartWorkflowExecutionAsyncRequest",
     "SignalWithStartWorkflowExecutionAsyncResponse",
     "1:bad_request 3:workflow_already_started 4:service_busy 5:domain_not_active 6:limit_exceeded "
     "7:entity_not_exists 8:client_version_not_supported 9:access_denied"},
    {frontend, "ResetWorkflowExecution", workflow, "ResetWorkflowExecutionRequest", "ResetWorkflowExecutionResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:domain_not_active 6:limit_exceeded "
     "7:client_version_not_supported 8:access_denied"},
    {frontend, "TerminateWorkflowExecution", workflow, "TerminateWorkflowExecutionRequest", "",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:domain_not_active 6:limit_exceeded "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "ListOpenWorkflowExecutions", visibility, "ListOpenWorkflowExecutionsRequest",
     "ListOpenWorkflowExecutionsResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:limit_exceeded 6:client_version_not_supported "
     "7:access_denied"},
    {frontend, "ListClosedWorkflowExecutions", visibility, "ListClosedWorkflowExecutionsRequest",
     "ListClosedWorkflowExecutionsResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "ListWorkflowExecutions", visibility, "ListWorkflowExecutionsRequest", "ListWorkflowExecutionsResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "ListArchivedWorkflowExecutions", visibility, "ListArchivedWorkflowExecutionsRequest",
     "ListArchivedWorkflowExecutionsResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "ScanWorkflowExecutions", visibility, "ScannedExecutionsRequest", "ScannedExecutionsResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "CountWorkflowExecutions", visibility, "CountWorkflowExecutionsRequest",
     "CountWorkflowExecutionsResponse",
     "1:bad_request 3:entity_not_exists 4:service_busy 5:client_version_not_supported 6:access_denied"},
    {frontend, "GetSearchAttributes", visibility, "", "GetSearchAttributesResponse",
     "2:service_busy 3:client_version_not_supported 4:access_denied"},
    {frontend, "RespondQueryTaskCompleted", worker, "RespondQueryTaskCompletedRequest", "",
     "1:bad_request 3:entity_not_exists 4:limit_exceeded 5:service_busy 6:domain_not_active "
     "7:client_version_not_supported 8:access_denied"},
    {frontend, "ResetStickyTaskList", worker, "ResetStickyTaskListRequest", "ResetStickyTaskListResponse",
     "1:bad_request 3:entity_not_exists 4:limit_exceeded 5:service_busy 6:domain_not_active "
     "7:client_version_not_supported 8:workflow_already_completed 9:access_denied"},
    {frontend, "QueryWorkflow", workflow, "QueryWorkflowRequest", "QueryWorkflowResponse",
     "1:bad_request 3:entity_not_exists 4:query_failed 5:limit_exceeded 6:service_busy "
     "7:client_version_not_supported 8:access_denied"},
    {frontend, "DescribeWorkflowExecution", workflow, "DescribeWorkflowExecutionRequest",
     "DescribeWorkflowExecutionResponse",
     "1:bad_request 3:entity_not_exists 4:limit_exceeded 5:service_busy 6:client_version_not_supported "
     "7:access_denied"},
    {frontend, "DescribeTaskList", workflow, "DescribeTaskListRequest", "DescribeTaskListResponse",
     "1:bad_request 3:entity_not_exists 4:limit_exceeded 5:service_busy 6:client_version_not_supported "
     "7:access_denied"},
    {frontend, "GetClusterInfo", workflow, "", "ClusterInfo", "1:internal_service 2:service_busy 3:access_denied"},
    {frontend, "GetTaskListsByDomain", workflow, "GetTaskListsByDomainRequest", "GetTaskListsByDomainResponse",
     "1:bad_request 2:entity_not_exists 3:limit_exceeded 4:service_busy 5:client_version_not_supported "
     "6:access_denied"},
    {frontend, "ListTaskListPartitions", workflow, "ListTaskListPartitionsRequest", "ListTaskListPartitionsResponse",
     "1:bad_request 3:entity_not_exists 4:limit_exceeded 5:service_busy 6:access_denied"},
    {frontend, "RefreshWorkflowTasks", workflow, "RefreshWorkflowTasksRequest", "",
     "1:bad_request 2:domain_not_active 3:service_busy 4:entity_not_exists 5:access_denied"},
    {frontend, "CreateSchedule", schedules, "CreateScheduleRequest", "CreateScheduleResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:domain_not_active 5:limit_exceeded 6:access_denied"},
    {frontend, "DescribeSchedule", schedules, "DescribeScheduleRequest", "DescribeScheduleResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:query_failed 5:limit_exceeded 6:access_denied"},
    {frontend, "UpdateSchedule", schedules, "UpdateScheduleRequest", "UpdateScheduleResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:domain_not_active 5:limit_exceeded "
     "6:workflow_already_completed 7:access_denied"},
    {frontend, "DeleteSchedule", schedules, "DeleteScheduleRequest", "DeleteScheduleResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:domain_not_active 5:limit_exceeded "
     "6:workflow_already_completed 7:access_denied"},
    {frontend, "PauseSchedule", schedules, "PauseScheduleRequest", "PauseScheduleResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:domain_not_active 5:limit_exceeded "
     "6:workflow_already_completed 7:access_denied"},
    {frontend, "UnpauseSchedule", schedules, "UnpauseScheduleRequest", "UnpauseScheduleResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:domain_not_active 5:limit_exceeded "
     "6:workflow_already_completed 7:access_denied"},
    {frontend, "BackfillSchedule", schedules, "BackfillScheduleRequest", "BackfillScheduleResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:domain_not_active 5:limit_exceeded "
     "6:workflow_already_completed 7:access_denied"},
    {frontend, "ListSchedules", schedules, "ListSchedulesRequest", "ListSchedulesResponse",
     "1:bad_request 2:entity_not_exists 3:service_busy 4:access_denied"},
    {operators, "DescribeWorkflowExecution", admin, "admin.DescribeWorkflowExecutionRequest",
     "admin.DescribeWorkflowExecutionResponse", "1:bad_request 2:internal_service 3:entity_not_exists 4:access_denied"},
    {operators, "DescribeShardDistribution", admin, "DescribeShardDistributionRequest",
     "DescribeShardDistributionResponse", "1:internal_service"},
    {operators, "DescribeHistoryHost", admin, "DescribeHistoryHostRequest", "DescribeHistoryHostResponse",
     "1:bad_request 2:internal_service 3:access_denied"},
    {operators, "CloseShard", admin, "CloseShardRequest", "", "1:bad_request 2:internal_service 3:access_denied"},
    {operators, "RemoveTask", admin, "RemoveTaskRequest", "", "1:bad_request 2:internal_service 3:access_denied"},
    {operators, "ResetQueue", admin, "ResetQueueRequest", "", "1:bad_request 2:internal_service 3:access_denied"},
    {operators, "DescribeQueue", admin, "DescribeQueueRequest", "DescribeQueueResponse",
     "1:bad_request 2:internal_service 3:access_denied"},
    {operators, "GetWorkflowExecutionRawHistoryV2", admin, "admin.GetWorkflowExecutionRawHistoryV2Request",
     "admin.GetWorkflowExecutionRawHistoryV2Response",
     "1:bad_request 2:internal_service 3:entity_not_exists 4:service_busy"},
    {operators, "GetReplicationMessages", admin, "", "",
     "1:bad_request 3:limit_exceeded 4:service_busy 5:client_version_not_supported", false},
    {operators, "GetDomainReplicationMessages", admin, "", "",
     "1:bad_request 3:limit_exceeded 4:service_busy 5:client_version_not_supported", false},
    {operators, "GetDLQReplicationMessages", admin, "", "", "1:bad_request 2:service_busy", false},
    {operators, "ReapplyEvents", admin, "", "",
     "1:bad_request 3:domain_not_active 4:limit_exceeded 5:service_busy 6:entity_not_exists", false},
    {operators, "AddSearchAttribute", admin, "admin.AddSearchAttributeRequest", "",
     "1:bad_request 2:internal_service 3:service_busy"},
    {operators, "DescribeCluster", admin, "", "admin.DescribeClusterResponse", "1:internal_service 2:service_busy"},
    {operators, "ReadDLQMessages", admin, "", "", "1:bad_request 2:internal_service 3:service_busy 4:entity_not_exists",
     false},
    {operators, "PurgeDLQMessages", admin, "", "",
     "1:bad_request 2:internal_service 3:service_busy 4:entity_not_exists", false},
    {operators, "MergeDLQMessages", admin, "", "",
     "1:bad_request 2:internal_service 3:service_busy 4:entity_not_exists", false},
    {operators, "RefreshWorkflowTasks", admin, "AdminRefreshWorkflowTasksRequest", "",
     "1:bad_request 2:domain_not_active 3:service_busy 4:entity_not_exists"},
    {operators, "ResendReplicationTasks", admin, "", "", "1:bad_request 2:service_busy 3:entity_not_exists", false},
    {operators, "GetCrossClusterTasks", admin, "", "", "1:bad_request 2:internal_service 3:service_busy", false},
    {operators, "RespondCrossClusterTasksCompleted", admin, "", "", "1:bad_request 2:internal_service 3:service_busy",
     false},
    {operators, "GetDynamicConfig", admin, "admin.GetDynamicConfigRequest", "admin.GetDynamicConfigResponse",
     "1:bad_request 2:internal_service"},
    {operators, "UpdateDynamicConfig", admin, "admin.UpdateDynamicConfigRequest", "",
     "1:bad_request 2:internal_service"},
    {operators, "RestoreDynamicConfig", admin, "admin.RestoreDynamicConfigRequest", "",
     "1:bad_request 2:internal_service"},
    {operators, "ListDynamicConfig", admin, "admin.ListDynamicConfigRequest", "admin.ListDynamicConfigResponse",
     "1:internal_service"},
    {operators, "GetOperationalDynamicConfig", admin, "admin.GetOperationalDynamicConfigRequest",
     "admin.GetOperationalDynamicConfigResponse", "1:bad_request 2:internal_service"},
    {operators, "UpdateOperationalDynamicConfig", admin, "admin.UpdateOperationalDynamicConfigRequest", "",
     "1:bad_request 2:internal_service"},
    {operators, "RestoreOperationalDynamicConfig", admin, "admin.RestoreOperationalDynamicConfigRequest", "",
     "1:bad_request 2:internal_service"},
    {operators, "ListOperationalDynamicConfig", admin, "admin.ListOperationalDynamicConfigRequest",
     "admin.ListOperationalDynamicConfigResponse", "1:internal_service"},
    {operators, "DeleteWorkflow", admin, "admin.AdminDeleteWorkflowRequest", "admin.AdminDeleteWorkflowResponse",
     "1:bad_request 2:entity_not_exists 3:internal_service"},
    {operators, "MaintainCorruptWorkflow", admin, "admin.AdminMaintainWorkflowRequest",
     "admin.AdminMaintainWorkflowResponse", "1:bad_request 2:entity_not_exists 3:internal_service"},
    {operators, "GetGlobalIsolationGroups", admin, "admin.GetGlobalIsolationGroupsRequest",
     "admin.GetGlobalIsolationGroupsResponse", "1:bad_request"},
    {operators, "UpdateGlobalIsolationGroups", admin, "admin.UpdateGlobalIsolationGroupsRequest",
     "admin.UpdateGlobalIsolationGroupsResponse", "1:bad_request"},
    {operators, "GetDomainIsolationGroups", admin, "admin.GetDomainIsolationGroupsRequest",
     "admin.GetDomainIsolationGroupsResponse", "1:bad_request"},
    {operators, "UpdateDomainIsolationGroups", admin, "admin.UpdateDomainIsolationGroupsRequest",
     "admin.UpdateDomainIsolationGroupsResponse", "1:bad_request"},
    {operators, "GetDomainAsyncWorkflowConfiguraton", admin, "admin.GetDomainAsyncWorkflowConfiguratonRequest",
     "admin.GetDomainAsyncWorkflowConfiguratonResponse", "1:bad_request"},
    {operators, "UpdateDomainAsyncWorkflowConfiguraton", admin, "admin.UpdateDomainAsyncWorkflowConfiguratonRequest",
     "admin.UpdateDomainAsyncWorkflowConfiguratonResponse", "1:bad_request"},
};

} // namespace

const std::vector<thrift_method_row>& thrift_method_rows() { return rows; }

} // namespace cadenza
