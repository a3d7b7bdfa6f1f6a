// Command example is a small shop with a maintenance mode: run it, and do what
// it prints.
//
// ADDR is where it listens, :8080 unless set. The state is kept in the file
// that GINMAINT_FILE names, maintenance_mode.json unless set, or in the store
// that GINMAINT_STORE names by its URL, such as redis://localhost:6379, or the file
// that GINMAINT_STORE_FILE names and that holds the URL. Several
// replicas that share logins share SESSION_SECRET too.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// shutdownBound is how long requests and the worker may take to end.
const shutdownBound = 30 * time.Second

func main() {
	gin.SetMode(gin.ReleaseMode)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl+C does not wait for requests
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		slog.Error("the example ends", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and says on out what to try.
func run(ctx context.Context, getenv func(string) string, out io.Writer) (err error) {
	store, closeStore, err := openStore(ctx, getenv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()

	mode, err := maintenance.Open(ctx, store)
	if err != nil {
		return err
	}
	shop := newShop()
	secret := getenv("SESSION_SECRET")
	if secret == "" {
		secret = rand.Text()
	}
	server := &http.Server{Handler: routes(mode, shop, []byte(secret)), ReadHeaderTimeout: 10 * time.Second}

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", orElse(getenv("ADDR"), ":8080"))
	if err != nil {
		err = fmt.Errorf("the shop can't listen: %w; name another address in ADDR, such as ADDR=:8081", err)
		return errors.Join(err, mode.Close())
	}
	fmt.Fprint(out, whatToTry(listener.Addr(), byHand(getenv)))

	working, stopWorking := context.WithCancel(ctx)
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		shop.work(working, mode)
	}()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	select {
	case err = <-served:
	case <-ctx.Done():
		err = nil
	}
	fmt.Fprintln(out, "Shutting down; requests may finish.")
	bound, cancel := context.WithTimeout(context.Background(), shutdownBound)
	defer cancel()
	stopWorking()
	shop.closeStreams()
	err = errors.Join(err, server.Shutdown(bound), mode.Shutdown(bound))
	<-worked
	return err
}

// openStore opens the store that the environment names.
func openStore(ctx context.Context, getenv func(string) string) (maintenance.Store, func() error, error) {
	url, open, err := stores.FromEnvironment(getenv)
	if err != nil {
		return nil, nil, err
	}
	if open {
		slog.Warn("every account of this host may read the file of GINMAINT_STORE_FILE; take that right away: chmod o-r")
	}
	if url == "" {
		path := orElse(getenv("GINMAINT_FILE"), filestore.DefaultPath)
		return filestore.New(path), func() error { return nil }, nil
	}
	for _, path := range stores.ExposedSecrets(url) {
		slog.Warn("every account of this host may read this file with a secret; take that right away: chmod o-r", "file", path)
	}
	store, done, err := stores.Open(ctx, url)
	if err != nil {
		return nil, nil, fmt.Errorf("GINMAINT_STORE: %w", err)
	}
	if tables, ok := store.(interface{ Migrate(context.Context) error }); ok { // PostgreSQL
		if err := tables.Migrate(ctx); err != nil {
			return nil, nil, errors.Join(err, done())
		}
	}
	return store, done, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// byHand says how to switch off without the endpoints.
func byHand(getenv func(string) string) string {
	if getenv("GINMAINT_STORE")+getenv("GINMAINT_STORE_FILE") != "" {
		return "by the command, go run ./ginmaint/cmd/ginmaint off"
	}
	return "by writing {\"level\":\"off\"} into " + orElse(getenv("GINMAINT_FILE"), filestore.DefaultPath)
}

func whatToTry(address net.Addr, byHand string) string {
	url := "http://" + address.String()
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		url = fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return `The shop is open at ` + url + `

  1. Open ` + url + ` and order something: the worker ships it.
  2. Log in at ` + url + `/login as "superuser", password "demo".
     ("user" and "staff" exist too, with the same password.)
  3. Order a hundred teapots in one tab. In another, switch maintenance on at
     ` + url + `/maintenance-mode/ and press Drain: it names the order that it
     waits for, and says when nothing runs any more.
  4. See what a visitor gets: below the form there, or with
       curl -i ` + url + `/
       curl -i -H 'Accept: application/json' ` + url + `/api/products
       curl -i ` + url + `/healthz
  5. Switch off again, there or ` + byHand + `

Ctrl+C ends the shop.
`
}
