package attack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The peers that a connection may come from, as the server sees them.
const (
	visitor = "203.0.113.7:4711"  // belongs nowhere
	proxy   = "198.51.100.4:4711" // speaks for visitors
)

// arena is a server with many engines, one for each name of a host, and the record
// of who got in.
type arena struct {
	t       *testing.T
	engines map[string]http.Handler // by host, before the first request
	doors   map[string]string       // peer → where to connect to

	mu sync.Mutex
	in []string // what got in, since it was last asked for
}

// patience bounds each exchange on a connection.
const patience = time.Minute

func newArena(t *testing.T) *arena {
	a := &arena{t: t, engines: make(map[string]http.Handler), doors: make(map[string]string)}
	server := &http.Server{Handler: a, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	var served sync.WaitGroup
	for _, peer := range []string{visitor, proxy} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		a.doors[peer] = listener.Addr().String()
		remote, err := net.ResolveTCPAddr("tcp", peer)
		require.NoError(t, err)
		served.Go(func() { assert.ErrorIs(t, server.Serve(door{listener, remote}), http.ErrServerClosed) })
	}
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		served.Wait()
	})
	return a
}

// door is a listener whose connections all come from one peer.
type door struct {
	net.Listener
	peer net.Addr
}

func (d door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return fromPeer{conn, d.peer}, nil
}

type fromPeer struct {
	net.Conn
	peer net.Addr
}

func (c fromPeer) RemoteAddr() net.Addr { return c.peer }

// ServeHTTP hands a request to the engine of its host, and to the closest where
// there is none by that name: the attacker chooses Host.
func (a *arena) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	engine, ok := a.engines[r.Host]
	if !ok {
		engine = a.engines["default"]
	}
	if engine == nil {
		http.NotFound(w, r)
		return
	}
	engine.ServeHTTP(w, r)
}

// at opens a switch at a level.
func (a *arena) at(l maintenance.Level) *maintenance.Mode {
	mode, err := maintenance.Open(context.Background(), maintenance.NewMemoryStore(), maintenance.Logger(slog.New(slog.DiscardHandler)))
	require.NoError(a.t, err)
	a.t.Cleanup(func() { assert.NoError(a.t, mode.Close()) })
	_, err = mode.Set(context.Background(), maintenance.State{Level: l, Reason: secret})
	require.NoError(a.t, err)
	return mode
}

// secret stands in whatever is closed.
const secret = "what-is-closed"

// reached records a request that got in.
func (a *arena) reached(r *http.Request, what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.in = append(a.in, fmt.Sprintf("%s: %s %s at %s", what, r.Method, r.RequestURI, r.Host))
}

// closed is a handler that nobody may reach.
func (a *arena) closed(c *gin.Context) {
	a.reached(c.Request, "a closed handler")
	c.String(http.StatusOK, secret)
}

// open is a handler that everybody may reach.
func open(c *gin.Context) { c.String(http.StatusOK, "open") }

// gotIn returns who got in since it was last asked for.
func (a *arena) gotIn() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	in := a.in
	a.in = nil
	return in
}

// exchange sends one request, and returns the status and body of its answer. Unlike
// send it keeps the connection, whose end would end the request.
func (a *arena) exchange(peer, raw string) (answer string) {
	a.stream(peer, []string{raw}, func(_, status int, body []byte) { answer = fmt.Sprintf("%d\n%s", status, body) })
	return answer
}

// send writes raw bytes to a connection, ends its own half of it, and returns all
// that came back.
func (a *arena) send(peer, raw string) string {
	conn := a.connect(peer)
	defer conn.Close()
	// The server may have ended the connection before all is written.
	_, _ = io.WriteString(conn, raw)
	require.NoError(a.t, conn.CloseWrite())
	answer, err := io.ReadAll(conn)
	if err != nil && !isReset(err) {
		require.NoError(a.t, err, "%q", raw)
	}
	return string(answer)
}

func isReset(err error) bool {
	var failed *net.OpError
	return errors.As(err, &failed) && !failed.Timeout()
}

func (a *arena) connect(peer string) *net.TCPConn {
	conn, err := net.Dial("tcp", a.doors[peer])
	require.NoError(a.t, err)
	require.NoError(a.t, conn.SetDeadline(time.Now().Add(patience)))
	return conn.(*net.TCPConn)
}

// stream sends requests without bodies over one connection, many at a time, and
// over a new one where the server has ended it. It calls answered for each
// answer.
func (a *arena) stream(peer string, requests []string, answered func(i int, status int, body []byte)) {
	const window = 64
	for next := 0; next < len(requests); {
		next = a.streamOnce(peer, requests, next, window, answered)
	}
}

func (a *arena) streamOnce(peer string, requests []string, next, window int, answered func(int, int, []byte)) int {
	conn := a.connect(peer)
	defer conn.Close()
	r := bufio.NewReader(conn)
	for next < len(requests) {
		batch := requests[next:min(next+window, len(requests))]
		require.NoError(a.t, conn.SetDeadline(time.Now().Add(patience)))
		var all []byte
		for _, request := range batch {
			all = append(all, request...)
		}
		// One that the server can't read ends the connection, and the write with it.
		_, _ = conn.Write(all)
		for _, request := range batch {
			method, _, _ := strings.Cut(request, " ")
			asked := &http.Request{Method: method}
			answer, err := http.ReadResponse(r, asked)
			if err != nil {
				// This one, or one before it, has ended the connection. What lies behind is sent again.
				return a.alone(peer, requests, next, answered)
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				return a.alone(peer, requests, next, answered)
			}
			answered(next, answer.StatusCode, body)
			next++
			if answer.Close {
				return next
			}
		}
	}
	return next
}

// alone sends one request over a connection of its own.
func (a *arena) alone(peer string, requests []string, i int, answered func(int, int, []byte)) int {
	text := a.send(peer, requests[i])
	answered(i, 0, []byte(text))
	return i + 1
}
