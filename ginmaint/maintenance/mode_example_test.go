package maintenance_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// opened returns a Mode on a store of its own. In a service the store is shared.
func opened(opts ...maintenance.Option) *maintenance.Mode {
	mode, err := maintenance.Open(context.Background(), maintenance.NewMemoryStore(), opts...)
	if err != nil {
		panic(err)
	}
	return mode
}

// The message changes, and level and window stay.
func ExampleMode_Update() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()
	_ = mode.On(ctx)

	state, err := mode.Update(ctx, func(s *maintenance.State) error {
		if s.Level == maintenance.Off {
			return errors.New("somebody has opened the service")
		}
		s.Message = "It takes until eleven."
		return nil
	})
	fmt.Println(state.Level, state.Message, err)
	// Output:
	// on It takes until eleven. <nil>
}

// The first release of a service starts closed. Where somebody has switched before, their
// order stays.
func ExampleMode_Create() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()

	for range 2 {
		state, err := mode.Create(ctx, maintenance.State{Level: maintenance.On, Message: "We open on Monday."})
		fmt.Println(state.Revision, errors.Is(err, maintenance.ErrConflict))
	}
	// Output:
	// 1 false
	// 0 true
}

// A job waits for a short migration, as requests do, and is refused by a long one.
func ExampleMode_Hold() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()
	_, _ = mode.Set(ctx, maintenance.State{Level: maintenance.On, Hold: time.Minute})

	admitted := make(chan bool)
	go func() {
		ticket, ok := mode.Hold(ctx, maintenance.Write)
		if ok {
			defer ticket.Leave()
		}
		admitted <- ok
	}()
	_ = mode.Off(ctx)
	fmt.Println("with a hold:", <-admitted)

	_ = mode.On(ctx)
	_, ok := mode.Hold(ctx, maintenance.Write)
	fmt.Println("without:", ok)
	// Output:
	// with a hold: true
	// without: false
}

// Where each step is shown to somebody, call what During does by its parts.
func ExampleMode_Engage() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()

	engagement, err := mode.Engage(ctx, maintenance.State{Level: maintenance.On, Reason: "migration 42"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("closed:", mode.Level())
	if _, err := engagement.Drain(ctx); err != nil {
		fmt.Println(err, engagement.Fail(ctx)) // the service stays closed; the next run takes over
		return
	}
	fmt.Println("drained: migrate now")
	state, err := engagement.Release(ctx) // what was stored before
	fmt.Println(state.Level, err)
	// Output:
	// closed: on
	// drained: migrate now
	// off <nil>
}

// Who changed what, the newest first.
func ExampleMode_History() {
	ctx := context.Background()
	mode := opened(maintenance.Name("ann"))
	defer mode.Close()
	_, _ = mode.Set(ctx, maintenance.State{Level: maintenance.On, Reason: "migration 42"})
	_ = mode.Off(ctx)

	records, err := mode.History(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range records {
		fmt.Printf("%s to %s by %s: %q\n", r.Before.Level, r.After.Level, r.After.ChangedBy, r.After.Reason)
	}
	// Output:
	// on to off by ann: ""
	// off to on by ann: "migration 42"
}

// A replica was killed, and somebody has made sure that it is gone.
func ExampleMode_Forget() {
	ctx := context.Background()
	store := maintenance.NewMemoryStore()
	killed, err := maintenance.Open(ctx, store, maintenance.Name("web-7"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer killed.Close()
	operator, err := maintenance.Open(ctx, store, maintenance.Observer())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer operator.Close()

	replicas, err := operator.Replicas(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range replicas {
		if r.Name == "web-7" {
			fmt.Println("forgotten:", r.Name, operator.Forget(ctx, r.ID))
		}
	}
	fmt.Println(errors.Is(operator.Forget(ctx, "nobody"), maintenance.ErrUnlisted))
	// Output:
	// forgotten: web-7 <nil>
	// true
}

// A token lets its bearer in until the pass expires or is revoked. The store holds no
// more than the token's hash.
func ExampleMode_IssuePass() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()
	_ = mode.On(ctx)

	pass, token, err := mode.IssuePass(ctx, maintenance.Pass{Name: "customer", Until: time.Now().Add(time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(pass.Name, len(token), mode.State().Level)
	err = mode.RevokePass(ctx, "customer", maintenance.Revocation{By: "ann"})
	fmt.Println(err, mode.State().Passes()[0].Revoked.By)
	// Output:
	// customer 52 on
	// <nil> ann
}

// Numbers for a monitoring system; package metrics makes metrics for Prometheus of them.
func ExampleMode_Stats() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()
	ticket, ok := mode.Enter(maintenance.Write)
	if !ok {
		return
	}
	_, _ = mode.Set(ctx, maintenance.State{Level: maintenance.ReadOnly})

	stats := mode.Stats()
	fmt.Println(stats.InForce, stats.Writes, stats.Draining > 0, stats.Err)
	ticket.Leave()
	fmt.Println(mode.Stats().Writes, mode.Stats().Draining)
	// Output:
	// read-only 1 true <nil>
	// 0 0s
}

// A loop follows the level by itself. Ask for the channel first, then for the level:
// then no change is missed.
func ExampleMode_Changed() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()
	changed := mode.Changed()
	before := mode.Level()
	go func() { _ = mode.On(ctx) }()

	select {
	case <-changed:
		fmt.Println(before, mode.Level())
	case <-mode.Done():
		fmt.Println("the Mode is closed")
	}
	// Output:
	// off on
}

// A part of a job goes on in another goroutine, after the switch too. The drain waits for
// both.
func ExampleMode_Extend() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()
	job, ok := mode.Enter(maintenance.Write)
	if !ok {
		return
	}
	_ = mode.On(ctx)

	part, ok := mode.Extend(maintenance.Write) // only while the job has its ticket
	fmt.Println("the part is admitted:", ok)
	job.Leave()
	go part.Leave()
	report, err := mode.Drain(ctx)
	fmt.Println(report.Drained, err)
	// Output:
	// the part is admitted: true
	// true <nil>
}

// What a process knows by itself, and what the store says when it is asked now.
func ExampleMode_Status() {
	ctx := context.Background()
	mode := opened()
	defer mode.Close()
	_ = mode.On(ctx)

	status := mode.Status()
	fmt.Println(status.InForce, time.Since(status.Confirmed) < time.Minute, status.Err)
	state, err := mode.Load(ctx)
	fmt.Println(state.Level, err)
	// Output:
	// on true <nil>
	// on <nil>
}
