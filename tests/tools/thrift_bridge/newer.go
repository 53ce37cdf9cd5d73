package main

import (
	"context"

	apiv1 "github.com/uber/cadence-idl/go/proto/api/v1"
	"github.com/uber/cadence/.gen/go/cadence"
	"github.com/uber/cadence/common/types/mapper/proto"
	mapper "github.com/uber/cadence/common/types/mapper/thrift"
	"go.uber.org/thriftrw/wire"
	"go.uber.org/yarpc"
	"go.uber.org/yarpc/api/transport"
	"go.uber.org/yarpc/encoding/thrift"
)

// Fields of the Thrift contract that are newer than the mapping of v1.2.13 and that the suite looks at.
const (
	resultSuccess              = 0
	pendingActivitiesOfAnswer  = 30
	activityIDOfPending        = 10
	scheduleIDOfPending        = 150
	pendingDecisionOfAnswer    = 50
	scheduleIDOfPendingDecided = 60
)

// newer makes calls whose answers are read field by field.
type newer struct{ client thrift.Client }

func newNewer(config transport.ClientConfig) newer {
	return newer{thrift.New(thrift.Config{Service: "WorkflowService", ClientConfig: config})}
}

// describe is DescribeWorkflowExecution with the schedule ids of what is pending.
func (n newer) describe(ctx context.Context, request *apiv1.DescribeWorkflowExecutionRequest, headers []yarpc.CallOption) (*apiv1.DescribeWorkflowExecutionResponse, error) {
	asked := mapper.FromDescribeWorkflowExecutionRequest(proto.ToDescribeWorkflowExecutionRequest(request))
	body, err := n.client.Call(ctx, cadence.WorkflowService_DescribeWorkflowExecution_Helper.Args(asked), headers...)
	if err != nil {
		return nil, failure(err)
	}
	// Lists are read before the typed answer is made of the same value: making it gives them back.
	told := at(body, resultSuccess)
	ids := map[string]int64{}
	if pending := at(told, pendingActivitiesOfAnswer); pending.Type() == wire.TList {
		err := pending.GetList().ForEach(func(one wire.Value) error {
			if id := at(one, scheduleIDOfPending); id.Type() == wire.TI64 {
				name := at(one, activityIDOfPending)
				ids[name.GetString()] = id.GetI64()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	decision := at(at(told, pendingDecisionOfAnswer), scheduleIDOfPendingDecided)
	var result cadence.WorkflowService_DescribeWorkflowExecution_Result
	if err := result.FromWire(body); err != nil {
		return nil, err
	}
	got, err := cadence.WorkflowService_DescribeWorkflowExecution_Helper.UnwrapResponse(&result)
	if err != nil {
		return nil, failure(err)
	}
	answer := proto.FromDescribeWorkflowExecutionResponse(mapper.ToDescribeWorkflowExecutionResponse(got))
	for _, one := range answer.PendingActivities {
		one.ScheduleId = ids[one.ActivityId]
	}
	if decision.Type() == wire.TI64 && answer.PendingDecision != nil {
		answer.PendingDecision.ScheduleId = decision.GetI64()
	}
	return answer, nil
}

// at is the field of a struct; a value without a type when it is not there.
func at(from wire.Value, id int16) wire.Value {
	if from.Type() == wire.TStruct {
		for _, field := range from.GetStruct().Fields {
			if field.ID == id {
				return field.Value
			}
		}
	}
	return wire.Value{}
}
