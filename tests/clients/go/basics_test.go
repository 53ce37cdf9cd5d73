package clients

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/cadence/.gen/go/shared"
	"go.uber.org/cadence/worker"
	"go.uber.org/cadence/workflow"
)

func TestGo_Greetings(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addActivity(r, "greeting", func(context.Context) (string, error) { return "Hello", nil })
		addActivity(r, "name", func(context.Context) (string, error) { return "Ada", nil })
		addActivity(r, "say", func(_ context.Context, greeting, name string) (string, error) {
			return greeting + ", " + name + "!", nil
		})
		addWorkflow(r, "greetings", func(ctx workflow.Context) (string, error) {
			ctx = withActivities(ctx)
			var greeting, name, said string
			if err := workflow.ExecuteActivity(ctx, "greeting").Get(ctx, &greeting); err != nil {
				return "", err
			}
			if err := workflow.ExecuteActivity(ctx, "name").Get(ctx, &name); err != nil {
				return "", err
			}
			err := workflow.ExecuteActivity(ctx, "say", greeting, name).Get(ctx, &said)
			return said, err
		})
	})
	run := s.start("greetings")
	var got string
	s.result(run, &got)
	equal(s, got, "Hello, Ada!", "result")
	equal(s, s.events(run)[shared.EventTypeActivityTaskCompleted], 3, "activities")
}

// A value drawn by chance must stay what it was when the run is replayed.
func TestGo_SideEffects(t *testing.T) {
	var draws atomic.Int64
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addActivity(r, "pass", func(_ context.Context, n int64) (int64, error) { return n, nil })
		addWorkflow(r, "draw", func(ctx workflow.Context) (bool, error) {
			ctx = withActivities(ctx)
			same := true
			for range 3 {
				var drawn, passed int64
				if err := workflow.SideEffect(ctx, func(workflow.Context) any { return draws.Add(1) }).Get(&drawn); err != nil {
					return false, err
				}
				if err := workflow.ExecuteActivity(ctx, "pass", drawn).Get(ctx, &passed); err != nil {
					return false, err
				}
				same = same && drawn == passed
			}
			return same, nil
		})
	})
	run := s.start("draw")
	var same bool
	s.result(run, &same)
	equal(s, same, true, "drawn and passed are the same")
	equal(s, draws.Load(), 3, "draws")
	equal(s, s.events(run)[shared.EventTypeMarkerRecorded], 3, "markers")
}

// Only a value that changes leaves a marker.
func TestGo_MutableSideEffects(t *testing.T) {
	var setting atomic.Int64
	setting.Store(1)
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "settings", func(ctx workflow.Context) (string, error) {
			seen := ""
			next := workflow.GetSignalChannel(ctx, "next")
			for range 4 {
				var value int64
				current := workflow.MutableSideEffect(ctx, "setting", func(workflow.Context) any { return setting.Load() },
					func(a, b any) bool { return a.(int64) == b.(int64) })
				if err := current.Get(&value); err != nil {
					return "", err
				}
				seen += fmt.Sprint(value)
				_ = workflow.SetQueryHandler(ctx, "seen", func() (string, error) { return seen, nil })
				next.Receive(ctx, nil)
			}
			return seen, nil
		})
	})
	run := s.start("settings")
	for i, wanted := range []string{"1", "11", "112", "1122"} {
		s.query(run, "seen", wanted)
		setting.Store(int64(i+1)/2 + 1)
		s.signal(run, "next", nil)
	}
	var got string
	s.result(run, &got)
	equal(s, got, "1122", "values seen")
	equal(s, s.events(run)[shared.EventTypeMarkerRecorded], 2, "markers")
}

// A run that began before a change of its code keeps to the old way, also when it is replayed with the new code; a new run
// takes the new way.
func TestGo_Versions(t *testing.T) {
	var changed atomic.Bool
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "versions", func(ctx workflow.Context) (string, error) {
			way := func() string { return "old" }
			if changed.Load() { // this stands for the worker of after the change
				way = func() string {
					if workflow.GetVersion(ctx, "the change", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
						return "old"
					}
					return "new"
				}
			}
			if err := workflow.SetQueryHandler(ctx, "state", func() (string, error) { return "waiting", nil }); err != nil {
				return "", err
			}
			first := way()
			workflow.GetSignalChannel(ctx, "go on").Receive(ctx, nil)
			return first + " " + way(), nil
		})
	})
	old := s.start("versions")
	s.query(old, "state", "waiting")
	changed.Store(true)
	fresh := s.start("versions")
	s.signal(fresh, "go on", nil)
	var got string
	s.result(fresh, &got)
	equal(s, got, "new new", "a run of after the change")
	equal(s, s.events(fresh)[shared.EventTypeMarkerRecorded], 1, "version markers")
	equal(s, s.events(fresh)[shared.EventTypeUpsertWorkflowSearchAttributes], 1, "versions made searchable")
	s.signal(old, "go on", nil)
	s.result(old, &got)
	equal(s, got, "old old", "a run of before the change")
}

// Names that are made up at run time.
func TestGo_Dynamic(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		for _, word := range []string{"one", "two", "three"} {
			addActivity(r, "say "+word, func(_ context.Context, n int) (string, error) { return fmt.Sprint(word, n), nil })
		}
		addWorkflow(r, "whatever is named", func(ctx workflow.Context, names []string) (string, error) {
			ctx = withActivities(ctx)
			all := ""
			for i, name := range names {
				var said string
				if err := workflow.ExecuteActivity(ctx, name, i).Get(ctx, &said); err != nil {
					return "", err
				}
				all += said
			}
			return all, nil
		})
	})
	var got string
	s.result(s.start("whatever is named", []string{"say three", "say one", "say two"}), &got)
	equal(s, got, "three0one1two2", "result")
}

func TestGo_Timers(t *testing.T) {
	s := enter(t, worker.Options{}, func(r worker.Registry) {
		addWorkflow(r, "timers", func(ctx workflow.Context) (string, error) {
			order := ""
			selector := workflow.NewSelector(ctx)
			for _, timer := range []struct {
				name string
				wait time.Duration
			}{{"c", 3 * time.Second}, {"a", time.Second}, {"b", 2 * time.Second}} {
				selector.AddFuture(workflow.NewTimer(ctx, timer.wait), func(workflow.Future) { order += timer.name })
			}
			cancelled, cancel := workflow.WithCancel(ctx)
			never := workflow.NewTimer(cancelled, time.Hour)
			for range 3 {
				selector.Select(ctx)
			}
			cancel()
			if err := never.Get(ctx, nil); err == nil {
				return "", fmt.Errorf("a cancelled timer fired")
			}
			return order, nil
		})
	})
	run := s.start("timers")
	var got string
	s.result(run, &got)
	equal(s, got, "abc", "order")
	equal(s, s.events(run)[shared.EventTypeTimerFired], 3, "timers fired")
	equal(s, s.events(run)[shared.EventTypeTimerCanceled], 1, "timers cancelled")
}

func ptr[T any](value T) *T { return &value }
