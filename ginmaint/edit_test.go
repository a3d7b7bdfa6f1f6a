package ginmaint

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestPATCHChangesWhatItNamesAndPOSTReplaces is the difference between them.
func TestPATCHChangesWhatItNamesAndPOSTReplaces(t *testing.T) {
	for method, want := range map[string]func(maintenance.State) maintenance.State{
		"PATCH": func(s maintenance.State) maintenance.State { s.Message = "new"; return s },
		"POST": func(maintenance.State) maintenance.State {
			return maintenance.State{Level: maintenance.On, Message: "new"}
		},
	} {
		t.Run(method, func(t *testing.T) {
			m := inState(t, tonight())
			before := ordered(m.State())
			path := map[string]string{"PATCH": "/maintenance-mode/", "POST": "/maintenance-mode/on/"}[method]
			answer := ask(paneled(t, Config{Mode: m}), method, path, as(Superuser), program, sent("application/json", `{"message":"new"}`))
			require.Equal(t, http.StatusOK, answer.Code, answer.Body)
			assert.Equal(t, want(before), ordered(m.State()))
		})
	}
}

func TestPATCH(t *testing.T) {
	stored := tonight()
	over := maintenance.State{Level: maintenance.On, Message: "old"}
	for name, c := range map[string]struct {
		stored maintenance.State
		body   string
		want   func(*maintenance.State)
	}{
		"the level":            {stored, `{"level":"read-only"}`, func(s *maintenance.State) { s.Level = maintenance.ReadOnly }},
		"the end alone":        {stored, `{"end":"2999-01-01T00:00:00Z"}`, func(s *maintenance.State) { s.End = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"a length":             {stored, `{"for":"1h"}`, func(s *maintenance.State) { s.End = s.Start.Add(time.Hour) }},
		"null takes away":      {stored, `{"start":null,"message":null,"hold":null}`, func(s *maintenance.State) { s.Start, s.Message, s.Hold = time.Time{}, "", 0 }},
		"empty takes away":     {stored, `{"end":"","reason":""}`, func(s *maintenance.State) { s.End, s.Reason = time.Time{}, "" }},
		"several":              {stored, `{"hold":"1s","reason":"x"}`, func(s *maintenance.State) { s.Hold, s.Reason = time.Second, "x" }},
		"off drops the window": {stored, `{"level":"off","reason":"done"}`, func(s *maintenance.State) { *s = maintenance.State{Reason: "done"} }},
		"on, over off":         {maintenance.State{Reason: "old"}, `{"level":"on","message":"x"}`, func(s *maintenance.State) { *s = maintenance.State{Level: maintenance.On, Message: "x"} }},
		"the reason of off":    {maintenance.State{}, `{"reason":"x"}`, func(s *maintenance.State) { s.Reason = "x" }},
		"by its revision":      {over, `{"message":"new","revision":1}`, func(s *maintenance.State) { s.Message = "new" }},
	} {
		t.Run(name, func(t *testing.T) {
			m := inState(t, c.stored)
			want := ordered(m.State())
			c.want(&want)
			for _, kind := range []string{"application/json", "application/merge-patch+json"} {
				if m.State().Revision > 1 {
					continue // once is enough where the first has changed it
				}
				answer := ask(paneled(t, Config{Mode: m}), "PATCH", "/maintenance-mode/", as(Superuser), program, sent(kind, c.body))
				require.Equal(t, http.StatusOK, answer.Code, answer.Body)
			}
			assert.Equal(t, want, ordered(m.State()))
		})
	}
	t.Run("by a merge patch, and by a form", func(t *testing.T) {
		m := inState(t, over)
		s := paneled(t, Config{Mode: m})
		assert.Equal(t, http.StatusOK, ask(s, "PATCH", "/maintenance-mode", as(Superuser), program, sent("application/merge-patch+json", `{"message":null}`)).Code)
		assert.Empty(t, m.State().Message)
		assert.Equal(t, http.StatusOK, ask(s, "PATCH", "/maintenance-mode/", as(Superuser), program, sent("application/x-www-form-urlencoded", "message=x")).Code)
		assert.Equal(t, "x", m.State().Message)
	})
}

func TestPATCHRefused(t *testing.T) {
	on := maintenance.State{Level: maintenance.On, Message: "old"}
	for name, c := range map[string]struct {
		stored maintenance.State
		body   string
		status int
		says   string
	}{
		"nothing named":           {on, `{}`, 422, "it names no field"},
		"nothing but conditions":  {on, `{"revision":1}`, 422, "it names no field"},
		"a message over off":      {maintenance.State{}, `{"message":"x"}`, 422, "belong to on and read-only; name the level too"},
		"a window for off":        {on, `{"level":"off","for":"1h"}`, 422, "belong to on and read-only"},
		"a level that is none":    {on, `{"level":"closed"}`, 422, "level: write off, on or read-only"},
		"no level":                {on, `{"level":null}`, 400, "is no text"},
		"an end that is over":     {on, `{"end":"2020-01-01T00:00:00Z"}`, 422, "is over; name a later one"},
		"a time without a zone":   {on, `{"end":"2999-01-01T00:00"}`, 422, "write a time in RFC 3339"},
		"an earlier revision":     {on, `{"message":"x","revision":0}`, 409, "Somebody else changed the state first"},
		"the panel's own field":   {on, `{"message":"x","now":"on"}`, 400, "there is no field"},
		"neither yes nor no":      {on, `{"message":"x","force":"maybe"}`, 400, "is neither yes nor no"},
		"a truth for a text":      {on, `{"message":true}`, 400, "is no text"},
		"a message much too long": {on, `{"message":"` + strings.Repeat("x", 3000) + `"}`, 422, "characters are too long"},
	} {
		t.Run(name, func(t *testing.T) {
			m := inState(t, c.stored)
			before := m.State()
			answer := ask(paneled(t, Config{Mode: m}), "PATCH", "/maintenance-mode/", as(Superuser), program, sent("application/json", c.body))
			assert.Equal(t, c.status, answer.Code, answer.Body)
			assert.Equal(t, before, m.State())
			assert.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
			var problem struct {
				Type, Title, Detail string
				Status              int
				Level               maintenance.Level
				State               maintenance.State
				Errors              []struct{ Field, Detail string }
			}
			require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
			assert.Equal(t, "about:blank", problem.Type)
			assert.Equal(t, http.StatusText(c.status), problem.Title)
			assert.Equal(t, c.status, problem.Status)
			assert.Contains(t, problem.Detail, c.says)
			assert.Equal(t, before, problem.State, "what is stored, for the decision to come")
			assert.Equal(t, c.status == 422, len(problem.Errors) > 0, "each field by name")
		})
	}
}

func TestIfMatch(t *testing.T) {
	for name, c := range map[string]struct {
		lines  []string
		status int
	}{
		"none":                     {nil, 200},
		"the one stored":           {[]string{`"2"`}, 200},
		"made weak by a proxy":     {[]string{`W/"2"`}, 200},
		"among others":             {[]string{`"1", "2"`}, 200},
		"in another line":          {[]string{`"1"`, `"2"`}, 200},
		"any":                      {[]string{"*"}, 200},
		"an earlier one":           {[]string{`"1"`}, 412},
		"another, by many figures": {[]string{`"22"`}, 412},
		"no revision":              {[]string{`"abc"`}, 400},
		"empty":                    {[]string{""}, 400},
	} {
		for _, to := range []struct{ method, path, body string }{
			{"PATCH", "", `{"message":"new"}`}, {"POST", "on/", `{"message":"new"}`}, {"POST", "off", `{}`},
		} {
			t.Run(name+", "+to.method+" "+to.path, func(t *testing.T) {
				m := inState(t, maintenance.State{Level: maintenance.On})
				require.NoError(t, m.On(t.Context()))
				s := paneled(t, Config{Mode: m})
				get := ask(s, "GET", "/maintenance-mode/", as(Superuser), program)
				assert.Equal(t, `"2"`, get.Header().Get("Etag"))
				answer := ask(s, to.method, "/maintenance-mode/"+to.path, as(Superuser), program, sent("application/json", to.body), func(r *http.Request) {
					if c.lines != nil {
						r.Header["If-Match"] = c.lines
					}
				})
				assert.Equal(t, c.status, answer.Code, answer.Body)
				if c.status == 200 {
					assert.Equal(t, `"3"`, answer.Header().Get("Etag"))
				} else {
					assert.EqualValues(t, 2, m.State().Revision)
				}
			})
		}
	}
}

func TestAPATCHOfAnotherSiteIsRefused(t *testing.T) {
	m := at(t, maintenance.On)
	s := paneled(t, Config{Mode: m})
	answer := ask(s, "PATCH", "/maintenance-mode/", as(Superuser), program, header("Origin", "https://evil.example"), sent("application/json", `{"level":"off"}`))
	assert.Equal(t, http.StatusForbidden, answer.Code)
	assert.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	assert.Equal(t, maintenance.On, m.Level())
}
