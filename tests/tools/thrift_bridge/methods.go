package main

import (
	"context"

	apiv1 "github.com/uber/cadence-idl/go/proto/api/v1"
	"github.com/uber/cadence/common/types/mapper/proto"
	"github.com/uber/cadence/common/types/mapper/thrift"
)

// WorkflowAPI

func (b *bridge) RestartWorkflowExecution(ctx context.Context, request *apiv1.RestartWorkflowExecutionRequest) (*apiv1.RestartWorkflowExecutionResponse, error) {
	return asked(ctx, request, proto.ToRestartWorkflowExecutionRequest, thrift.FromRestartWorkflowExecutionRequest, b.thrift.RestartWorkflowExecution, thrift.ToRestartWorkflowExecutionResponse, proto.FromRestartWorkflowExecutionResponse)
}

func (b *bridge) StartWorkflowExecution(ctx context.Context, request *apiv1.StartWorkflowExecutionRequest) (*apiv1.StartWorkflowExecutionResponse, error) {
	return asked(ctx, request, proto.ToStartWorkflowExecutionRequest, thrift.FromStartWorkflowExecutionRequest, b.thrift.StartWorkflowExecution, thrift.ToStartWorkflowExecutionResponse, proto.FromStartWorkflowExecutionResponse)
}

func (b *bridge) StartWorkflowExecutionAsync(ctx context.Context, request *apiv1.StartWorkflowExecutionAsyncRequest) (*apiv1.StartWorkflowExecutionAsyncResponse, error) {
	return asked(ctx, request, proto.ToStartWorkflowExecutionAsyncRequest, thrift.FromStartWorkflowExecutionAsyncRequest, b.thrift.StartWorkflowExecutionAsync, thrift.ToStartWorkflowExecutionAsyncResponse, proto.FromStartWorkflowExecutionAsyncResponse)
}

func (b *bridge) SignalWorkflowExecution(ctx context.Context, request *apiv1.SignalWorkflowExecutionRequest) (*apiv1.SignalWorkflowExecutionResponse, error) {
	return told(ctx, request, proto.ToSignalWorkflowExecutionRequest, thrift.FromSignalWorkflowExecutionRequest, b.thrift.SignalWorkflowExecution, &apiv1.SignalWorkflowExecutionResponse{})
}

func (b *bridge) SignalWithStartWorkflowExecution(ctx context.Context, request *apiv1.SignalWithStartWorkflowExecutionRequest) (*apiv1.SignalWithStartWorkflowExecutionResponse, error) {
	return asked(ctx, request, proto.ToSignalWithStartWorkflowExecutionRequest, thrift.FromSignalWithStartWorkflowExecutionRequest, b.thrift.SignalWithStartWorkflowExecution, thrift.ToSignalWithStartWorkflowExecutionResponse, proto.FromSignalWithStartWorkflowExecutionResponse)
}

func (b *bridge) SignalWithStartWorkflowExecutionAsync(ctx context.Context, request *apiv1.SignalWithStartWorkflowExecutionAsyncRequest) (*apiv1.SignalWithStartWorkflowExecutionAsyncResponse, error) {
	return asked(ctx, request, proto.ToSignalWithStartWorkflowExecutionAsyncRequest, thrift.FromSignalWithStartWorkflowExecutionAsyncRequest, b.thrift.SignalWithStartWorkflowExecutionAsync, thrift.ToSignalWithStartWorkflowExecutionAsyncResponse, proto.FromSignalWithStartWorkflowExecutionAsyncResponse)
}

func (b *bridge) ResetWorkflowExecution(ctx context.Context, request *apiv1.ResetWorkflowExecutionRequest) (*apiv1.ResetWorkflowExecutionResponse, error) {
	return asked(ctx, request, proto.ToResetWorkflowExecutionRequest, thrift.FromResetWorkflowExecutionRequest, b.thrift.ResetWorkflowExecution, thrift.ToResetWorkflowExecutionResponse, proto.FromResetWorkflowExecutionResponse)
}

func (b *bridge) RequestCancelWorkflowExecution(ctx context.Context, request *apiv1.RequestCancelWorkflowExecutionRequest) (*apiv1.RequestCancelWorkflowExecutionResponse, error) {
	return told(ctx, request, proto.ToRequestCancelWorkflowExecutionRequest, thrift.FromRequestCancelWorkflowExecutionRequest, b.thrift.RequestCancelWorkflowExecution, &apiv1.RequestCancelWorkflowExecutionResponse{})
}

func (b *bridge) TerminateWorkflowExecution(ctx context.Context, request *apiv1.TerminateWorkflowExecutionRequest) (*apiv1.TerminateWorkflowExecutionResponse, error) {
	return told(ctx, request, proto.ToTerminateWorkflowExecutionRequest, thrift.FromTerminateWorkflowExecutionRequest, b.thrift.TerminateWorkflowExecution, &apiv1.TerminateWorkflowExecutionResponse{})
}

func (b *bridge) DescribeWorkflowExecution(ctx context.Context, request *apiv1.DescribeWorkflowExecutionRequest) (*apiv1.DescribeWorkflowExecutionResponse, error) {
	return b.newer.describe(ctx, request, passed(ctx))
}

func (b *bridge) QueryWorkflow(ctx context.Context, request *apiv1.QueryWorkflowRequest) (*apiv1.QueryWorkflowResponse, error) {
	return asked(ctx, request, proto.ToQueryWorkflowRequest, thrift.FromQueryWorkflowRequest, b.thrift.QueryWorkflow, thrift.ToQueryWorkflowResponse, proto.FromQueryWorkflowResponse)
}

func (b *bridge) DescribeTaskList(ctx context.Context, request *apiv1.DescribeTaskListRequest) (*apiv1.DescribeTaskListResponse, error) {
	return asked(ctx, request, proto.ToDescribeTaskListRequest, thrift.FromDescribeTaskListRequest, b.thrift.DescribeTaskList, thrift.ToDescribeTaskListResponse, proto.FromDescribeTaskListResponse)
}

func (b *bridge) GetTaskListsByDomain(ctx context.Context, request *apiv1.GetTaskListsByDomainRequest) (*apiv1.GetTaskListsByDomainResponse, error) {
	return asked(ctx, request, proto.ToGetTaskListsByDomainRequest, thrift.FromGetTaskListsByDomainRequest, b.thrift.GetTaskListsByDomain, thrift.ToGetTaskListsByDomainResponse, proto.FromGetTaskListsByDomainResponse)
}

func (b *bridge) ListTaskListPartitions(ctx context.Context, request *apiv1.ListTaskListPartitionsRequest) (*apiv1.ListTaskListPartitionsResponse, error) {
	return asked(ctx, request, proto.ToListTaskListPartitionsRequest, thrift.FromListTaskListPartitionsRequest, b.thrift.ListTaskListPartitions, thrift.ToListTaskListPartitionsResponse, proto.FromListTaskListPartitionsResponse)
}

func (b *bridge) GetClusterInfo(ctx context.Context, _ *apiv1.GetClusterInfoRequest) (*apiv1.GetClusterInfoResponse, error) {
	got, err := b.thrift.GetClusterInfo(ctx, passed(ctx)...)
	if err != nil {
		return nil, failure(err)
	}
	return proto.FromGetClusterInfoResponse(thrift.ToGetClusterInfoResponse(got)), nil
}

func (b *bridge) GetWorkflowExecutionHistory(ctx context.Context, request *apiv1.GetWorkflowExecutionHistoryRequest) (*apiv1.GetWorkflowExecutionHistoryResponse, error) {
	return asked(ctx, request, proto.ToGetWorkflowExecutionHistoryRequest, thrift.FromGetWorkflowExecutionHistoryRequest, b.thrift.GetWorkflowExecutionHistory, thrift.ToGetWorkflowExecutionHistoryResponse, proto.FromGetWorkflowExecutionHistoryResponse)
}

func (b *bridge) RefreshWorkflowTasks(ctx context.Context, request *apiv1.RefreshWorkflowTasksRequest) (*apiv1.RefreshWorkflowTasksResponse, error) {
	return told(ctx, request, proto.ToRefreshWorkflowTasksRequest, thrift.FromRefreshWorkflowTasksRequest, b.thrift.RefreshWorkflowTasks, &apiv1.RefreshWorkflowTasksResponse{})
}

func (b *bridge) DiagnoseWorkflowExecution(_ context.Context, _ *apiv1.DiagnoseWorkflowExecutionRequest) (*apiv1.DiagnoseWorkflowExecutionResponse, error) {
	return notInThrift[*apiv1.DiagnoseWorkflowExecutionResponse]("DiagnoseWorkflowExecution")
}

// DomainAPI

func (b *bridge) RegisterDomain(ctx context.Context, request *apiv1.RegisterDomainRequest) (*apiv1.RegisterDomainResponse, error) {
	return told(ctx, request, proto.ToRegisterDomainRequest, thrift.FromRegisterDomainRequest, b.thrift.RegisterDomain, &apiv1.RegisterDomainResponse{})
}

func (b *bridge) DescribeDomain(ctx context.Context, request *apiv1.DescribeDomainRequest) (*apiv1.DescribeDomainResponse, error) {
	return asked(ctx, request, proto.ToDescribeDomainRequest, thrift.FromDescribeDomainRequest, b.thrift.DescribeDomain, thrift.ToDescribeDomainResponse, proto.FromDescribeDomainResponse)
}

func (b *bridge) ListDomains(ctx context.Context, request *apiv1.ListDomainsRequest) (*apiv1.ListDomainsResponse, error) {
	return asked(ctx, request, proto.ToListDomainsRequest, thrift.FromListDomainsRequest, b.thrift.ListDomains, thrift.ToListDomainsResponse, proto.FromListDomainsResponse)
}

func (b *bridge) UpdateDomain(ctx context.Context, request *apiv1.UpdateDomainRequest) (*apiv1.UpdateDomainResponse, error) {
	return asked(ctx, request, proto.ToUpdateDomainRequest, thrift.FromUpdateDomainRequest, b.thrift.UpdateDomain, thrift.ToUpdateDomainResponse, proto.FromUpdateDomainResponse)
}

func (b *bridge) FailoverDomain(_ context.Context, _ *apiv1.FailoverDomainRequest) (*apiv1.FailoverDomainResponse, error) {
	return notInThrift[*apiv1.FailoverDomainResponse]("FailoverDomain")
}

func (b *bridge) DeprecateDomain(ctx context.Context, request *apiv1.DeprecateDomainRequest) (*apiv1.DeprecateDomainResponse, error) {
	return told(ctx, request, proto.ToDeprecateDomainRequest, thrift.FromDeprecateDomainRequest, b.thrift.DeprecateDomain, &apiv1.DeprecateDomainResponse{})
}

func (b *bridge) DeleteDomain(_ context.Context, _ *apiv1.DeleteDomainRequest) (*apiv1.DeleteDomainResponse, error) {
	return notInThrift[*apiv1.DeleteDomainResponse]("DeleteDomain")
}

func (b *bridge) ListFailoverHistory(_ context.Context, _ *apiv1.ListFailoverHistoryRequest) (*apiv1.ListFailoverHistoryResponse, error) {
	return notInThrift[*apiv1.ListFailoverHistoryResponse]("ListFailoverHistory")
}

// VisibilityAPI

func (b *bridge) ListWorkflowExecutions(ctx context.Context, request *apiv1.ListWorkflowExecutionsRequest) (*apiv1.ListWorkflowExecutionsResponse, error) {
	return asked(ctx, request, proto.ToListWorkflowExecutionsRequest, thrift.FromListWorkflowExecutionsRequest, b.thrift.ListWorkflowExecutions, thrift.ToListWorkflowExecutionsResponse, proto.FromListWorkflowExecutionsResponse)
}

func (b *bridge) ListOpenWorkflowExecutions(ctx context.Context, request *apiv1.ListOpenWorkflowExecutionsRequest) (*apiv1.ListOpenWorkflowExecutionsResponse, error) {
	return asked(ctx, request, proto.ToListOpenWorkflowExecutionsRequest, thrift.FromListOpenWorkflowExecutionsRequest, b.thrift.ListOpenWorkflowExecutions, thrift.ToListOpenWorkflowExecutionsResponse, proto.FromListOpenWorkflowExecutionsResponse)
}

func (b *bridge) ListClosedWorkflowExecutions(ctx context.Context, request *apiv1.ListClosedWorkflowExecutionsRequest) (*apiv1.ListClosedWorkflowExecutionsResponse, error) {
	return asked(ctx, request, proto.ToListClosedWorkflowExecutionsRequest, thrift.FromListClosedWorkflowExecutionsRequest, b.thrift.ListClosedWorkflowExecutions, thrift.ToListClosedWorkflowExecutionsResponse, proto.FromListClosedWorkflowExecutionsResponse)
}

func (b *bridge) ListArchivedWorkflowExecutions(ctx context.Context, request *apiv1.ListArchivedWorkflowExecutionsRequest) (*apiv1.ListArchivedWorkflowExecutionsResponse, error) {
	return asked(ctx, request, proto.ToListArchivedWorkflowExecutionsRequest, thrift.FromListArchivedWorkflowExecutionsRequest, b.thrift.ListArchivedWorkflowExecutions, thrift.ToListArchivedWorkflowExecutionsResponse, proto.FromListArchivedWorkflowExecutionsResponse)
}

func (b *bridge) ScanWorkflowExecutions(ctx context.Context, request *apiv1.ScanWorkflowExecutionsRequest) (*apiv1.ScanWorkflowExecutionsResponse, error) {
	return asked(ctx, request, proto.ToScanWorkflowExecutionsRequest, thrift.FromScanWorkflowExecutionsRequest, b.thrift.ScanWorkflowExecutions, thrift.ToScanWorkflowExecutionsResponse, proto.FromScanWorkflowExecutionsResponse)
}

func (b *bridge) CountWorkflowExecutions(ctx context.Context, request *apiv1.CountWorkflowExecutionsRequest) (*apiv1.CountWorkflowExecutionsResponse, error) {
	return asked(ctx, request, proto.ToCountWorkflowExecutionsRequest, thrift.FromCountWorkflowExecutionsRequest, b.thrift.CountWorkflowExecutions, thrift.ToCountWorkflowExecutionsResponse, proto.FromCountWorkflowExecutionsResponse)
}

func (b *bridge) GetSearchAttributes(ctx context.Context, _ *apiv1.GetSearchAttributesRequest) (*apiv1.GetSearchAttributesResponse, error) {
	got, err := b.thrift.GetSearchAttributes(ctx, passed(ctx)...)
	if err != nil {
		return nil, failure(err)
	}
	return proto.FromGetSearchAttributesResponse(thrift.ToGetSearchAttributesResponse(got)), nil
}

// WorkerAPI

func (b *bridge) PollForDecisionTask(ctx context.Context, request *apiv1.PollForDecisionTaskRequest) (*apiv1.PollForDecisionTaskResponse, error) {
	return asked(ctx, request, proto.ToPollForDecisionTaskRequest, thrift.FromPollForDecisionTaskRequest, b.thrift.PollForDecisionTask, thrift.ToPollForDecisionTaskResponse, proto.FromPollForDecisionTaskResponse)
}

func (b *bridge) RespondDecisionTaskCompleted(ctx context.Context, request *apiv1.RespondDecisionTaskCompletedRequest) (*apiv1.RespondDecisionTaskCompletedResponse, error) {
	return asked(ctx, request, proto.ToRespondDecisionTaskCompletedRequest, thrift.FromRespondDecisionTaskCompletedRequest, b.thrift.RespondDecisionTaskCompleted, thrift.ToRespondDecisionTaskCompletedResponse, proto.FromRespondDecisionTaskCompletedResponse)
}

func (b *bridge) RespondDecisionTaskFailed(ctx context.Context, request *apiv1.RespondDecisionTaskFailedRequest) (*apiv1.RespondDecisionTaskFailedResponse, error) {
	return told(ctx, request, proto.ToRespondDecisionTaskFailedRequest, thrift.FromRespondDecisionTaskFailedRequest, b.thrift.RespondDecisionTaskFailed, &apiv1.RespondDecisionTaskFailedResponse{})
}

func (b *bridge) PollForActivityTask(ctx context.Context, request *apiv1.PollForActivityTaskRequest) (*apiv1.PollForActivityTaskResponse, error) {
	return asked(ctx, request, proto.ToPollForActivityTaskRequest, thrift.FromPollForActivityTaskRequest, b.thrift.PollForActivityTask, thrift.ToPollForActivityTaskResponse, proto.FromPollForActivityTaskResponse)
}

func (b *bridge) RespondActivityTaskCompleted(ctx context.Context, request *apiv1.RespondActivityTaskCompletedRequest) (*apiv1.RespondActivityTaskCompletedResponse, error) {
	return told(ctx, request, proto.ToRespondActivityTaskCompletedRequest, thrift.FromRespondActivityTaskCompletedRequest, b.thrift.RespondActivityTaskCompleted, &apiv1.RespondActivityTaskCompletedResponse{})
}

func (b *bridge) RespondActivityTaskCompletedByID(ctx context.Context, request *apiv1.RespondActivityTaskCompletedByIDRequest) (*apiv1.RespondActivityTaskCompletedByIDResponse, error) {
	return told(ctx, request, proto.ToRespondActivityTaskCompletedByIDRequest, thrift.FromRespondActivityTaskCompletedByIDRequest, b.thrift.RespondActivityTaskCompletedByID, &apiv1.RespondActivityTaskCompletedByIDResponse{})
}

func (b *bridge) RespondActivityTaskFailed(ctx context.Context, request *apiv1.RespondActivityTaskFailedRequest) (*apiv1.RespondActivityTaskFailedResponse, error) {
	return told(ctx, request, proto.ToRespondActivityTaskFailedRequest, thrift.FromRespondActivityTaskFailedRequest, b.thrift.RespondActivityTaskFailed, &apiv1.RespondActivityTaskFailedResponse{})
}

func (b *bridge) RespondActivityTaskFailedByID(ctx context.Context, request *apiv1.RespondActivityTaskFailedByIDRequest) (*apiv1.RespondActivityTaskFailedByIDResponse, error) {
	return told(ctx, request, proto.ToRespondActivityTaskFailedByIDRequest, thrift.FromRespondActivityTaskFailedByIDRequest, b.thrift.RespondActivityTaskFailedByID, &apiv1.RespondActivityTaskFailedByIDResponse{})
}

func (b *bridge) RespondActivityTaskCanceled(ctx context.Context, request *apiv1.RespondActivityTaskCanceledRequest) (*apiv1.RespondActivityTaskCanceledResponse, error) {
	return told(ctx, request, proto.ToRespondActivityTaskCanceledRequest, thrift.FromRespondActivityTaskCanceledRequest, b.thrift.RespondActivityTaskCanceled, &apiv1.RespondActivityTaskCanceledResponse{})
}

func (b *bridge) RespondActivityTaskCanceledByID(ctx context.Context, request *apiv1.RespondActivityTaskCanceledByIDRequest) (*apiv1.RespondActivityTaskCanceledByIDResponse, error) {
	return told(ctx, request, proto.ToRespondActivityTaskCanceledByIDRequest, thrift.FromRespondActivityTaskCanceledByIDRequest, b.thrift.RespondActivityTaskCanceledByID, &apiv1.RespondActivityTaskCanceledByIDResponse{})
}

func (b *bridge) RecordActivityTaskHeartbeat(ctx context.Context, request *apiv1.RecordActivityTaskHeartbeatRequest) (*apiv1.RecordActivityTaskHeartbeatResponse, error) {
	return asked(ctx, request, proto.ToRecordActivityTaskHeartbeatRequest, thrift.FromRecordActivityTaskHeartbeatRequest, b.thrift.RecordActivityTaskHeartbeat, thrift.ToRecordActivityTaskHeartbeatResponse, proto.FromRecordActivityTaskHeartbeatResponse)
}

func (b *bridge) RecordActivityTaskHeartbeatByID(ctx context.Context, request *apiv1.RecordActivityTaskHeartbeatByIDRequest) (*apiv1.RecordActivityTaskHeartbeatByIDResponse, error) {
	return asked(ctx, request, proto.ToRecordActivityTaskHeartbeatByIDRequest, thrift.FromRecordActivityTaskHeartbeatByIDRequest, b.thrift.RecordActivityTaskHeartbeatByID, thrift.ToRecordActivityTaskHeartbeatByIDResponse, proto.FromRecordActivityTaskHeartbeatByIDResponse)
}

func (b *bridge) RespondQueryTaskCompleted(ctx context.Context, request *apiv1.RespondQueryTaskCompletedRequest) (*apiv1.RespondQueryTaskCompletedResponse, error) {
	return told(ctx, request, proto.ToRespondQueryTaskCompletedRequest, thrift.FromRespondQueryTaskCompletedRequest, b.thrift.RespondQueryTaskCompleted, &apiv1.RespondQueryTaskCompletedResponse{})
}

func (b *bridge) ResetStickyTaskList(ctx context.Context, request *apiv1.ResetStickyTaskListRequest) (*apiv1.ResetStickyTaskListResponse, error) {
	return asked(ctx, request, proto.ToResetStickyTaskListRequest, thrift.FromResetStickyTaskListRequest, b.thrift.ResetStickyTaskList, thrift.ToResetStickyTaskListResponse, proto.FromResetStickyTaskListResponse)
}

// MetaAPI

func (b *bridge) Health(ctx context.Context, _ *apiv1.HealthRequest) (*apiv1.HealthResponse, error) {
	got, err := b.meta.Health(ctx, passed(ctx)...)
	if err != nil {
		return nil, failure(err)
	}
	return proto.FromHealthResponse(thrift.ToHealthStatus(got)), nil
}
