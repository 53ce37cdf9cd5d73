// Command starter starts the hello workflow, waits for it and prints its result.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"go.uber.org/cadence/client"

	"cadenza-samples/hello"
)

func main() {
	name := "World"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	service, err := hello.Connect()
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run, err := client.NewClient(service, hello.Domain, &client.Options{}).ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		TaskList:                        hello.TaskList,
		ExecutionStartToCloseTimeout:    time.Minute,
		DecisionTaskStartToCloseTimeout: 10 * time.Second,
	}, "HelloWorld", name)
	if err != nil {
		log.Fatal(err)
	}
	var greeting string
	if err := run.Get(ctx, &greeting); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("workflow id: %s\nrun id: %s\nresult: %s\n", run.GetID(), run.GetRunID(), greeting)
}
