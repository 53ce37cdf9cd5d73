package clients

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/cadence"
	"go.uber.org/cadence/.gen/go/shared"
	"go.uber.org/cadence/activity"
	"go.uber.org/cadence/worker"
	"go.uber.org/cadence/workflow"
)

func TestGo_LocalActivities(t *testing.T) {
	var calls atomic.Int64
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		double := func(_ context.Context, n int) (int, error) {
			if calls.Add(1) == 2 {
				return 0, errors.New("try again")
			}
			return 2 * n, nil
		}
		addWorkflow(r, "doubling", func(ctx workflow.Context, n int) (int, error) {
			ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
				ScheduleToCloseTimeout: 20 * time.Second,
				RetryPolicy:            &workflow.RetryPolicy{InitialInterval: 10 * time.Millisecond, MaximumAttempts: 3},
			})
			for range 3 {
				if err := workflow.ExecuteLocalActivity(ctx, double, n).Get(ctx, &n); err != nil {
					return 0, err
				}
			}
			return n, workflow.Sleep(ctx, time.Second)
		})
	})
	run := s.start("doubling", 5)
	var got int
	s.result(run, &got)
	equal(s, got, 40, "result")
	equal(s, calls.Load(), 4, "calls")
	equal(s, s.events(run)[shared.EventTypeMarkerRecorded], 3, "markers")
	equal(s, s.events(run)[shared.EventTypeActivityTaskScheduled], 0, "activities scheduled")
}

// All activities of a session run on the worker that has the session, though two poll the same list.
func TestGo_Sessions(t *testing.T) {
	register := func(r worker.Registry) {
		addActivity(r, "where", func(ctx context.Context) (string, error) {
			return activity.GetInfo(ctx).TaskList, nil
		})
		addWorkflow(r, "session", func(ctx workflow.Context) ([]string, error) {
			inSession, err := workflow.CreateSession(withActivities(ctx), &workflow.SessionOptions{
				CreationTimeout: 20 * time.Second, ExecutionTimeout: 40 * time.Second, HeartbeatTimeout: 10 * time.Second})
			if err != nil {
				return nil, err
			}
			var places []string
			for range 3 {
				var place string
				if err := workflow.ExecuteActivity(inSession, "where").Get(inSession, &place); err != nil {
					return nil, err
				}
				places = append(places, place)
			}
			workflow.CompleteSession(inSession)
			return places, nil
		})
	}
	s := enter(t, worker.Options{EnableSessionWorker: true}, register)
	s.work(s.taskList, worker.Options{EnableSessionWorker: true})
	var places []string
	s.result(s.start("session"), &places)
	equal(s, len(places), 3, "places")
	equal(s, places[0] == places[1] && places[1] == places[2], true, fmt.Sprint("one place: ", places))
	equal(s, places[0] != s.taskList, true, "the session has a list of its own")
}

// An attempt that fails is followed by one that finds where the last one had got to.
func TestGo_RetriesAndHeartbeats(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addActivity(r, "batch", func(ctx context.Context, first, count int) (string, error) {
			at := first
			if activity.HasHeartbeatDetails(ctx) {
				if err := activity.GetHeartbeatDetails(ctx, &at); err != nil {
					return "", err
				}
				at++
			}
			for ; at < first+count; at++ {
				activity.RecordHeartbeat(ctx, at)
				if at%3 == 2 {
					return "", cadence.NewCustomError("flaky", at)
				}
			}
			return fmt.Sprintf("attempt %d ended at %d", activity.GetInfo(ctx).Attempt, at), nil
		})
		addActivity(r, "hopeless", func(context.Context) error { return cadence.NewCustomError("fatal") })
		addWorkflow(r, "batches", func(ctx workflow.Context) (string, error) {
			ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				ScheduleToStartTimeout: 20 * time.Second,
				StartToCloseTimeout:    20 * time.Second,
				HeartbeatTimeout:       10 * time.Second,
				RetryPolicy: &workflow.RetryPolicy{
					InitialInterval:          time.Second,
					BackoffCoefficient:       1,
					ExpirationInterval:       40 * time.Second,
					MaximumAttempts:          5,
					NonRetriableErrorReasons: []string{"fatal"},
				},
			})
			var end string
			if err := workflow.ExecuteActivity(ctx, "batch", 0, 7).Get(ctx, &end); err != nil {
				return "", err
			}
			var custom *cadence.CustomError
			if err := workflow.ExecuteActivity(ctx, "hopeless").Get(ctx, nil); !errors.As(err, &custom) {
				return "", fmt.Errorf("the hopeless activity ended with %v", err)
			}
			return end + ", " + custom.Reason(), nil
		})
	})
	run := s.start("batches")
	var got string
	s.result(run, &got)
	equal(s, got, "attempt 2 ended at 7, fatal", "result")
	equal(s, s.events(run)[shared.EventTypeActivityTaskStarted], 2, "attempts that the history tells of")
}

// Somebody else completes the activity: one by its token, one by its id.
func TestGo_AsyncCompletion(t *testing.T) {
	type promise struct {
		token []byte
		info  activity.Info
	}
	promises := make(chan promise, 2)
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addActivity(r, "later", func(ctx context.Context) (string, error) {
			info := activity.GetInfo(ctx)
			promises <- promise{info.TaskToken, info}
			return "", activity.ErrResultPending
		})
		addWorkflow(r, "patience", func(ctx workflow.Context) (string, error) {
			ctx = withActivities(ctx)
			both := ""
			for range 2 {
				var answer string
				if err := workflow.ExecuteActivity(ctx, "later").Get(ctx, &answer); err != nil {
					return "", err
				}
				both += answer
			}
			return both, nil
		})
	})
	run := s.start("patience")
	first := <-promises
	s.must(s.client.RecordActivityHeartbeat(s.ctx, first.token, "soon"), "heartbeat")
	s.must(s.client.CompleteActivity(s.ctx, first.token, "by token", nil), "completion by token")
	second := <-promises
	s.must(s.client.CompleteActivityByID(s.ctx, domain, run.GetID(), run.GetRunID(), second.info.ActivityID, " by id", nil), "completion by id")
	var got string
	s.result(run, &got)
	equal(s, got, "by token by id", "result")
}

// An activity finds a worker and names that worker's own list; the rest is sent there.
func TestGo_PinnedTaskLists(t *testing.T) {
	var mutex sync.Mutex
	seen := map[string]int{}
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addActivity(r, "choose a host", func(ctx context.Context) (string, error) {
			return activity.GetInfo(ctx).TaskList + "-host", nil
		})
		addActivity(r, "step", func(ctx context.Context) error {
			mutex.Lock()
			defer mutex.Unlock()
			seen[activity.GetInfo(ctx).TaskList]++
			return nil
		})
		addWorkflow(r, "files", func(ctx workflow.Context) (string, error) {
			ctx = withActivities(ctx)
			var host string
			if err := workflow.ExecuteActivity(ctx, "choose a host").Get(ctx, &host); err != nil {
				return "", err
			}
			pinned := workflow.WithTaskList(ctx, host)
			for range 3 {
				if err := workflow.ExecuteActivity(pinned, "step").Get(ctx, nil); err != nil {
					return "", err
				}
			}
			return host, nil
		})
	})
	s.work(s.taskList+"-host", worker.Options{DisableWorkflowWorker: true})
	var host string
	s.result(s.start("files"), &host)
	mutex.Lock()
	defer mutex.Unlock()
	equal(s, host, s.taskList+"-host", "host")
	equal(s, seen[host], 3, "steps on the host")
	equal(s, len(seen), 1, "lists with steps")
}
