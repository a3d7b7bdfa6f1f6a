package fire

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// Poll is the replicas' heartbeat: ten times the default, so that minutes of
// trouble fit into seconds. Lease is when those that fail closed do.
const (
	Poll  = 100 * time.Millisecond
	Lease = time.Second
)

// workers is how many work at the same time in each class.
const workers = 2

// Serve is a replica process: it works until SIGTERM, and then leaves in
// order. It says "ready" once it is open.
func Serve(store, name, journals string, failClosed bool, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	opened, done, err := stores.Open(ctx, store)
	if err != nil {
		return err
	}
	options := []maintenance.Option{
		maintenance.Name(name), maintenance.Poll(Poll), maintenance.Fallback(maintenance.On),
		maintenance.Logger(slog.New(slog.NewTextHandler(os.Stderr, nil)).With("replica", name)),
	}
	if failClosed {
		options = append(options, maintenance.FailClosed(Lease))
	}
	mode, err := maintenance.Open(ctx, opened, options...)
	if err != nil {
		return err
	}
	var working sync.WaitGroup
	quit := make(chan struct{})
	for worker := range workers {
		for _, access := range []maintenance.Access{maintenance.Read, maintenance.Write} {
			j, err := openJournal(journals, name, worker, access)
			if err != nil {
				return err
			}
			working.Go(func() { work(mode, j, quit) })
		}
	}
	fmt.Fprintln(out, "ready")
	<-ctx.Done()
	// The workers go on meanwhile: it is the gate that has to end them.
	bound, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = mode.Shutdown(bound)
	close(quit)
	working.Wait()
	if err != nil {
		return err
	}
	return done()
}

// work runs units of work, most of them short, some long enough that a drain
// has to wait.
func work(mode *maintenance.Mode, j *journal, quit <-chan struct{}) {
	for {
		select {
		case <-quit:
			return
		default:
		}
		ticket, ok := mode.Enter(j.access)
		if !ok {
			time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond) // no two in step
			continue
		}
		j.note(began)
		switch n := rand.IntN(100); {
		case n < 3:
			time.Sleep(time.Duration(20+rand.IntN(40)) * time.Millisecond)
		case n < 30:
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		}
		j.note(ended)
		ticket.Leave()
		time.Sleep(time.Duration(rand.IntN(600)) * time.Microsecond) // the machine is shared
	}
}
