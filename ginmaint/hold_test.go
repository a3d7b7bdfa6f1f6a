package ginmaint

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// answered is what one request got.
type answered struct {
	status int
	body   string
	err    error
}

// sending sends a request, and returns what it got once it got it.
func sending(ctx context.Context, client *http.Client, method, url, body string) <-chan answered {
	return sendingBody(ctx, client, method, url, strings.NewReader(body))
}

func sendingBody(ctx context.Context, client *http.Client, method, url string, body io.Reader) <-chan answered {
	got := make(chan answered, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, method, url, body)
		if err != nil {
			got <- answered{err: err}
			return
		}
		answer, err := client.Do(r)
		if err != nil {
			got <- answered{err: err}
			return
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		got <- answered{answer.StatusCode, string(text), err}
	}()
	return got
}

// echoing adds a route that answers with the body that it was sent.
func (s *service) echoing() {
	s.POST("/echo", func(c *gin.Context) {
		s.runs.Add(1)
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			c.String(http.StatusBadRequest, err.Error())
			return
		}
		c.String(http.StatusOK, string(body))
	})
}

func awaitHeld(t *testing.T, mode *maintenance.Mode, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return mode.Status().Held == n }, patience, time.Millisecond, "%d are held", n)
}

func TestHeldRequestsAreAnsweredWhenTheLevelFalls(t *testing.T) {
	long := strings.Repeat("x", 64*maxReadAhead) // more than a server takes unread over HTTP/2
	for _, c := range []struct {
		name  string
		speak func(*http.Protocols, bool)
	}{
		{"HTTP/1.1", (*http.Protocols).SetHTTP1},
		{"HTTP/2", (*http.Protocols).SetUnencryptedHTTP2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mode := inState(t, maintenance.State{Level: maintenance.On, Hold: patience})
				s := serving(t, Config{Mode: mode})
				s.echoing()
				const short = 300 * time.Millisecond
				protocols := new(http.Protocols)
				c.speak(protocols, true)
				dial := onPipes(t, s, func(server *http.Server) {
					server.Protocols, server.ReadTimeout, server.WriteTimeout = protocols, short, short
				})
				client := &http.Client{Transport: &http.Transport{
					Protocols:   protocols,
					DialContext: func(context.Context, string, string) (net.Conn, error) { return dial(), nil },
				}}
				defer client.CloseIdleConnections()
				results := map[string]<-chan answered{
					"handled":  sending(t.Context(), client, http.MethodGet, "http://x/", ""),
					"an order": sending(t.Context(), client, http.MethodPost, "http://x/echo", "an order"),
					long:       sending(t.Context(), client, http.MethodPost, "http://x/echo", long),
				}
				awaitHeld(t, mode, len(results))
				report, err := mode.Drain(t.Context())
				require.NoError(t, err, "no drain waits for what is held: %s", report)
				time.Sleep(2 * short) // both deadlines pass
				assert.Zero(t, s.runs.Load())
				require.NoError(t, mode.Off(t.Context()))
				for want, result := range results {
					got := <-result
					require.NoError(t, got.err)
					assert.Equal(t, http.StatusOK, got.status)
					assert.True(t, want == got.body, "the body came whole")
				}
			})
		})
	}
}

func TestHeldRequestIsRefusedWhenItsTimeIsOver(t *testing.T) {
	mode := inState(t, maintenance.State{Level: maintenance.On, Hold: 50 * time.Millisecond, Message: "Back soon."})
	s := serving(t, Config{Mode: mode})
	server := httptest.NewUnstartedServer(s)
	server.Config.WriteTimeout = 20 * time.Millisecond
	server.Start()
	defer server.Close()
	began := time.Now()
	got := <-sending(t.Context(), server.Client(), http.MethodPost, server.URL+"/", "an order")
	require.NoError(t, got.err)
	assert.Equal(t, http.StatusServiceUnavailable, got.status)
	assert.Contains(t, got.body, "Back soon.")
	assert.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
	assert.Zero(t, s.runs.Load())
}

func TestHoldIsBoundedInNumber(t *testing.T) {
	mode := inState(t, maintenance.State{Level: maintenance.ReadOnly, Hold: patience})
	s := serving(t, Config{Mode: mode, MaxHeld: 2})
	server := httptest.NewServer(s)
	defer server.Close()
	var held []<-chan answered
	for i := range 2 {
		held = append(held, sending(t.Context(), server.Client(), http.MethodPost, server.URL+"/", "an order"))
		awaitHeld(t, mode, i+1)
	}
	got := <-sending(t.Context(), server.Client(), http.MethodPost, server.URL+"/", "one more")
	assert.Equal(t, http.StatusServiceUnavailable, got.status)
	got = <-sending(t.Context(), server.Client(), http.MethodGet, server.URL+"/", "")
	assert.Equal(t, http.StatusOK, got.status, "reads go on")
	require.NoError(t, mode.Off(t.Context()))
	for _, result := range held {
		assert.Equal(t, http.StatusOK, (<-result).status)
	}
}

func TestWhoIsNotHeld(t *testing.T) {
	mode := inState(t, maintenance.State{Level: maintenance.On, Hold: patience})
	cfg := Config{Mode: mode, Role: roleOf, IgnoreStaff: true}
	s := serving(t, cfg)
	s.GET("/closed", ForceOn, s.handle)
	s.GET("/healthz", ForceOff, s.handle)
	none := serving(t, Config{Mode: mode, MaxHeld: -1})
	for _, c := range []struct {
		name    string
		service *service
		path    string
		with    func(*http.Request)
		status  int
	}{
		{"an exempt visitor", s, "/", as(Staff), http.StatusOK},
		{"an exempt route", s, "/healthz", as(Anonymous), http.StatusOK},
		{"a closed route", s, "/closed", as(Anonymous), http.StatusServiceUnavailable},
		{"a web socket", s, "/", header("Upgrade", "websocket"), http.StatusServiceUnavailable},
		{"a stream", s, "/", header("Accept", "text/event-stream"), http.StatusServiceUnavailable},
		{"anybody where MaxHeld is negative", none, "/", as(Anonymous), http.StatusServiceUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.status, ask(c.service, http.MethodGet, c.path, c.with).Code)
			assert.Zero(t, mode.Status().Held)
		})
	}
}

func TestStalledBodyIsNotHeldForEver(t *testing.T) {
	mode := inState(t, maintenance.State{Level: maintenance.On, Hold: 50 * time.Millisecond})
	s := serving(t, Config{Mode: mode})
	server := httptest.NewServer(s)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	answer, err := io.ReadAll(conn)
	require.NoError(t, err, "the connection is closed")
	assert.Contains(t, string(answer), "503 Service Unavailable")
	assert.Zero(t, s.runs.Load())
}

func TestTheWriteDeadlineBeginsAnewAfterTheWait(t *testing.T) {
	mode := inState(t, maintenance.State{Level: maintenance.On, Hold: patience})
	s := serving(t, Config{Mode: mode})
	const short = 100 * time.Millisecond
	s.GET("/slow", func(c *gin.Context) {
		time.Sleep(2 * short)
		c.String(http.StatusOK, "too late")
	})
	server := httptest.NewUnstartedServer(s)
	server.Config.WriteTimeout = short
	server.Start()
	defer server.Close()
	slow := sending(t.Context(), server.Client(), http.MethodGet, server.URL+"/slow", "")
	awaitHeld(t, mode, 1)
	require.NoError(t, mode.Off(t.Context()))
	assert.Error(t, (<-slow).err)
}

func TestAnOrderNamesAHold(t *testing.T) {
	mode := at(t, maintenance.Off)
	s := serving(t, Config{Mode: mode, Role: roleOf})
	Routes(s.Group("/maintenance-mode"))
	order := func(hold string) *httptest.ResponseRecorder {
		return ask(s, http.MethodPost, "/maintenance-mode/on", as(Superuser), sent("application/x-www-form-urlencoded", "hold="+hold))
	}
	assert.Equal(t, http.StatusOK, order("15s").Code)
	assert.Equal(t, 15*time.Second, mode.State().Hold)
	page := ask(s, http.MethodGet, "/maintenance-mode/", as(Superuser), header("Accept", "text/html")).Body.String()
	assert.Contains(t, page, `value="15s"`, "who changes something else keeps it")
	for _, wrong := range []string{"15", "-1s", "11m", "soon"} {
		answer := order(wrong)
		assert.Equal(t, http.StatusUnprocessableEntity, answer.Code)
		assert.Contains(t, answer.Body.String(), "hold: write a duration such as 15s, at most 10m0s")
	}
	assert.Equal(t, 15*time.Second, mode.State().Hold)
}
