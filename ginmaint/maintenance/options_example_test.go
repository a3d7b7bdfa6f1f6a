package maintenance_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A process that never refuses for good: killed replicas hold no drain up, as each has
// declared how long its work lasts at most. All replicas have the same options.
func ExampleOpen() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore(), // in a service: redisstore.New(client)
		maintenance.Name("web-0"), maintenance.Sole(), // a StatefulSet's pod
		maintenance.FailClosed(10*time.Second),
		maintenance.WorkLimit(time.Minute),
		maintenance.Poll(500*time.Millisecond),
		maintenance.ClockSkew(time.Second),
		maintenance.Logger(slog.Default()),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	replicas, err := mode.Replicas(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range replicas {
		fmt.Println(r.Name, r.Lease, r.FailsClosed, r.WorkLimit, r.Sole)
	}
	// Output:
	// web-0 10s true 1m0s true
}

// away stands for a store that can't be reached.
type away struct{ maintenance.Store }

func (away) Load(context.Context) (maintenance.State, error) {
	return maintenance.State{}, errors.New("connection refused")
}

// A process starts closed where it can't ask, and opens once the store answers.
func ExampleFallback() {
	ctx := context.Background()
	quiet := maintenance.Logger(slog.New(slog.DiscardHandler))
	store := away{maintenance.NewMemoryStore()}

	_, err := maintenance.Open(ctx, store, quiet)
	fmt.Println("without:", err != nil)
	mode, err := maintenance.Open(ctx, store, quiet, maintenance.Fallback(maintenance.On))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	fmt.Println("with:", mode.Level())
	// Output:
	// without: true
	// with: on
}

// Something is to be done on every replica when the level changes.
func ExampleOnChange() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore(), maintenance.OnChange(func(c maintenance.Change) {
		if c.Origin == maintenance.Opened {
			fmt.Println("as it was found:", c.After.InForce) // before that nothing was admitted
			return
		}
		fmt.Println(c.Origin, c.Before.InForce, c.After.InForce)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = mode.On(ctx)
	_ = mode.Off(ctx)
	_ = mode.Shutdown(ctx) // returns when the function has been told everything
	// Output:
	// as it was found: off
	// here off on
	// here on off
}

// A deployment looks and switches. It serves nobody, so no drain waits for it.
func ExampleObserver() {
	ctx := context.Background()
	store := maintenance.NewMemoryStore()
	shop, err := maintenance.Open(ctx, store, maintenance.Name("shop"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer shop.Close()
	deployment, err := maintenance.Open(ctx, store, maintenance.Observer())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer deployment.Close()

	if err := deployment.On(ctx); err != nil {
		fmt.Println(err)
		return
	}
	report, err := deployment.Drain(ctx, maintenance.Expect(1, 1)) // exactly one replica
	fmt.Println(report.Total, report.Drained, err)
	// Output:
	// 1 true <nil>
}

// A level that the configuration of the process sets. Nobody can switch.
func ExampleFixed() {
	ctx := context.Background()
	level, err := maintenance.ParseLevel("read-only") // os.Getenv("LEVEL")
	if err != nil {
		fmt.Println(err)
		return
	}
	mode, err := maintenance.Open(ctx, maintenance.Fixed(level))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	fmt.Println(mode.Level(), mode.Fixed(), errors.Is(mode.Off(ctx), maintenance.ErrFixed))
	// Output:
	// read-only true true
}

// A test that starts a server of its own does not wait for replicas that can't exist.
func ExampleFreshStore() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore(), maintenance.FreshStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	fmt.Println(mode.Level())
	// Output: off
}
