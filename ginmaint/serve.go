package ginmaint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// How long Serve waits at the end: for the requests, and then for what else the Mode
// has admitted. Kubernetes kills a pod 30 seconds after it has asked it to end.
const (
	requestsBound = 25 * time.Second
	goodbyeBound  = 4 * time.Second
)

// Serve runs a server until ctx ends or the process is asked to end, by SIGINT or
// SIGTERM, and then ends server and Mode in the order that a drain relies on: no new
// requests, those that run have 25 seconds to finish, those that wait for the level
// to fall are refused at once, and the Mode says goodbye. Otherwise each restart
// leaves an entry that drains wait for until somebody forgets it. Use it in place of
// r.Run, which a signal stops in the middle of everything:
//
//	server := &http.Server{Addr: ":8080", Handler: r}
//	return ginmaint.Serve(ctx, server, mode)
//
// A server with a TLSConfig speaks TLS, by the certificates there. A second signal ends
// the process at once. Serve returns nil after an end in good order, and else what went
// wrong: the address can't be used, requests were cut off, the store could not be told.
// In each case the Mode is closed.
func Serve(ctx context.Context, server *http.Server, mode *maintenance.Mode) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	served := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			served <- server.ListenAndServeTLS("", "")
		} else {
			served <- server.ListenAndServe()
		}
	}()
	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("ginmaint: the server at %q has ended: %w", server.Addr, err)
	case <-ctx.Done():
		stop() // a second signal is for the runtime
		err = finish(server)
	}
	bound, cancel := context.WithTimeout(context.Background(), goodbyeBound)
	defer cancel()
	return errors.Join(err, mode.Shutdown(bound))
}

// finish lets the requests end that run, and cuts off those that take too long.
func finish(server *http.Server) error {
	bound, cancel := context.WithTimeout(context.Background(), requestsBound)
	defer cancel()
	err := server.Shutdown(bound)
	if err != nil {
		err = errors.Join(fmt.Errorf("ginmaint: requests were cut off after %s: %w", requestsBound, err), server.Close())
	}
	return err
}
