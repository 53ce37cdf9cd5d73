package clients

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/cadence"
	"go.uber.org/cadence/.gen/go/shared"
	"go.uber.org/cadence/activity"
	"go.uber.org/cadence/client"
	"go.uber.org/cadence/worker"
	"go.uber.org/cadence/workflow"
)

// Activities, signals and a timer race in one selector, several times.
func TestGo_Selectors(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addActivity(r, "echo", func(_ context.Context, word string) (string, error) { return word, nil })
		addWorkflow(r, "races", func(ctx workflow.Context) (map[string]int, error) {
			count := map[string]int{}
			add := func(ctx workflow.Context, f workflow.Future) {
				var word string
				if f.Get(ctx, &word) == nil {
					count[word]++
				}
			}
			selector := workflow.NewSelector(ctx)
			for _, word := range []string{"x", "y", "x"} {
				selector.AddFuture(workflow.ExecuteActivity(withActivities(ctx), "echo", word), func(f workflow.Future) { add(ctx, f) })
			}
			selector.AddReceive(workflow.GetSignalChannel(ctx, "word"), func(c workflow.Channel, _ bool) {
				var word string
				c.Receive(ctx, &word)
				count[word]++
			})
			selector.AddFuture(workflow.NewTimer(ctx, time.Second), func(workflow.Future) { count["timer"]++ })
			for range 6 {
				selector.Select(ctx)
			}
			return count, nil
		})
	})
	run := s.start("races")
	s.signal(run, "word", "signal")
	s.signal(run, "word", "signal")
	var got map[string]int
	s.result(run, &got)
	equal(s, fmt.Sprint(got), fmt.Sprint(map[string]int{"x": 2, "y": 1, "signal": 2, "timer": 1}), "counts")
}

// A tree of children three levels deep, eight leaves: results go up, and a failing child is told to its parent.
func TestGo_ChildTrees(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "tree", func(ctx workflow.Context, depth int, path string) (int, error) {
			if depth == 0 {
				return 1, nil
			}
			ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{ExecutionStartToCloseTimeout: patience})
			var children []workflow.ChildWorkflowFuture
			for i := range 2 {
				children = append(children, workflow.ExecuteChildWorkflow(ctx, "tree", depth-1, fmt.Sprint(path, i)))
			}
			leaves := 0
			for _, child := range children {
				var below int
				if err := child.Get(ctx, &below); err != nil {
					return 0, err
				}
				leaves += below
			}
			return leaves, nil
		})
		addWorkflow(r, "bad child", func(workflow.Context) error { return cadence.NewCustomError("naughty") })
		addWorkflow(r, "parent", func(ctx workflow.Context) (string, error) {
			ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{ExecutionStartToCloseTimeout: patience})
			var custom *cadence.CustomError
			if err := workflow.ExecuteChildWorkflow(ctx, "bad child").Get(ctx, nil); !errors.As(err, &custom) {
				return "", fmt.Errorf("the bad child ended with %v", err)
			}
			return custom.Reason(), nil
		})
	})
	run := s.start("tree", 3, "")
	var leaves int
	s.result(run, &leaves)
	equal(s, leaves, 8, "leaves")
	equal(s, s.events(run)[shared.EventTypeChildWorkflowExecutionCompleted], 2, "children of the root")
	var reason string
	s.result(s.start("parent"), &reason)
	equal(s, reason, "naughty", "reason")
}

// Children that are signalled by their parent and signal it back.
func TestGo_SignalsBetweenWorkflows(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "child", func(ctx workflow.Context) error {
			var word string
			workflow.GetSignalChannel(ctx, "ask").Receive(ctx, &word)
			parent := workflow.GetInfo(ctx).ParentWorkflowExecution
			return workflow.SignalExternalWorkflow(ctx, parent.ID, parent.RunID, "answer", word+"!").Get(ctx, nil)
		})
		addWorkflow(r, "parent", func(ctx workflow.Context) (string, error) {
			child := workflow.ExecuteChildWorkflow(
				workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{ExecutionStartToCloseTimeout: patience}), "child")
			if err := child.SignalChildWorkflow(ctx, "ask", "well").Get(ctx, nil); err != nil {
				return "", err
			}
			var answer string
			workflow.GetSignalChannel(ctx, "answer").Receive(ctx, &answer)
			return answer, child.Get(ctx, nil)
		})
	})
	var got string
	s.result(s.start("parent"), &got)
	equal(s, got, "well!", "answer")
}

// A cancelled run stops its activity, then cleans up in a scope that is not cancelled.
func TestGo_CancellationScopes(t *testing.T) {
	started := make(chan struct{}, 1)
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addActivity(r, "until cancelled", func(ctx context.Context) error {
			started <- struct{}{}
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-tick.C:
					activity.RecordHeartbeat(ctx)
				}
			}
		})
		addActivity(r, "clean up", func(context.Context) (string, error) { return "clean", nil })
		addWorkflow(r, "cancellable", func(ctx workflow.Context) (string, error) {
			busy := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				ScheduleToStartTimeout: 20 * time.Second,
				StartToCloseTimeout:    40 * time.Second,
				HeartbeatTimeout:       10 * time.Second,
				WaitForCancellation:    true,
			})
			var cancelled *cadence.CanceledError
			if err := workflow.ExecuteActivity(busy, "until cancelled").Get(ctx, nil); !errors.As(err, &cancelled) {
				return "", fmt.Errorf("the activity ended with %v", err)
			}
			scope, end := workflow.NewDisconnectedContext(ctx)
			defer end()
			var state string
			err := workflow.ExecuteActivity(withActivities(scope), "clean up").Get(scope, &state)
			return state, err
		})
	})
	run := s.start("cancellable")
	<-started
	s.must(s.client.CancelWorkflow(s.ctx, run.GetID(), run.GetRunID()), "cancel")
	var state string
	s.result(run, &state)
	equal(s, state, "clean", "result")
	equal(s, s.events(run)[shared.EventTypeActivityTaskCanceled], 1, "cancelled activities")
}

// Every run of a cron workflow finds what the last one returned.
func TestGo_Cron(t *testing.T) {
	results := make(chan int, 16)
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "cron", func(ctx workflow.Context) (int, error) {
			n := 0
			if workflow.HasLastCompletionResult(ctx) {
				if err := workflow.GetLastCompletionResult(ctx, &n); err != nil {
					return 0, err
				}
			}
			n++
			if !workflow.IsReplaying(ctx) {
				results <- n
			}
			return n, nil
		})
	})
	options := s.options()
	options.CronSchedule = "@every 1s"
	run, err := s.client.ExecuteWorkflow(s.ctx, options, "cron")
	s.must(err, "start")
	for last := 0; last < 3; {
		select {
		case n := <-results:
			if n != last && n != last+1 {
				t.Fatalf("run %d followed run %d", n, last)
			}
			last = n
		case <-s.ctx.Done():
			t.Fatal("the cron did not go on")
		}
	}
	s.must(s.client.TerminateWorkflow(s.ctx, run.GetID(), "", "enough", nil), "terminate")
	s.replay(run.GetID(), run.GetRunID())
}

func TestGo_ContinueAsNew(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "count down", func(ctx workflow.Context, from, sum int) (int, error) {
			if from == 0 {
				return sum, nil
			}
			if err := workflow.Sleep(ctx, 10*time.Millisecond); err != nil {
				return 0, err
			}
			return 0, workflow.NewContinueAsNewError(ctx, "count down", from-1, sum+from)
		})
	})
	run := s.start("count down", 5, 0)
	first := run.GetRunID()
	var sum int
	s.must(run.Get(s.ctx, &sum), "result")
	equal(s, sum, 15, "sum")
	s.replay(run.GetID(), first)
	s.replay(run.GetID(), "")
}

func TestGo_QueriesAndSignals(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "basket", func(ctx workflow.Context) (int, error) {
			items := map[string]int{}
			last := "nothing"
			if err := workflow.SetQueryHandler(ctx, "last", func() (string, error) { return last, nil }); err != nil {
				return 0, err
			}
			if err := workflow.SetQueryHandler(ctx, "count", func(item string) (int, error) { return items[item], nil }); err != nil {
				return 0, err
			}
			added := workflow.GetSignalChannel(ctx, "add")
			for last != "checkout" {
				added.Receive(ctx, &last)
				items[last]++
			}
			return len(items) - 1, nil
		})
	})
	run := s.start("basket")
	s.query(run, "last", "nothing")
	for _, item := range []string{"apple", "pear", "apple"} {
		s.signal(run, "add", item)
	}
	answer, err := s.client.QueryWorkflowWithOptions(s.ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: run.GetID(), RunID: run.GetRunID(), QueryType: "count", Args: []any{"apple"},
		QueryConsistencyLevel: ptr(shared.QueryConsistencyLevelStrong)})
	s.must(err, "strong query")
	var apples int
	s.must(answer.QueryResult.Get(&apples), "answer")
	equal(s, apples, 2, "apples, asked strongly right after the signals")

	_, err = s.client.QueryWorkflow(s.ctx, run.GetID(), run.GetRunID(), "unknown")
	var failed *shared.QueryFailedError
	equal(s, errors.As(err, &failed), true, fmt.Sprint("an unknown query fails as such: ", err))

	s.signal(run, "add", "checkout")
	var kinds int
	s.result(run, &kinds)
	equal(s, kinds, 2, "kinds")
	s.query(run, "last", "checkout")
	_, err = s.client.QueryWorkflowWithOptions(s.ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: run.GetID(), RunID: run.GetRunID(), QueryType: "last", QueryRejectCondition: ptr(shared.QueryRejectConditionNotOpen)})
	s.must(err, "a query that is rejected")
}

// Signal-with-start twice: one run, two signals.
func TestGo_SignalWithStart(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "pair", func(ctx workflow.Context) (string, error) {
			both := ""
			for range 2 {
				var word string
				workflow.GetSignalChannel(ctx, "word").Receive(ctx, &word)
				both += word
			}
			return both, nil
		})
	})
	options := s.options()
	options.ID = s.taskList
	first, err := s.client.SignalWithStartWorkflow(s.ctx, options.ID, "word", "a", options, "pair")
	s.must(err, "first")
	second, err := s.client.SignalWithStartWorkflow(s.ctx, options.ID, "word", "b", options, "pair")
	s.must(err, "second")
	equal(s, second.RunID, first.RunID, "run")
	var got string
	s.result(s.client.GetWorkflow(s.ctx, first.ID, first.RunID), &got)
	equal(s, got, "ab", "words")
}
