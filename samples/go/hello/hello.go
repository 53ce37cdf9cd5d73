// Package hello holds a workflow with one activity and one timer, for the worker and the starter beside it.
package hello

import (
	"context"
	"fmt"
	"os"
	"time"

	apiv1 "github.com/uber/cadence-idl/go/proto/api/v1"
	"go.uber.org/cadence"
	"go.uber.org/cadence/.gen/go/cadence/workflowserviceclient"
	"go.uber.org/cadence/compatibility"
	"go.uber.org/cadence/workflow"
	"go.uber.org/yarpc"
	"go.uber.org/yarpc/transport/grpc"
)

// Where the samples live.
const (
	Domain   = "samples-domain"
	TaskList = "hello-world"
)

// Workflow asks for a greeting, waits two seconds on a durable timer and returns the greeting.
func Workflow(ctx workflow.Context, name string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToStartTimeout: 10 * time.Second,
		StartToCloseTimeout:    10 * time.Second,
	})
	var greeting string
	if err := workflow.ExecuteActivity(ctx, Greet, name).Get(ctx, &greeting); err != nil {
		return "", err
	}
	if err := workflow.Sleep(ctx, 2*time.Second); err != nil {
		return "", err
	}
	return greeting, nil
}

// Greet makes a greeting. It fails when nobody is to be greeted, to show how that looks.
func Greet(_ context.Context, name string) (string, error) {
	if name == "nobody" {
		return "", cadence.NewCustomError("nobody to greet")
	}
	return fmt.Sprintf("Hello, %s!", name), nil
}

// Connect returns a client of the server at CADENCE_CLI_ADDRESS, 127.0.0.1:7833 when that is not set.
func Connect() (workflowserviceclient.Interface, error) {
	address := os.Getenv("CADENCE_CLI_ADDRESS")
	if address == "" {
		address = "127.0.0.1:7833"
	}
	dispatcher := yarpc.NewDispatcher(yarpc.Config{
		Name:      "hello-sample",
		Outbounds: yarpc.Outbounds{"cadence-frontend": {Unary: grpc.NewTransport().NewSingleOutbound(address)}},
	})
	if err := dispatcher.Start(); err != nil {
		return nil, err
	}
	config := dispatcher.ClientConfig("cadence-frontend")
	return compatibility.NewThrift2ProtoAdapter(
		apiv1.NewDomainAPIYARPCClient(config),
		apiv1.NewWorkflowAPIYARPCClient(config),
		apiv1.NewWorkerAPIYARPCClient(config),
		apiv1.NewVisibilityAPIYARPCClient(config),
	), nil
}
