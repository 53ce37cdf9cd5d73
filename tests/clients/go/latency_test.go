package clients

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"testing"
	"time"

	"go.uber.org/cadence/client"
	"go.uber.org/cadence/worker"
	"go.uber.org/cadence/workflow"
	"go.uber.org/zap"
)

// inSequence times workflows with so many activities, one after the other, `atOnce` workflows at a time: from sending the
// start to having the result, with so many workers of usual settings on the same machine.
func inSequence(b *testing.B, activities, atOnce, workers int) {
	register := func(r worker.Registry) {
		addActivity(r, "step", func(context.Context, int) (int, error) { return 1, nil })
		addWorkflow(r, "sequence", func(ctx workflow.Context, steps int) (int, error) {
			ctx = withActivities(ctx)
			sum := 0
			for i := 0; i < steps; i++ {
				var one int
				if err := workflow.ExecuteActivity(ctx, "step", i).Get(ctx, &one); err != nil {
					return 0, err
				}
				sum += one
			}
			return sum, nil
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()
	taskList := fmt.Sprintf("%s-%d", b.Name(), time.Now().UnixNano())
	for range workers {
		w := worker.New(service, domain, taskList, worker.Options{Logger: zap.NewNop()})
		register(w)
		if err := w.Start(); err != nil {
			b.Fatal("worker:", err)
		}
		defer w.Stop()
	}
	starter := client.NewClient(service, domain, &client.Options{Identity: b.Name()})
	one := func() (time.Duration, error) {
		begin := time.Now()
		run, err := starter.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			TaskList:                        taskList,
			ExecutionStartToCloseTimeout:    patience,
			DecisionTaskStartToCloseTimeout: 10 * time.Second,
		}, "sequence", activities)
		if err != nil {
			return 0, err
		}
		var sum int
		if err := run.Get(ctx, &sum); err != nil {
			return 0, err
		}
		if sum != activities {
			return 0, fmt.Errorf("%d activities were done, not %d", sum, activities)
		}
		return time.Since(begin), nil
	}
	if _, err := one(); err != nil { // connections, pollers, code
		b.Fatal(err)
	}
	times := make([]time.Duration, b.N)
	errs := make([]error, atOnce)
	var next sync.Mutex
	taken := 0
	b.ResetTimer()
	var all sync.WaitGroup
	for i := 0; i < atOnce; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				next.Lock()
				mine := taken
				taken++
				next.Unlock()
				if mine >= b.N {
					return
				}
				if times[mine], errs[i] = one(); errs[i] != nil {
					return
				}
			}
		}()
	}
	all.Wait()
	b.StopTimer()
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(ms(times[b.N/2]), "p50-ms")
	b.ReportMetric(ms(times[b.N*99/100]), "p99-ms")
}

func BenchmarkOneActivity1AtOnce(b *testing.B)   { inSequence(b, 1, 1, 1) }
func BenchmarkOneActivity4AtOnce(b *testing.B)   { inSequence(b, 1, 4, 1) }
func BenchmarkTenActivities1AtOnce(b *testing.B) { inSequence(b, 10, 1, 1) }
func BenchmarkTenActivities4AtOnce(b *testing.B) { inSequence(b, 10, 4, 1) }

// A worker of the Go client polls for decisions at most 1,000 times a second, which is 500 workflows with one activity: four
// at once cannot take less than 8 ms each with one worker. Two workers show what the server does.
func BenchmarkOneActivity4AtOnce2Workers(b *testing.B)   { inSequence(b, 1, 4, 2) }
func BenchmarkTenActivities4AtOnce2Workers(b *testing.B) { inSequence(b, 10, 4, 2) }
