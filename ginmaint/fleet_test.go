package ginmaint

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// threeReplicas is a service and two more that follow the same state.
func threeReplicas(t *testing.T, names ...string) (*maintenance.Mode, *service, []*maintenance.Mode) {
	t.Helper()
	store := maintenance.NewMemoryStore()
	var modes []*maintenance.Mode
	for _, name := range names {
		modes = append(modes, opened(t, store, maintenance.Name(name), maintenance.Poll(50*time.Millisecond)))
	}
	return modes[0], paneled(t, Config{Mode: modes[0]}), modes[1:]
}

func decoded(t *testing.T, answer *httptest.ResponseRecorder, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), into), answer.Body.String())
}

const hostileName = "web\u202e-2<script>alert(1)</script>\n"

func TestReplicas(t *testing.T) {
	m, s, _ := threeReplicas(t, "web-3", "web-1", hostileName)
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	answer := ask(s, "GET", "/maintenance-mode/replicas/", as(Superuser))
	require.Equal(t, http.StatusOK, answer.Code)
	var got struct {
		Replicas []struct{ Label, Condition, Says, Level, ID, In_flight string }
		Summary  string
		Revision uint64
	}
	decoded(t, answer, &got)
	require.Len(t, got.Replicas, 3)
	assert.Equal(t, "web-1", got.Replicas[0].Label)
	assert.Equal(t, "web-3", got.Replicas[1].Label)
	assert.Equal(t, "-", got.Replicas[0].In_flight)
	assert.Equal(t, "web\ufffd-2<script>alert(1)</script>", got.Replicas[2].Label, "on one line, and not turned around")
	assert.Equal(t, m.State().Revision, got.Revision)
	assert.Contains(t, got.Summary, "3 replicas follow this state: ")
	page := opens(t, s, "/maintenance-mode/")
	page.sees("3 replicas follow this state: ", "web-1")
	assert.NotContains(t, page.page.Body.String(), "<script>alert")
	assert.Equal(t, http.StatusForbidden, ask(s, "GET", "/maintenance-mode/replicas/", as(Staff), program).Code)
}

func drainBy(s *service, fields string, more ...func(*http.Request)) *httptest.ResponseRecorder {
	return ask(s, "POST", "/maintenance-mode/drain/", append(more, as(Superuser), sent("application/json", fields))...)
}

func TestDrainProves(t *testing.T) {
	m, s, _ := threeReplicas(t, "a", "b", "c")
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	answer := drainBy(s, `{"expect":3}`)
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	var report maintenance.Report
	decoded(t, answer, &report)
	assert.True(t, report.Drained)
	assert.Equal(t, 3, report.Total)
	opens(t, s, "/maintenance-mode/").sees("Drained after ", "nothing that is refused runs any more (3 replicas).", `class="done">drained`)

	_, err = m.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly})
	require.NoError(t, err)
	opens(t, s, "/maintenance-mode/").seesNot("Drained after ")
}

func TestDrainShowsWhatHoldsIt(t *testing.T) {
	m, s, others := threeReplicas(t, "a", "b", "c")
	ticket, admitted := others[0].Enter(maintenance.Write)
	require.True(t, admitted)
	defer ticket.Leave()
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)

	answer := ask(s, "POST", "/maintenance-mode/drain/", as(Superuser), browser, forms["form"](map[string]string{"timeout": "1h"}))
	require.Equal(t, http.StatusSeeOther, answer.Code, answer.Body)
	assert.Equal(t, "../#drain", answer.Header().Get("Location"))
	assert.Eventually(t, func() bool {
		return strings.Contains(opens(t, s, "/maintenance-mode/").page.Body.String(), "busy with 1 write")
	}, patience, 10*time.Millisecond)
	opens(t, s, "/maintenance-mode/").sees("Draining: 2 of 3 replicas drained.", "Stop waiting")

	t.Run("one at a time", func(t *testing.T) {
		answer := drainBy(s, `{}`)
		assert.Equal(t, http.StatusConflict, answer.Code)
		assert.Contains(t, answer.Body.String(), "a drain runs in this process already")
	})
	t.Run("stopped", func(t *testing.T) {
		require.Equal(t, http.StatusOK, drainBy(s, `{"stop":true}`).Code)
		opens(t, s, "/maintenance-mode/").sees("Not drained after ", "1 is waited for, of 3 replicas.", "<code>ginmaint replicas --watch</code>")
	})
	t.Run("by a program", func(t *testing.T) {
		answer := drainBy(s, `{"timeout":"200ms"}`)
		require.Equal(t, http.StatusConflict, answer.Code)
		var got struct {
			Detail string
			Report maintenance.Report
		}
		decoded(t, answer, &got)
		assert.False(t, got.Report.Drained)
		require.Len(t, got.Report.Pending, 1)
		assert.Equal(t, "b", got.Report.Pending[0].Replica.Name)
		assert.Contains(t, got.Detail, "1 is waited for, of 3 replicas.")
	})
	t.Run("a program that does not wait", func(t *testing.T) {
		answer := drainBy(s, `{"timeout":"1h"}`, header("Prefer", "respond-async"))
		require.Equal(t, http.StatusAccepted, answer.Code)
		ticket.Leave()
		assert.Eventually(t, func() bool {
			return strings.Contains(ask(s, "GET", "/maintenance-mode/drain/", as(Superuser), program).Body.String(), `"stands":true`)
		}, patience, 10*time.Millisecond)
	})
}

func TestDrainShowsWhatWasEnded(t *testing.T) {
	m, s, _ := threeReplicas(t, "a", "b")
	ticket, ok := m.Enter(maintenance.Write) // what is idle no drain waits for
	require.True(t, ok)
	ticket.Leave()
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	m.TellEnded("POST /upload", 30*time.Second)
	require.Equal(t, http.StatusOK, drainBy(s, `{"expect":2}`).Code)
	opens(t, s, "/maintenance-mode/").sees(`class="done">drained, has ended work by force</td>`, "a: ended by force: POST /upload, for 30s", `class="done">drained</td>`)
	var got struct{ Drain struct{ Rows []drainRow } }
	decoded(t, ask(s, "GET", "/maintenance-mode/drain/", as(Superuser), program), &got)
	require.Len(t, got.Drain.Rows, 2)
	assert.Equal(t, []string{"POST /upload, for 30s"}, got.Drain.Rows[0].Ended)
	assert.Empty(t, got.Drain.Rows[1].Ended)
}

func TestDrainRefuses(t *testing.T) {
	m, s, _ := threeReplicas(t, "a")
	answer := drainBy(s, ``)
	assert.Equal(t, http.StatusConflict, answer.Code)
	assert.Contains(t, answer.Body.String(), "the service is open")
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	for fields, says := range map[string]string{
		`{"timeout":"2h"}`:                   "timeout: write a duration such as 60s, at most 1h0m0s.",
		`{"timeout":"-1s"}`:                  "timeout: write a duration",
		`{"allow_lost":"-1s"}`:               "allow_lost: write a duration",
		`{"expect":"many","stop":"perhaps"}`: "expect: write the number of replicas that follow, such as 3, or 3+ for three or more. stop: write yes or no.",
	} {
		answer := drainBy(s, fields)
		assert.Equal(t, http.StatusUnprocessableEntity, answer.Code, fields)
		assert.Contains(t, answer.Body.String(), says)
	}
	answer = drainBy(s, `{"level":"on"}`)
	assert.Equal(t, http.StatusBadRequest, answer.Code)
	assert.Contains(t, answer.Body.String(), "the order may have timeout, allow_lost, expect, stop")
	assert.Equal(t, http.StatusForbidden, ask(s, "POST", "/maintenance-mode/drain/", as(Staff), program).Code)
	assert.Equal(t, http.StatusForbidden, drainBy(s, `{}`, header("Origin", "https://evil.example")).Code)
	assert.NotContains(t, ask(s, "GET", "/maintenance-mode/drain/", as(Superuser), program).Body.String(), `"running"`, "none was begun")
}

// streamed opens a stream of events at a real server.
func streamed(t *testing.T, url string) (next func() (event, data string, ok bool)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/maintenance-mode/events/", nil)
	require.NoError(t, err)
	as(Superuser)(r)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { cancel(); _ = answer.Body.Close() })
	require.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return func() (event, data string, ok bool) {
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				event = value
			case "data":
				return event, value, true
			}
		}
		return "", "", false
	}
}

// until reads events to the first that has this text.
func until(t *testing.T, next func() (string, string, bool), event, text string) {
	t.Helper()
	for {
		name, data, ok := next()
		require.True(t, ok, "the stream ended before %s told %q", event, text)
		if name == event && strings.Contains(data, text) {
			return
		}
	}
}

func TestEvents(t *testing.T) {
	m, s, _ := threeReplicas(t, "a", "b", "c")
	server := httptest.NewUnstartedServer(s)
	server.Config.WriteTimeout = 50 * time.Millisecond // a stream outlasts it
	server.Start()
	defer server.Close()
	next := streamed(t, server.URL)
	until(t, next, "replicas", `"summary":"3 replicas follow this state: 3 idle."`)
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On, Message: "a\n\nevent: x"})
	require.NoError(t, err)
	until(t, next, "state", `"level":"on"`)

	answer := drainBy(s, `{"timeout":"30s","expect":"3"}`)
	assert.Equal(t, http.StatusOK, answer.Code, "no drain waits for a stream of the panel: %s", answer.Body)
	until(t, next, "drain", `"stands":true`)

	for range mostStreams - 1 {
		streamed(t, server.URL)
	}
	answer = ask(s, "GET", "/maintenance-mode/events/", as(Superuser), func(r *http.Request) {
		*r = *r.WithContext(within(t, patience)) // where it is let in, it would stay
	})
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Equal(t, "10", answer.Header().Get("Retry-After"))

	require.NoError(t, server.Config.Shutdown(t.Context()), "it waits for no stream")
	for ok := true; ok; {
		_, _, ok = next()
	}
}

func TestEventsEndWithTheMode(t *testing.T) {
	m, s, _ := threeReplicas(t, "a")
	server := httptest.NewServer(s)
	defer server.Close()
	next := streamed(t, server.URL)
	until(t, next, "replicas", "1 replica follows")
	require.NoError(t, m.Close())
	for ok := true; ok; {
		_, _, ok = next()
	}
	assert.Equal(t, http.StatusForbidden, ask(s, "GET", "/maintenance-mode/events/", as(Staff)).Code)
	assert.Equal(t, "text/event-stream", ask(s, "HEAD", "/maintenance-mode/events/", as(Superuser)).Header().Get("Content-Type"))
}

func TestPreviewOfWhatIsTyped(t *testing.T) {
	m := inState(t, tonight())
	before := m.State()
	s := paneled(t, Config{Mode: m})
	look := func(fields map[string]string, more ...func(*http.Request)) *httptest.ResponseRecorder {
		return ask(s, "POST", "/maintenance-mode/preview/", append(more, as(Superuser), forms["form"](fields))...)
	}
	answer := look(map[string]string{"level": "read-only", "message": "Not <yet> saved."}, browser)
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Contains(t, answer.Body.String(), "Not &lt;yet&gt; saved.")
	assert.Equal(t, "SAMEORIGIN", answer.Header().Get("X-Frame-Options"))
	assert.Equal(t, []string{"frame-ancestors 'self'; sandbox"}, answer.Header()["Content-Security-Policy"], "nothing in it may run")
	answer = look(map[string]string{"message": "Not yet saved.", "as": "json"})
	assert.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	assert.Contains(t, answer.Body.String(), `"detail":"Not yet saved."`)
	answer = look(map[string]string{"hold": "soon"}, browser)
	assert.Equal(t, http.StatusUnprocessableEntity, answer.Code)
	assert.Contains(t, answer.Body.String(), "There is no preview")
	assert.Equal(t, http.StatusUnprocessableEntity, look(map[string]string{"hold": "soon"}, program).Code)
	assert.Equal(t, before, m.State())
}

func TestThePanelsFiles(t *testing.T) {
	s := paneled(t, Config{Mode: at(t, maintenance.On)})
	for name, contentType := range map[string]string{"panel.css": "text/css; charset=utf-8", "panel.js": "text/javascript; charset=utf-8"} {
		answer := ask(s, "GET", "/maintenance-mode/"+name)
		assert.Equal(t, http.StatusOK, answer.Code, "also for those whom the panel turns away")
		assert.Equal(t, contentType, answer.Header().Get("Content-Type"))
		assert.NotEmpty(t, answer.Body.String())
	}
	page := ask(s, "GET", "/maintenance-mode/on", as(Superuser), browser).Body.String()
	assert.Contains(t, page, `href="./panel.css"`)
	assert.NotContains(t, page, "panel.js", "a question has nothing live")
}

func TestLinkBack(t *testing.T) {
	for group, want := range map[string]string{"/m": "../", "/admin/m": "../../", "/": ""} {
		s := &service{Engine: gin.New()}
		s.Use(New(Config{Mode: at(t, maintenance.Off), Role: roleOf, Logger: quiet}))
		Routes(s.Group(group))
		page := ask(s, "GET", strings.TrimSuffix(group, "/")+"/", as(Superuser), browser).Body.String()
		if want == "" {
			assert.NotContains(t, page, "Back to the application")
			continue
		}
		assert.Contains(t, page, `<nav><a href="./`+want+`">Back to the application</a></nav>`)
	}
}
