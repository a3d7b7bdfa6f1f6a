package ginmaint

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestAnswerHeaders(t *testing.T) {
	cases := map[string]struct {
		level  maintenance.Level
		cfg    Config
		status int
		want   map[string]string
	}{
		"on": {maintenance.On, Config{}, http.StatusServiceUnavailable, map[string]string{
			"Maintenance-Mode": "on", "Cache-Control": "no-store", "Vary": "Accept, Sec-Fetch-Dest, Accept-Language",
			"Content-Type": "text/html; charset=utf-8", "Location": ""}},
		"read-only":          {maintenance.ReadOnly, Config{}, http.StatusServiceUnavailable, map[string]string{"Maintenance-Mode": "read-only"}},
		"another status":     {maintenance.On, Config{StatusCode: http.StatusTooEarly}, http.StatusTooEarly, nil},
		"even 200":           {maintenance.On, Config{StatusCode: http.StatusOK}, http.StatusOK, map[string]string{"Maintenance-Mode": "on"}},
		"one without a name": {maintenance.On, Config{StatusCode: 599}, 599, nil},
		"another wait":       {maintenance.On, Config{RetryAfter: 90 * time.Second}, 503, map[string]string{"Retry-After": "90"}},
		"rounded up":         {maintenance.On, Config{RetryAfter: 1500 * time.Millisecond}, 503, map[string]string{"Retry-After": "2"}},
		"at least one":       {maintenance.On, Config{RetryAfter: 1}, 503, map[string]string{"Retry-After": "1"}},
		"as long as it gets": {maintenance.On, Config{RetryAfter: math.MaxInt64}, 503, map[string]string{"Retry-After": "9223372037"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.cfg.Mode = at(t, tc.level)
			answer := ask(serving(t, tc.cfg), http.MethodPost, "/", browser)
			assert.Equal(t, tc.status, answer.Code)
			for name, value := range tc.want {
				assert.Equal(t, value, answer.Header().Get(name), name)
			}
			assert.Equal(t, strconv.Itoa(answer.Body.Len()), answer.Header().Get("Content-Length"))
		})
	}
}

func TestSeconds(t *testing.T) {
	now := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		end  time.Time
		want int64
	}{
		"whole seconds":      {now.Add(90 * time.Second), 90},
		"rounded up":         {now.Add(90*time.Second + 1), 91},
		"less than a second": {now.Add(time.Millisecond), 1},
		"this very moment":   {now, 1},
		"a moment ago":       {now.Add(-time.Second), 1},
		"long ago":           {now.Add(-24 * time.Hour), 1},
		"the last there is":  {time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), 9223372037}, // 292 years, what a Duration holds
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, seconds(tc.end.Sub(now))) })
	}
}

// waited asks many times, and returns how often each wait was named. Header and body
// have to name the same.
func waited(t *testing.T, s *service) map[int]int {
	t.Helper()
	found := make(map[int]int)
	for range 2000 {
		answer := ask(s, http.MethodGet, "/")
		said, err := strconv.Atoi(answer.Header().Get("Retry-After"))
		require.NoError(t, err)
		var body struct {
			RetryAfter int `json:"retry_after"`
		}
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &body))
		require.Equal(t, said, body.RetryAfter)
		found[said]++
	}
	return found
}

// assertSpread checks that the waits are 16 in a row, each named as often as the
// others.
func assertSpread(t *testing.T, first int, found map[int]int) {
	t.Helper()
	assert.Len(t, found, spread)
	for n, times := range found {
		assert.GreaterOrEqual(t, n, first)
		assert.Less(t, n, first+spread)
		assert.Equal(t, 2000/spread, times)
	}
}

func TestRetryAfter(t *testing.T) {
	for name, check := range map[string]func(*testing.T){
		"a minute and up to 15 s more": func(t *testing.T) {
			assertSpread(t, 60, waited(t, serving(t, Config{Mode: at(t, maintenance.On)})))
		},
		"until the End, and up to 15 s more": func(t *testing.T) {
			s := serving(t, Config{Mode: inState(t, maintenance.State{Level: maintenance.On, End: time.Now().Add(10 * time.Minute)})})
			assertSpread(t, 600, waited(t, s))
			time.Sleep(9 * time.Minute)
			assertSpread(t, 60, waited(t, s))
			time.Sleep(59500 * time.Millisecond)
			assertSpread(t, 1, waited(t, s))
		},
		"a minute, configured, is a minute": func(t *testing.T) {
			found := waited(t, serving(t, Config{Mode: at(t, maintenance.On), RetryAfter: time.Minute}))
			assert.Equal(t, map[int]int{60: 2000}, found)
		},
		"an End wins over what is configured": func(t *testing.T) {
			state := maintenance.State{Level: maintenance.On, End: time.Now().Add(10 * time.Minute)}
			assertSpread(t, 600, waited(t, serving(t, Config{Mode: inState(t, state), RetryAfter: time.Minute})))
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, check) }) // whose clock stands still
	}
}

// What is kept of one wait, level or snapshot is not shown for another.
func TestEachWaitFollowsStateAndLevel(t *testing.T) {
	m := at(t, maintenance.ReadOnly)
	s := serving(t, Config{Mode: m})
	s.POST("/closed", ForceOn)
	for _, message := range []string{"first", "second"} {
		_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly, Message: message})
		require.NoError(t, err)
		for range 100 {
			for path, level := range map[string]string{"/": "read-only", "/closed": "on"} {
				answer := ask(s, http.MethodPost, path)
				assert.Contains(t, answer.Body.String(), `"detail":"`+message+`","maintenance":"`+level+`"`)
				assert.Contains(t, answer.Body.String(), `"retry_after":`+answer.Header().Get("Retry-After")+"}")
				assert.Equal(t, strconv.Itoa(answer.Body.Len()), answer.Header().Get("Content-Length"))
			}
		}
	}
}

func TestProblemDetails(t *testing.T) {
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	cases := map[string]struct {
		state maintenance.State
		cfg   Config
		want  map[string]any
	}{
		"on": {maintenance.State{Level: maintenance.On}, Config{}, map[string]any{
			"type": "about:blank", "title": "Service Unavailable", "status": 503.0, "maintenance": "on",
			"detail": "The service is down for maintenance. Please try again later."}},
		"read-only": {maintenance.State{Level: maintenance.ReadOnly}, Config{}, map[string]any{
			"type": "about:blank", "title": "Service Unavailable", "status": 503.0, "maintenance": "read-only",
			"detail": "The service is read-only for maintenance. Please try again later."}},
		"with message and end, and nothing of the audit": {
			maintenance.State{Level: maintenance.On, Message: "Back soon", End: end, Reason: "ticket 7", ChangedBy: "ada"},
			Config{StatusCode: 599}, map[string]any{
				"type": "about:blank", "title": "Maintenance", "status": 599.0, "maintenance": "on",
				"detail": "Back soon", "end": end.Format(time.RFC3339)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.cfg.Mode = inState(t, tc.state)
			answer := ask(serving(t, tc.cfg), http.MethodPost, "/", header("Accept", "application/json"))
			var got map[string]any
			require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &got))
			assert.Equal(t, answer.Header().Get("Retry-After"), fmt.Sprint(got["retry_after"]))
			delete(got, "retry_after")
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestAMessageWithMarkup(t *testing.T) {
	const message = `<script>alert("hi")</script> & "quotes"` + "\nsecond line, größer"
	s := serving(t, Config{Mode: inState(t, maintenance.State{Level: maintenance.On, Message: message})})
	page := ask(s, http.MethodGet, "/", header("Accept", "text/html")).Body.String()
	assert.NotContains(t, page, "<script>alert")
	assert.Contains(t, page, "&lt;script&gt;alert(&#34;hi&#34;)&lt;/script&gt; &amp; &#34;quotes&#34;\nsecond line, größer")
	var problem struct{ Detail string }
	answer := ask(s, http.MethodGet, "/", header("Accept", "application/json"))
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
	assert.Equal(t, message, problem.Detail)
	assert.Equal(t, message+"\n", ask(s, http.MethodGet, "/", header("Accept", "text/plain")).Body.String())
}

// TestRefusedForAnotherReason: a process that closes refuses, and must not tell
// of a window or a message that is not in force.
func TestRefusedForAnotherReason(t *testing.T) {
	m := inState(t, maintenance.State{Level: maintenance.On, Message: "Tomorrow", Start: time.Now().Add(24 * time.Hour), End: time.Now().Add(48 * time.Hour)})
	s := serving(t, Config{Mode: m})
	require.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
	require.NoError(t, m.Close())
	answer := ask(s, http.MethodGet, "/", header("Accept", "text/plain"))
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.NotContains(t, answer.Body.String(), "Tomorrow")
	assertWait(t, 60, answer.Header())
}
