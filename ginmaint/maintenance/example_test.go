package maintenance_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A worker waits while maintenance is on, and takes up its work when it is off.
func ExampleMode_Wait() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	if err := mode.On(ctx); err != nil {
		fmt.Println(err)
		return
	}

	jobs := make(chan string, 2)
	jobs <- "invoice 1"
	jobs <- "invoice 2"
	close(jobs)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for job := range jobs {
			ticket, err := mode.Wait(ctx, maintenance.Write)
			if err != nil { // the context ended, or the Mode is closed
				fmt.Println("left for the next start:", job)
				return
			}
			fmt.Println("sent:", job)
			ticket.Leave()
		}
	}()

	fmt.Println("off")
	if err := mode.Off(ctx); err != nil {
		fmt.Println(err)
	}
	<-finished

	// Output:
	// off
	// sent: invoice 1
	// sent: invoice 2
}

// A cron job does not wait: it leaves out the run that falls into maintenance.
func ExampleMode_Enter() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()

	cleanUp := func() {
		ticket, ok := mode.Enter(maintenance.Write)
		if !ok {
			fmt.Println("left out, the level is", mode.Level())
			return
		}
		defer ticket.Leave()
		fmt.Println("cleaned up")
	}

	cleanUp()
	if _, err := mode.Set(ctx, maintenance.State{Level: maintenance.ReadOnly}); err != nil {
		fmt.Println(err)
	}
	cleanUp()

	// Output:
	// cleaned up
	// left out, the level is read-only
}

// A long stream, such as server-sent events, ends once its class is refused.
// A drain waits for it.
func ExampleMode_Draining() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()

	events := make(chan string)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticket, ok := mode.Enter(maintenance.Read)
		if !ok {
			return
		}
		defer ticket.Leave()
		draining := mode.Draining(maintenance.Read)
		for {
			select {
			case event := <-events:
				fmt.Println("data:", event)
			case <-draining:
				fmt.Println("event: bye")
				return
			}
		}
	}()

	events <- "1"
	events <- "2"
	if err := mode.On(ctx); err != nil {
		fmt.Println(err)
	}
	<-ended

	// Output:
	// data: 1
	// data: 2
	// event: bye
}

// Before a migration: on, and drained.
func ExampleMode_Drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	store := maintenance.NewMemoryStore() // several hosts share a Redis or a PostgreSQL
	shop, err := maintenance.Open(ctx, store, maintenance.Name("shop"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer shop.Close()
	worker, err := maintenance.Open(ctx, store, maintenance.Name("worker"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer worker.Close()
	job, _ := worker.Enter(maintenance.Write)

	if err := shop.On(ctx); err != nil {
		fmt.Println(err)
		return
	}
	told := false
	report, err := shop.Drain(ctx, maintenance.OnProgress(func(r maintenance.Report) {
		for _, p := range r.Pending {
			if p.Cause == maintenance.Busy && !told {
				fmt.Println("waiting for", p.Replica.Name)
				told = true
				job.Leave()
			}
		}
	}))
	fmt.Println(report.Drained, report.Total, err)
	_, admitted := worker.Enter(maintenance.Read)
	fmt.Println(admitted)

	// Output:
	// waiting for worker
	// true 2 <nil>
	// false
}

// A migration that fails leaves the service closed.
func ExampleMode_During() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	closed := maintenance.State{Level: maintenance.On, Message: "Back in a minute.", Reason: "migration 42"}

	err = mode.During(ctx, closed, func(context.Context) error {
		fmt.Println("migrating, the level is", mode.Level())
		return nil
	})
	fmt.Println(mode.Level(), err)

	err = mode.During(ctx, closed, func(context.Context) error {
		return errors.New("column exists")
	})
	fmt.Println(mode.Level(), err)

	// Output:
	// migrating, the level is on
	// off <nil>
	// on maintenance: the function failed and the level stays on: column exists
}

// A window is announced before it begins, and ends by itself.
func ExampleMode_Set() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore(), maintenance.Name("ann"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()

	night := time.Now().Add(24 * time.Hour)
	saved, err := mode.Set(ctx, maintenance.State{
		Level:   maintenance.ReadOnly,
		Start:   night,
		End:     night.Add(2 * time.Hour),
		Message: "Orders rest tonight.",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mode.Level(), mode.Snapshot().Announced, saved.Revision, saved.ChangedBy)
	fmt.Println(saved.At(night), saved.At(night.Add(3*time.Hour)))

	// Somebody who looked at an older state does not overwrite this one unseen.
	_, err = mode.Set(ctx, maintenance.State{Level: maintenance.On, Revision: saved.Revision + 1})
	fmt.Println(errors.Is(err, maintenance.ErrConflict))

	// Output:
	// off true 1 ann
	// read-only off
	// true
}
