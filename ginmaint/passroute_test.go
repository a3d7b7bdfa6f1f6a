package ginmaint

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const passesPath = "/maintenance-mode/passes/"

// A pass that the API makes opens the service, and one that it revokes does not.
func TestPassesOfTheAPI(t *testing.T) {
	mode := at(t, maintenance.On)
	log := new(journal)
	s := paneled(t, Config{Mode: mode, Logger: log.logger()})
	before := mode.State()
	answer := ask(s, "POST", passesPath, as(Superuser), program, sent("application/json", `{"name":" customer ","for":"4h","stays":true}`))
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body)
	var made struct {
		maintenance.Pass
		Token, Link string
	}
	decoded(t, answer, &made)
	sum := sha256.Sum256([]byte(made.Token))
	assert.Equal(t, []maintenance.Pass{made.Pass}, mode.State().Passes())
	assert.Equal(t, "customer api "+fmt.Sprintf("%x", sum), made.Name+" "+made.Via+" "+made.SHA256)
	assert.WithinDuration(t, time.Now().Add(4*time.Hour), made.Until, time.Minute)
	assert.True(t, made.Stays)
	assert.Equal(t, before.ChangedAt, mode.State().ChangedAt, "the order is still its author's")
	cookie := redeemed(t, s, made.Link)
	assert.Equal(t, http.StatusOK, ask(s, "POST", "/", bearing(cookie)).Code)

	list := ask(s, "GET", passesPath, as(Superuser), program)
	assert.Equal(t, `"2"`, list.Header().Get("Etag"))
	for _, told := range []string{list.Body.String(), log.String(), ask(s, "GET", "/maintenance-mode/", as(Superuser), browser).Body.String()} {
		assert.NotContains(t, told, made.Token)
	}
	revoke := func(revision string) int {
		return ask(s, "POST", passesPath, as(Superuser), program, header("If-Match", revision), sent("application/json", `{"revoke":"customer"}`)).Code
	}
	assert.Equal(t, http.StatusPreconditionFailed, revoke(`"1"`))
	assert.Equal(t, http.StatusOK, revoke(`"2"`))
	assert.Equal(t, http.StatusNotFound, revoke("*"))
	assert.Equal(t, "api", mode.State().Passes()[0].Revoked.Via)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, "GET", "/", bearing(cookie)).Code)
}

// The link leads through the prefix that the proxy in front takes away.
func TestPassBehindAStrippedPrefix(t *testing.T) {
	s := paneled(t, Config{Mode: at(t, maintenance.On)})
	for from, opens := range map[string]string{
		"http://example.com/shop/maintenance-mode/":        "http://example.com/shop/teas?",
		"http://example.com/shop/maintenance-mode":         "http://example.com/shop/teas?",
		"http://example.com/shop/maintenance-mode/passes/": "http://example.com/shop/teas?",
		"http://example.com/maintenance-mode/":             "http://example.com/teas?",
		"http://example.com/":                              "http://example.com/teas?",
		"%":                                                "http://example.com/teas?",
		"":                                                 "http://example.com/teas?",
	} {
		answer := ask(s, "POST", passesPath, as(Superuser), browser, header("Referer", from), sent("application/x-www-form-urlencoded", "name=customer&path=/teas&for=4h"))
		assert.Contains(t, answer.Body.String(), opens, from)
		ask(s, "POST", passesPath, as(Superuser), browser, sent("application/x-www-form-urlencoded", "revoke=customer"))
	}
}

// The panel shows a link once, and names in the history who has done what.
func TestPassesOfThePanel(t *testing.T) {
	mode := at(t, maintenance.On)
	s := paneled(t, Config{Mode: mode})
	o := opens(t, s, "/maintenance-mode")
	o.presses("Make a pass", map[string]string{"name": "customer <b>", "path": "/shop"})
	require.Equal(t, http.StatusOK, o.page.Code)
	o.sees("The pass is made", "http://example.com/shop?maintenance-pass=", "opens /shop and what is under it until")
	assert.Equal(t, "private, no-store", o.page.Header().Get("Cache-Control"))
	o = opens(t, s, "/maintenance-mode/")
	o.seesNot("maintenance-pass=")
	o.sees("customer <b>", "pass customer <b> made by")
	assert.NotContains(t, o.page.Body.String(), "<b>")
	o.presses("Revoke", nil)
	assert.Equal(t, "/maintenance-mode/", o.at.Path)
	o.sees("revoked by", "pass customer <b> revoked by")
	assert.Equal(t, "panel", mode.State().Passes()[0].Revoked.Via)

	fixed := paneled(t, Config{Mode: opened(t, maintenance.Fixed(maintenance.On))})
	opens(t, fixed, "/maintenance-mode/").seesNot("Make a pass")
	assert.Equal(t, http.StatusConflict, ask(fixed, "POST", passesPath, as(Superuser), program, sent("application/json", `{"name":"a","for":"1h"}`)).Code)
}

// The link has the address by which the browser has come, also behind a proxy.
func TestWhereALinkOfThePanelLeads(t *testing.T) {
	for want, with := range map[string]func(*http.Request){
		"https://shop.example/?": header("Origin", "https://shop.example"),
		"http://example.com/?":   header("Origin", "http://example.com"),
		"https://example.com/?":  header("X-Forwarded-Proto", "https"),
	} {
		s := paneled(t, Config{Mode: at(t, maintenance.On), TrustedOrigins: []string{"https://shop.example"}})
		answer := ask(s, "POST", passesPath, as(Superuser), browser, with, sent("application/x-www-form-urlencoded", "name=a&for=1h"))
		assert.Contains(t, answer.Body.String(), ">"+want+"maintenance-pass=")
	}
}

// What is wrong is named, and nothing is changed.
func TestPassesRefused(t *testing.T) {
	on, off := maintenance.On, maintenance.Off
	for name, c := range map[string]struct {
		level  maintenance.Level
		body   string
		status int
		says   string
	}{
		"nothing":                      {on, `{}`, 422, "name: write who the pass is for. for: write how long"},
		"an empty name":                {on, `{"name":" ","for":"1h"}`, 422, "name: write who"},
		"a long name":                  {on, `{"name":"` + strings.Repeat("x", 3000) + `","for":"1h"}`, 422, "name: 3000 bytes are too long, at most 64 fit"},
		"a name on two lines":          {on, `{"name":"a\nb","for":"1h"}`, 422, "name: write one line"},
		"a name that is there":         {on, `{"name":"taken","for":"1h"}`, 422, "name: there is a pass"},
		"a negative time":              {on, `{"name":"a","for":"-1h"}`, 422, "for: write how long"},
		"no time":                      {on, `{"name":"a","for":"soon"}`, 422, "for: write how long"},
		"a path without slash":         {on, `{"name":"a","for":"1h","path":"shop"}`, 422, "path: \"shop\" is no plain path; write one such as /shop"},
		"neither yes nor no":           {on, `{"name":"a","for":"1h","stays":"maybe"}`, 422, "stays: write yes or no"},
		"while open":                   {off, `{"name":"a","for":"1h"}`, 422, "stays: the pass would go with the maintenance"},
		"another field":                {on, `{"name":"a","until":"2999-01-01T00:00:00Z"}`, 400, "there is no field"},
		"broken":                       {on, `{`, 400, "the JSON can't be read"},
		"both at once":                 {on, `{"name":"a","revoke":"taken"}`, 422, "revoke: name, for, path and stays belong to a new pass"},
		"of nobody":                    {on, `{"revoke":"nobody"}`, 404, "There is no such pass"},
		"a pass that is too long gone": {on, `{"revoke":"` + strings.Repeat("x", 3000) + `"}`, 404, "There is no such pass"},
	} {
		t.Run(name, func(t *testing.T) {
			mode := at(t, c.level)
			if c.level == on {
				issued(t, mode, "taken", "")
			}
			before := mode.State()
			s := paneled(t, Config{Mode: mode})
			answer := ask(s, "POST", passesPath, as(Superuser), program, sent("application/json", c.body))
			assert.Equal(t, c.status, answer.Code)
			assert.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
			var problem struct {
				Detail string
				Errors []fault
			}
			decoded(t, answer, &problem)
			assert.Contains(t, problem.Detail, c.says)
			assert.Equal(t, c.status == 422, len(problem.Errors) > 0)
			assert.Equal(t, before, mode.State())
		})
	}
	t.Run("too many", func(t *testing.T) {
		mode := at(t, on)
		for i := range 16 {
			issued(t, mode, string(rune('a'+i)), "")
		}
		o := opens(t, paneled(t, Config{Mode: mode}), "/maintenance-mode/")
		before := mode.State()
		o.presses("Make a pass", map[string]string{"name": "one more"})
		assert.Equal(t, http.StatusUnprocessableEntity, o.page.Code)
		o.sees("there are 17, at most 16 fit; revoke those that nobody needs", `value="one more"`)
		assert.Equal(t, before, mode.State())
	})
	t.Run("of another", func(t *testing.T) {
		mode := at(t, on)
		issued(t, mode, "customer", "")
		before := mode.State()
		s := paneled(t, Config{Mode: mode})
		for _, body := range []string{"name=a&for=1h", "revoke=customer"} {
			form := sent("application/x-www-form-urlencoded", body)
			for who, with := range map[string][]func(*http.Request){
				"staff": {as(Staff)}, "another site": {as(Superuser), header("Origin", "https://evil.example")},
			} {
				answer := ask(s, "POST", passesPath, append(with, form, browser)...)
				assert.Equal(t, http.StatusForbidden, answer.Code, who)
				assert.NotContains(t, answer.Body.String(), "customer")
			}
		}
		assert.Equal(t, http.StatusForbidden, ask(s, "GET", passesPath, as(Staff), program).Code)
		assert.Equal(t, before, mode.State())
	})
}

// Where the store is away nothing is known, and that is what is said.
func TestPassesWhileTheStoreIsAway(t *testing.T) {
	mode := at(t, maintenance.On)
	s := paneled(t, Config{Mode: mode})
	require.NoError(t, mode.Close())
	for _, body := range []string{`{"name":"a","for":"1h"}`, `{"revoke":"a"}`} {
		answer := ask(s, "POST", passesPath, as(Superuser), program, sent("application/json", body))
		assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
		assert.Contains(t, answer.Body.String(), "Nothing was changed: this process is shutting down")
	}
}

func TestPassesWhereTheStoreCannotBeAsked(t *testing.T) {
	store := &distant{MemoryStore: maintenance.NewMemoryStore()}
	mode := opened(t, store)
	require.NoError(t, mode.On(t.Context()))
	s := paneled(t, Config{Mode: mode, Logger: quiet})
	issue := func() string {
		return ask(s, "POST", passesPath, as(Superuser), program, sent("application/json", `{"name":"a","for":"1h"}`)).Body.String()
	}
	store.away.Store(true)
	assert.Contains(t, issue(), "Nothing was changed: the store can’t be reached.")
	store.away.Store(false)
	store.leaving.Store(true)
	assert.Contains(t, issue(), "Nothing is known of the change.")
}
