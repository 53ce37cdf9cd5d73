// Command worker runs the hello workflow and its activity until it is interrupted.
package main

import (
	"context"
	"errors"
	"log"
	"time"

	"go.uber.org/cadence/.gen/go/cadence/workflowserviceclient"
	"go.uber.org/cadence/.gen/go/shared"
	"go.uber.org/cadence/worker"
	"go.uber.org/cadence/workflow"
	"go.uber.org/zap"

	"cadenza-samples/hello"
)

func main() {
	service, err := hello.Connect()
	if err != nil {
		log.Fatal(err)
	}
	if err := ensureDomain(service); err != nil {
		log.Fatal(err)
	}
	logger, err := zap.NewDevelopment() // what goes wrong is told on standard error
	if err != nil {
		log.Fatal(err)
	}
	w := worker.New(service, hello.Domain, hello.TaskList, worker.Options{Logger: logger})
	w.RegisterWorkflowWithOptions(hello.Workflow, workflow.RegisterOptions{Name: "HelloWorld"})
	w.RegisterActivity(hello.Greet)
	log.Printf("worker for task list %s in domain %s; Ctrl-C ends it", hello.TaskList, hello.Domain)
	if err := w.Run(); err != nil {
		log.Fatal(err)
	}
}

// ensureDomain registers the samples' domain unless it is there already.
func ensureDomain(service workflowserviceclient.Interface) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	name, retentionDays := hello.Domain, int32(1)
	err := service.RegisterDomain(ctx, &shared.RegisterDomainRequest{
		Name:                                   &name,
		WorkflowExecutionRetentionPeriodInDays: &retentionDays,
	})
	var exists *shared.DomainAlreadyExistsError
	if errors.As(err, &exists) {
		return nil
	}
	return err
}
