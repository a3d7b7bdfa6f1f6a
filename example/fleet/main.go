// Command fleet shows a maintenance that no visitor notices, and one that every visitor
// notices, on three replicas behind a load balancer and under load:
//
//	go run ./example/fleet
//
// It starts what of Redis and nginx is on this machine, and does without the rest: the
// state is then in a file, and the balancer is one of net/http/httputil. GINMAINT_STORE
// names another store, such as postgres://user:password@db/shop. It prints what it does
// and counts requests while it does it, then leaves the fleet to you until Ctrl+C.
//
// With --plain it starts neither, and with --quick it ends by itself after some seconds.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// replicas is how many shops there are.
const replicas = 3

func main() {
	gin.SetMode(gin.ReleaseMode)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl+C ends at once
	work := run
	if os.Getenv(shopEnv) != "" { // started by the fleet
		work = serveShop
	}
	if err := work(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		slog.Error("the fleet ends", "error", err)
		os.Exit(1)
	}
}

// run starts the fleet, tells its story, and ends it.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(out)
	quick := flags.Bool("quick", false, "end by itself after some seconds")
	plain := flags.Bool("plain", false, "start neither Redis nor nginx, also where they are on this machine")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return errors.Join(err, errors.New("usage: fleet [--quick] [--plain]"))
	}
	servers, err := newServers(out, *plain)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.stop()) }()

	address := getenv("GINMAINT_STORE")
	if address != "" {
		fmt.Fprintln(out, "The state: where GINMAINT_STORE says") // with a password, perhaps
	} else if address, err = servers.store(ctx); err != nil {
		return err
	}
	store, done, err := openStore(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	// The fleet looks and switches, as an operator's command does.
	mode, err := maintenance.Open(ctx, store, maintenance.Observer(), maintenance.Name("fleet"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mode.Close()) }()

	password := rand.Text()[:8]
	shops, err := servers.shops(ctx, address, password)
	if err != nil {
		return err
	}
	front, err := servers.balancer(ctx, shops)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The panel: %s/login (name superuser, password %s)\n\n", front, password)

	tale := &story{mode: mode, pace: unhurried, out: out, live: terminal(out)}
	if *quick {
		tale.pace = hurried
	}
	tale.load = startLoad(front+"/order", tale.pace.perSecond)
	defer tale.load.stop()
	if err := tale.tell(ctx); ctx.Err() != nil {
		return nil // by Ctrl+C
	} else if err != nil || *quick {
		return err
	}
	fmt.Fprintf(out, "\nThe fleet goes on: switch it in the panel, or by the command:\n  GINMAINT_STORE=%s go run ./ginmaint/cmd/ginmaint status\nCtrl+C ends it.\n", address)
	tale.count(ctx, "yours", ctx.Done())
	return nil
}

// openStore opens the store, and makes its tables where it needs any.
func openStore(ctx context.Context, address string) (maintenance.Store, func() error, error) {
	store, done, err := stores.Open(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	if tables, ok := store.(interface{ Migrate(context.Context) error }); ok {
		if err := tables.Migrate(ctx); err != nil {
			return nil, nil, errors.Join(err, done())
		}
	}
	return store, done, nil
}
