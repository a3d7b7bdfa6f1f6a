package ginmaint

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// forms writes the same order as a form, as a multipart form and as JSON.
var forms = map[string]func(fields map[string]string) func(*http.Request){
	"form": func(fields map[string]string) func(*http.Request) {
		values := url.Values{}
		for name, value := range fields {
			values.Set(name, value)
		}
		return sent("application/x-www-form-urlencoded", values.Encode())
	},
	"multipart": func(fields map[string]string) func(*http.Request) {
		var body strings.Builder
		for name, value := range fields {
			body.WriteString("--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n")
		}
		return sent("multipart/form-data; boundary=x", body.String()+"--x--\r\n")
	},
	"JSON": func(fields map[string]string) func(*http.Request) {
		body, _ := json.Marshal(fields) // strings alone
		return sent("application/json; charset=utf-8", string(body))
	},
}

func TestOrders(t *testing.T) {
	ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	at := ahead.Format(time.RFC3339)
	later := ahead.Add(90 * time.Minute)
	cases := map[string]struct {
		path   string
		fields map[string]string
		want   maintenance.State // without what a save assigns
	}{
		"on":                 {"on", nil, maintenance.State{Level: maintenance.On}},
		"on, said":           {"on", map[string]string{"level": "on"}, maintenance.State{Level: maintenance.On}},
		"read-only":          {"on", map[string]string{"level": "read-only"}, maintenance.State{Level: maintenance.ReadOnly}},
		"message and reason": {"on", map[string]string{"message": "Back & soon", "reason": "ticket 7"}, maintenance.State{Level: maintenance.On, Message: "Back & soon", Reason: "ticket 7"}},
		"a window":           {"on", map[string]string{"start": at, "end": later.Format(time.RFC3339)}, maintenance.State{Level: maintenance.On, Start: ahead, End: later}},
		"for, from a start":  {"on", map[string]string{"start": at, "for": "1h30m"}, maintenance.State{Level: maintenance.On, Start: ahead, End: later}},
		"the present one":    {"on", map[string]string{"revision": "1"}, maintenance.State{Level: maintenance.On}},
		"off":                {"off", nil, maintenance.State{}},
		"off with a reason":  {"off", map[string]string{"reason": "done", "revision": "1"}, maintenance.State{Reason: "done"}},
		"off drops messages": {"off", map[string]string{"message": "left in the form"}, maintenance.State{}},
	}
	for name, tc := range cases {
		for form, write := range forms {
			t.Run(name+" by "+form, func(t *testing.T) {
				m := inState(t, maintenance.State{Level: maintenance.ReadOnly, Message: "before"})
				s := paneled(t, Config{Mode: m, Identity: func(*gin.Context) string { return "ada" }})
				answer := ask(s, "POST", "/maintenance-mode/"+tc.path+"/", as(Superuser), program, write(tc.fields))
				require.Equal(t, http.StatusOK, answer.Code, answer.Body)
				got := m.State()
				assert.EqualValues(t, 2, got.Revision)
				assert.Equal(t, "ada", got.ChangedBy)
				got.Revision, got.ID, got.ChangedBy, got.Via, got.ChangedAt = 0, "", "", "", time.Time{}
				assert.Equal(t, tc.want, got)
				assert.Contains(t, answer.Body.String(), `"revision":2`, "the answer is the new status")
			})
		}
	}
}

func TestForCountsFromNow(t *testing.T) {
	m := at(t, maintenance.Off)
	s := paneled(t, Config{Mode: m})
	require.Equal(t, http.StatusOK, ask(s, "POST", "/maintenance-mode/on/", as(Superuser), program, sent("application/json", `{"for":"2h"}`)).Code)
	assert.WithinDuration(t, time.Now().Add(2*time.Hour), m.State().End, time.Minute)
	assert.Equal(t, maintenance.On, m.Level())
}

func TestAFormsLineBreaks(t *testing.T) {
	m := at(t, maintenance.Off)
	s := paneled(t, Config{Mode: m})
	answer := ask(s, "POST", "/maintenance-mode/on/", as(Superuser), browser, forms["form"](map[string]string{"message": "one\r\ntwo"}))
	assert.Equal(t, http.StatusSeeOther, answer.Code, "a browser is sent to the status")
	assert.Equal(t, "../", answer.Header().Get("Location"))
	assert.Equal(t, "one\ntwo", m.State().Message)
}

func TestChangedBy(t *testing.T) {
	store := cookie.NewStore([]byte("secret"))
	cases := map[string]struct {
		user     any
		identity func(*gin.Context) string
		want     string // "" for the name of the process
	}{
		"the session's user":           {"ada", nil, "ada"},
		"a function":                   {"ada", func(*gin.Context) string { return "grace" }, "grace"},
		"no user":                      {nil, nil, ""},
		"a user of another shape":      {42, nil, ""},
		"a function that says none":    {"ada", func(*gin.Context) string { return "" }, ""},
		"a name that no state holds":   {"ada\x00", nil, ""},
		"a name that is much too long": {strings.Repeat("a", 600), nil, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := opened(t, maintenance.NewMemoryStore(), maintenance.Name("this process"))
			s := &service{Engine: gin.New()}
			s.Use(sessions.Sessions("session", store), New(Config{Mode: m, Logger: quiet, Role: roleOf, Identity: tc.identity}))
			Routes(s.Group("/maintenance-mode"))
			with := []func(*http.Request){as(Superuser), program}
			if tc.user != nil {
				with = append(with, cookieOf(t, store, "user", tc.user))
			}
			require.Equal(t, http.StatusOK, ask(s, "POST", "/maintenance-mode/on/", with...).Code)
			want := tc.want
			if want == "" {
				want = "this process"
			}
			assert.Equal(t, want, m.State().ChangedBy)
		})
	}
}
