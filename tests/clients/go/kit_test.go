// Package clients runs the kinds of workflow that Cadence's users write, with the unmodified Go client, against a server
// at CADENZA_ADDRESS, over CADENZA_TRANSPORT (grpc, grpc-thrift or tchannel). CADENZA_STICKY=off runs them without the client's cache, so that every decision replays its run, and
// in a domain whose histories come raw.
package clients

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	apiv1 "github.com/uber/cadence-idl/go/proto/api/v1"
	"go.uber.org/cadence/.gen/go/cadence/workflowserviceclient"
	"go.uber.org/cadence/.gen/go/shared"
	"go.uber.org/cadence/activity"
	"go.uber.org/cadence/client"
	"go.uber.org/cadence/compatibility"
	"go.uber.org/cadence/worker"
	"go.uber.org/cadence/workflow"
	"go.uber.org/yarpc"
	yarpcapi "go.uber.org/yarpc/api/transport"
	"go.uber.org/yarpc/transport/grpc"
	"go.uber.org/yarpc/transport/tchannel"
	"go.uber.org/zap"
)

// How long a test may take; the server's own bounds are far below.
const patience = 60 * time.Second

var (
	service workflowserviceclient.Interface
	domain  = "clients"
	// The server sends histories as batches in Thrift to clients of this domain that read them.
	rawHistories bool
)

func TestMain(m *testing.M) {
	address := os.Getenv("CADENZA_ADDRESS")
	if address == "" {
		fmt.Println("CADENZA_ADDRESS is not set; tests/clients/run starts a server and sets it")
		os.Exit(1)
	}
	global := os.Getenv("CADENZA_STICKY") == "off" // so both kinds of domain are worked in
	if global {
		domain = "clients-global"
		rawHistories = true
		worker.SetStickyWorkflowCacheSize(0)
	}
	dispatcher, err := connect(address, os.Getenv("CADENZA_TRANSPORT"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	days := int32(1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	err = client.NewDomainClient(service, &client.Options{}).Register(ctx,
		&shared.RegisterDomainRequest{Name: &domain, IsGlobalDomain: &global, WorkflowExecutionRetentionPeriodInDays: &days})
	cancel()
	var there *shared.DomainAlreadyExistsError
	if err != nil && !errors.As(err, &there) {
		fmt.Println("RegisterDomain:", err)
		os.Exit(1)
	}
	status := m.Run()
	_ = dispatcher.Stop()
	os.Exit(status)
}

// connect sets the service: over gRPC with Protobuf, over gRPC with Thrift ("grpc-thrift") or over TChannel ("tchannel").
func connect(address, transport string) (*yarpc.Dispatcher, error) {
	var outbound yarpcapi.UnaryOutbound
	if transport == "tchannel" {
		channel, err := tchannel.NewChannelTransport(tchannel.ServiceName("clients"))
		if err != nil {
			return nil, err
		}
		outbound = channel.NewSingleOutbound(address)
	} else {
		outbound = grpc.NewTransport().NewSingleOutbound(address)
	}
	dispatcher := yarpc.NewDispatcher(yarpc.Config{
		Name:      "clients",
		Outbounds: yarpc.Outbounds{"cadence-frontend": {Unary: outbound}},
	})
	if err := dispatcher.Start(); err != nil {
		return nil, err
	}
	config := dispatcher.ClientConfig("cadence-frontend")
	if transport == "tchannel" || transport == "grpc-thrift" {
		service = workflowserviceclient.New(config)
	} else {
		service = compatibility.NewThrift2ProtoAdapter(
			apiv1.NewDomainAPIYARPCClient(config),
			apiv1.NewWorkflowAPIYARPCClient(config),
			apiv1.NewWorkerAPIYARPCClient(config),
			apiv1.NewVisibilityAPIYARPCClient(config),
		)
	}
	return dispatcher, nil
}

// site is a task list of a test's own, with a worker on it.
type site struct {
	*testing.T
	ctx      context.Context
	client   client.Client
	taskList string
	register func(worker.Registry)
}

// enter starts a worker that knows what register tells it. The test runs beside others.
func enter(t *testing.T, options worker.Options, register func(worker.Registry)) *site {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &site{
		T:        t,
		ctx:      ctx,
		client:   client.NewClient(service, domain, &client.Options{Identity: t.Name()}),
		taskList: fmt.Sprintf("%s-%d", t.Name(), time.Now().UnixNano()),
		register: register,
	}
	s.work(s.taskList, options)
	return s
}

// work starts one more worker, which ends with the test.
func (s *site) work(taskList string, options worker.Options) {
	s.Helper()
	if options.Logger == nil {
		options.Logger = zap.NewNop()
	}
	w := worker.New(service, domain, taskList, options)
	s.register(w)
	if err := w.Start(); err != nil {
		s.Fatal("worker:", err)
	}
	s.Cleanup(w.Stop)
}

func (s *site) options() client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		TaskList:                        s.taskList,
		ExecutionStartToCloseTimeout:    patience,
		DecisionTaskStartToCloseTimeout: 10 * time.Second,
	}
}

// start starts a workflow of the name with the options of the site.
func (s *site) start(name string, arguments ...any) client.WorkflowRun {
	s.Helper()
	run, err := s.client.ExecuteWorkflow(s.ctx, s.options(), name, arguments...)
	s.must(err, "start")
	return run
}

// result waits for the run's result, then has the client replay the whole history that the server tells of it: it fails
// if workflow code and history do not agree.
func (s *site) result(run client.WorkflowRun, result any) {
	s.Helper()
	s.must(run.Get(s.ctx, result), "result")
	s.replay(run.GetID(), run.GetRunID())
}

func (s *site) replay(id, runID string) {
	s.Helper()
	replayer := worker.NewWorkflowReplayer()
	s.register(replayer)
	s.must(replayer.ReplayWorkflowExecution(s.ctx, service, zap.NewNop(), domain, workflow.Execution{ID: id, RunID: runID}), "replay")
	if rawHistories {
		s.compareRaw(id, runID)
	}
}

// compareRaw reads the run's history as batches in Thrift, the way the client does, and as messages: both say the same.
func (s *site) compareRaw(id, runID string) {
	s.Helper()
	var next []byte
	request := func() *shared.GetWorkflowExecutionHistoryRequest {
		return &shared.GetWorkflowExecutionHistoryRequest{
			Domain: &domain, Execution: &shared.WorkflowExecution{WorkflowId: &id, RunId: &runID}, NextPageToken: next}
	}
	page, err := service.GetWorkflowExecutionHistory(s.ctx, request(),
		yarpc.WithHeader("cadence-client-name", "uber-go"), yarpc.WithHeader("cadence-client-feature-version", "1.7.0"))
	s.must(err, "raw history")
	if len(page.RawHistory) == 0 || len(page.GetHistory().GetEvents()) > 0 {
		s.Fatalf("%d batches and %d events instead of batches", len(page.RawHistory), len(page.GetHistory().GetEvents()))
	}
	raw := s.client.GetWorkflowHistory(s.ctx, id, runID, false, shared.HistoryEventFilterTypeAllEvent)
	for more := true; more; more = len(next) > 0 {
		page, err := service.GetWorkflowExecutionHistory(s.ctx, request()) // a client that does not say what it reads
		s.must(err, "history")
		for _, wanted := range page.GetHistory().GetEvents() {
			got, err := raw.Next()
			s.must(err, "raw history")
			leaveOutNewer(got, wanted)
			if !reflect.DeepEqual(got, wanted) {
				s.Fatalf("raw: %v\nwanted: %v", got, wanted)
			}
		}
		next = page.NextPageToken
	}
	if raw.HasNext() {
		s.Fatal("the raw history has more events")
	}
}

// events counts the run's events by type.
func (s *site) events(run client.WorkflowRun) map[shared.EventType]int {
	s.Helper()
	count := map[shared.EventType]int{}
	for i := s.client.GetWorkflowHistory(s.ctx, run.GetID(), run.GetRunID(), false, shared.HistoryEventFilterTypeAllEvent); i.HasNext(); {
		event, err := i.Next()
		s.must(err, "history")
		count[event.GetEventType()]++
	}
	return count
}

// leaveOutNewer takes from a raw event what the client does not take over from messages: it knows Thrift's fields better.
func leaveOutNewer(raw, message *shared.HistoryEvent) {
	newer := []string{"ActiveClusterSelectionPolicy", "CronOverlapPolicy", "FirstScheduledTimeNano", "PartitionConfig", "RequestId"}
	from, as := reflect.ValueOf(raw).Elem(), reflect.ValueOf(message).Elem()
	for i := 0; i < from.NumField(); i++ {
		if attributes := from.Field(i); attributes.Kind() == reflect.Pointer && attributes.Elem().Kind() == reflect.Struct {
			for _, name := range newer {
				field := attributes.Elem().FieldByName(name)
				if field.IsValid() && !as.Field(i).IsNil() && as.Field(i).Elem().FieldByName(name).IsZero() {
					field.SetZero()
				}
			}
		}
	}
}

// query asks until the answer is the wanted one.
func (s *site) query(run client.WorkflowRun, kind string, wanted string) {
	s.Helper()
	for got := ""; got != wanted; {
		answer, err := s.client.QueryWorkflow(s.ctx, run.GetID(), run.GetRunID(), kind)
		s.must(err, "query "+kind)
		s.must(answer.Get(&got), "answer to "+kind)
		if got != wanted && s.ctx.Err() != nil {
			s.Fatalf("query %s answered %q, not %q", kind, got, wanted)
		}
	}
}

func (s *site) signal(run client.WorkflowRun, name string, value any) {
	s.Helper()
	s.must(s.client.SignalWorkflow(s.ctx, run.GetID(), run.GetRunID(), name, value), "signal "+name)
}

func (s *site) must(err error, what string) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

func equal[T comparable](s *site, got, wanted T, what string) {
	s.Helper()
	if got != wanted {
		s.Fatalf("%s: got %v, wanted %v", what, got, wanted)
	}
}

func addWorkflow(r worker.Registry, name string, function any) {
	r.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
}

// addActivity registers the function; replayers have no activities and leave it out.
func addActivity(r worker.Registry, name string, function any) {
	r.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
}

// withActivities gives activities usual timeouts.
func withActivities(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToStartTimeout: 20 * time.Second,
		StartToCloseTimeout:    20 * time.Second,
	})
}
