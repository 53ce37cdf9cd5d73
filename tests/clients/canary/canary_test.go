// Package canary runs the canary of the Go project, unchanged, against a server at CADENZA_ADDRESS: its worker registers
// its domains and carries out its scenarios, each a workflow with the Go client as the Go project's operators run it.
package canary

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	apiv1 "github.com/uber/cadence-idl/go/proto/api/v1"
	"github.com/uber/cadence/canary"
	"go.uber.org/cadence/.gen/go/shared"
	"go.uber.org/cadence/client"
	"go.uber.org/cadence/compatibility"
	"go.uber.org/yarpc"
	"go.uber.org/yarpc/transport/grpc"
)

const (
	domain = "cadence-canary"
	// All of them together: two wait for timeouts of half a minute and a minute.
	patience = 4 * time.Minute
)

// What needs an archive, a second cluster or the server's own batch worker is left out, as the canary's own guide says.
var excluded = []string{
	"workflow.batch", "workflow.archival.history", "workflow.archival.visibility", "workflow.CrossCluster.parent",
}

var scenarios = []string{
	"workflow.echo", "workflow.signal", "workflow.visibility", "workflow.searchAttributes", "workflow.concurrent-execution",
	"workflow.query", "workflow.timeout", "workflow.localactivity", "workflow.cancellation", "workflow.retry", "workflow.reset",
}

// start waits for the canary to have registered its domain.
func start(ctx context.Context, t *testing.T, c client.Client) client.WorkflowRun {
	t.Helper()
	options := client.StartWorkflowOptions{
		ID:                              "sanity",
		TaskList:                        "canary-task-queue",
		ExecutionStartToCloseTimeout:    20 * time.Minute,
		DecisionTaskStartToCloseTimeout: 10 * time.Second,
	}
	for {
		run, err := c.ExecuteWorkflow(ctx, options, "workflow.sanity", int64(0))
		if err == nil {
			return run
		}
		var unknown *shared.EntityNotExistsError
		if !errors.As(err, &unknown) {
			t.Fatal("the canary's workflow does not start:", err)
		}
		select {
		case <-ctx.Done():
			t.Fatal("the canary did not register its domain in time:", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func TestCanary(t *testing.T) {
	address := os.Getenv("CADENZA_ADDRESS")
	if address == "" {
		t.Fatal("CADENZA_ADDRESS is not set; tests/clients/run starts a server and sets it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var config canary.Config
	config.Canary.Domains = []string{domain}
	config.Canary.Excludes = excluded
	config.Cadence.GRPCHostNameAndPort = address
	config.Log.Level = "warn"
	runner, err := canary.NewCanaryRunner(&config)
	if err != nil {
		t.Fatal("the canary:", err)
	}
	go func() { _ = runner.Run(canary.ModeWorker) }() // says in its log why it does not start, and returns

	dispatcher := yarpc.NewDispatcher(yarpc.Config{
		Name:      "canary-test",
		Outbounds: yarpc.Outbounds{"cadence-frontend": {Unary: grpc.NewTransport().NewSingleOutbound(address)}},
	})
	if err := dispatcher.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dispatcher.Stop() }()
	wire := dispatcher.ClientConfig("cadence-frontend")
	c := client.NewClient(compatibility.NewThrift2ProtoAdapter(
		apiv1.NewDomainAPIYARPCClient(wire),
		apiv1.NewWorkflowAPIYARPCClient(wire),
		apiv1.NewWorkerAPIYARPCClient(wire),
		apiv1.NewVisibilityAPIYARPCClient(wire),
	), domain, &client.Options{})

	run := start(ctx, t, c)
	if err := run.Get(ctx, nil); err != nil {
		t.Error("the canary:", err)
	}
	ended := map[string]string{}
	events := c.GetWorkflowHistory(ctx, run.GetID(), run.GetRunID(), false, shared.HistoryEventFilterTypeAllEvent)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			t.Fatal("the canary's history:", err)
		}
		if a := event.ChildWorkflowExecutionCompletedEventAttributes; a != nil {
			ended[a.GetWorkflowType().GetName()] = "completed"
		}
		if a := event.ChildWorkflowExecutionFailedEventAttributes; a != nil {
			ended[a.GetWorkflowType().GetName()] = "failed: " + a.GetReason() + " " + string(a.GetDetails())
		}
		if a := event.ChildWorkflowExecutionTimedOutEventAttributes; a != nil {
			ended[a.GetWorkflowType().GetName()] = "timed out"
		}
	}
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			if ended[name] != "completed" {
				t.Errorf("it ended as %q", ended[name])
			}
		})
	}
	if len(ended) != len(scenarios) {
		t.Errorf("%d scenarios ended, %d were expected: %v", len(ended), len(scenarios), ended)
	}
}
