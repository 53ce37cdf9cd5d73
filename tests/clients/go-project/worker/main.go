// Command worker runs the workflow that the Go project's command line is tried on, with the client of that project's own
// module (v0.19), in Thrift over TChannel. It polls the task list `hands` of the domain CADENZA_DOMAIN, which must be there, at
// CADENZA_ADDRESS until it is ended.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.uber.org/cadence/.gen/go/cadence/workflowserviceclient"
	"go.uber.org/cadence/activity"
	"go.uber.org/cadence/worker"
	"go.uber.org/cadence/workflow"
	"go.uber.org/yarpc"
	"go.uber.org/yarpc/transport/tchannel"
)

const taskList = "hands"

func main() {
	channel, err := tchannel.NewChannelTransport(tchannel.ServiceName("hands"))
	if err != nil {
		fail(err)
	}
	dispatcher := yarpc.NewDispatcher(yarpc.Config{
		Name:      "hands",
		Outbounds: yarpc.Outbounds{"cadence-frontend": {Unary: channel.NewSingleOutbound(os.Getenv("CADENZA_ADDRESS"))}},
	})
	if err := dispatcher.Start(); err != nil {
		fail(err)
	}
	service := workflowserviceclient.New(dispatcher.ClientConfig("cadence-frontend"))
	w := worker.New(service, os.Getenv("CADENZA_DOMAIN"), taskList, worker.Options{})
	w.RegisterWorkflowWithOptions(greet, workflow.RegisterOptions{Name: "Greeting"})
	w.RegisterActivityWithOptions(compose, activity.RegisterOptions{Name: "compose"})
	if err := w.Start(); err != nil {
		fail(err)
	}
	fmt.Println("the worker polls", taskList)
	select {}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// greet makes a greeting and waits for the signal `sign` that says who signs it; the query `state` tells how far it is.
func greet(ctx workflow.Context, name string) (string, error) {
	state := "composing"
	if err := workflow.SetQueryHandler(ctx, "state", func() (string, error) { return state, nil }); err != nil {
		return "", err
	}
	var greeting, author string
	options := workflow.ActivityOptions{ScheduleToStartTimeout: 20 * time.Second, StartToCloseTimeout: 20 * time.Second}
	if err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), "compose", name).Get(ctx, &greeting); err != nil {
		return "", err
	}
	state = "waiting for a signature"
	workflow.GetSignalChannel(ctx, "sign").Receive(ctx, &author)
	state = "signed"
	return greeting + " Yours, " + author + ".", nil
}

func compose(_ context.Context, name string) (string, error) {
	if name == "nobody" {
		return "", fmt.Errorf("nobody to greet")
	}
	return "Hello, " + name + "!", nil
}
