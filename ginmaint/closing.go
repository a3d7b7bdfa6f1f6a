package ginmaint

import (
	"context"
	"net/http"
	"sync"
)

// closings tells when a server begins to shut down: that waits for the requests, and
// some of them would wait for nothing meanwhile. The zero value is ready.
type closings struct{ servers sync.Map } // *http.Server → the context.Context that ends then

// of returns a context that ends when the request's server begins to shut down. Not every
// server can tell; then it never ends.
func (s *closings) of(r *http.Request) context.Context {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return context.Background()
	}
	runs, known := s.servers.Load(server)
	if !known {
		fresh, end := context.WithCancel(context.Background())
		if runs, known = s.servers.LoadOrStore(server, fresh); known {
			end()
		} else {
			server.RegisterOnShutdown(end)
		}
	}
	return runs.(context.Context)
}
