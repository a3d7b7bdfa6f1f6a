package main

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// stream is a response of server-sent events, which a visitor listens to.
type stream struct {
	t     *testing.T
	lines chan string
}

func (v *visitor) listen(path string) *stream {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.url+path, nil)
	require.NoError(v.t, err)
	response, err := v.client.Do(r)
	require.NoError(v.t, err)
	v.t.Cleanup(func() { _ = response.Body.Close() })
	require.Equal(v.t, http.StatusOK, response.StatusCode)
	require.Contains(v.t, response.Header.Get("Content-Type"), "text/event-stream")
	s := &stream{v.t, make(chan string, 1000)}
	go func() {
		defer close(s.lines)
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	return s
}

// rest returns what comes until the stream ends.
func (s *stream) rest() (lines []string) {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				return lines
			}
			lines = append(lines, line)
		case <-deadline:
			require.Fail(s.t, "the stream goes on")
		}
	}
}

func TestEventsEndWhenMaintenanceBegins(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	guest, superuser := newVisitor(t, shop.url), newcomer(t, shop.url, "superuser")
	require.Equal(t, http.StatusSeeOther, guest.post("/orders").status)
	events := guest.listen("/events")
	assert.Equal(t, "event:shipped", <-events.lines)

	superuser.switchTo(maintenance.ReadOnly)
	assert.Equal(t, "data:", (<-events.lines)[:5])
	assert.Empty(t, <-events.lines)
	assert.Equal(t, "event:shipped", <-events.lines, "reading goes on")

	superuser.switchTo(maintenance.On)
	lines := events.rest()
	require.GreaterOrEqual(t, len(lines), 3)
	assert.Equal(t, []string{"event:bye", "data:maintenance begins", ""}, lines[len(lines)-3:])
	assert.Equal(t, http.StatusServiceUnavailable, guest.get("/events").status)
}

func TestEventsEndWithTheShop(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	events := newVisitor(t, shop.url).listen("/events")
	began := time.Now()
	assert.NoError(t, shop.stop())
	assert.Less(t, time.Since(began), shutdownBound, "an open stream holds nothing up")
	assert.NotContains(t, events.rest(), "event:bye")
}

func TestShutdownWaitsForRequests(t *testing.T) {
	t.Parallel()
	path := stateFile(t)
	shop := start(t, map[string]string{"GINMAINT_FILE": path})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shop.url+"/slow?for=1s", nil)
	require.NoError(t, err)
	response, err := newVisitor(t, shop.url).client.Do(request) // returns with the headers: it has begun
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	assert.NoError(t, shop.stop())
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, "That took 1s.\n", string(text))
	assert.Empty(t, listed(t, path), "the replica said goodbye")
}
