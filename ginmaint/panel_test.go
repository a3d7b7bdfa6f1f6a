package ginmaint

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// form is one of a page's forms, as a browser has it: where it goes, what stands in its
// fields, and what each button adds.
type form struct {
	action  string
	fields  url.Values
	buttons []button
}

type button struct{ text, name, value, action string }

// pageForms reads the forms of a page.
func pageForms(t *testing.T, page string) (found []*form) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		if n.Data == "form" {
			found = append(found, &form{attributes["action"], url.Values{}, nil})
			continue
		}
		if len(found) == 0 {
			continue
		}
		f := found[len(found)-1]
		_, selected := attributes["selected"]
		switch {
		case n.Data == "button":
			f.buttons = append(f.buttons, button{inner(n), attributes["name"], attributes["value"], attributes["formaction"]})
		case n.Data == "textarea":
			f.fields.Set(attributes["name"], strings.ReplaceAll(strings.TrimPrefix(inner(n), "\n"), "\n", "\r\n"))
		case n.Data == "input" && attributes["type"] != "checkbox":
			f.fields.Set(attributes["name"], attributes["value"])
		case n.Data == "option" && (selected || n.PrevSibling.PrevSibling == nil):
			f.fields.Set(attributeOf(n.Parent, "name"), attributes["value"])
		}
	}
	return found
}

func inner(n *html.Node) (text string) {
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			text += child.Data
		}
	}
	return text
}

func attributeOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// operator is a superuser in a browser, and the page that is open.
type operator struct {
	t       *testing.T
	service http.Handler
	at      *url.URL
	page    *httptest.ResponseRecorder
}

// opens returns an operator who has opened the page at this path.
func opens(t *testing.T, service http.Handler, path string) *operator {
	t.Helper()
	at, err := url.Parse("http://example.com" + path)
	require.NoError(t, err)
	o := &operator{t, service, at, nil}
	o.get()
	return o
}

func (o *operator) get() {
	o.page = ask(o.service, http.MethodGet, o.at.Path, as(Superuser), browser)
}

// presses fills in the form that has such a button, presses it, and follows where that
// leads. Enter stands for the key, which presses the first button.
func (o *operator) presses(text string, fill map[string]string) {
	o.t.Helper()
	for _, f := range pageForms(o.t, o.page.Body.String()) {
		for i, b := range f.buttons {
			_, here := f.fields[firstOf(fill)]
			if b.text != text && (text != "Enter" || i > 0 || !here) {
				continue
			}
			for name, value := range fill {
				f.fields.Set(name, value)
			}
			f.fields.Set(b.name, b.value)
			to, err := o.at.Parse(cmp.Or(b.action, f.action))
			require.NoError(o.t, err)
			o.at = to
			o.page = ask(o.service, http.MethodPost, to.Path, as(Superuser), browser, sent("application/x-www-form-urlencoded", f.fields.Encode()))
			if o.page.Code == http.StatusSeeOther {
				o.at, err = to.Parse(o.page.Header().Get("Location"))
				require.NoError(o.t, err)
				o.get()
			}
			return
		}
	}
	require.Fail(o.t, "no such button", "%s in %s", text, o.page.Body)
}

func firstOf(fill map[string]string) string {
	for name := range fill {
		return name
	}
	return "revision"
}

// sees tells whether the page says so.
func (o *operator) sees(texts ...string) {
	o.t.Helper()
	for _, text := range texts {
		assert.Contains(o.t, html.UnescapeString(o.page.Body.String()), text)
	}
}

func (o *operator) seesNot(texts ...string) {
	o.t.Helper()
	for _, text := range texts {
		assert.NotContains(o.t, html.UnescapeString(o.page.Body.String()), text)
	}
}

// ordered is a state without what each save assigns.
func ordered(s maintenance.State) maintenance.State {
	s.Revision, s.ID, s.ChangedBy, s.Via, s.ChangedAt = 0, "", "", "", time.Time{}
	return s
}

// tonight is a window to come, whose times no field of a browser can hold: they have
// fractions of a second.
func tonight() maintenance.State {
	begin := time.Now().Add(6 * time.Hour).UTC().Truncate(time.Second).Add(123456 * time.Microsecond)
	return maintenance.State{
		Level: maintenance.On, Start: begin, End: begin.Add(2 * time.Hour), Message: "Back at tem.\nThanks.", Reason: "ticket 7\nsecond line", Hold: 15 * time.Second,
	}
}

func TestATypoIsCorrectedAndNothingElse(t *testing.T) {
	for name, stored := range map[string]maintenance.State{
		"announced":         tonight(),
		"read-only":         {Level: maintenance.ReadOnly, End: time.Now().Add(2 * time.Hour).UTC(), Message: "Back at tem."},
		"on until changed":  {Level: maintenance.On, Message: "Back at tem.", Reason: "x"},
		"on, begun already": {Level: maintenance.On, Start: time.Now().Add(-time.Hour).UTC(), Message: "Back at tem."},
	} {
		for zone, location := range map[string]*time.Location{"UTC": nil, "another zone": time.FixedZone("UTC+11", 11*3600)} {
			t.Run(name+", "+zone, func(t *testing.T) {
				m := inState(t, stored)
				before := m.State()
				o := opens(t, paneled(t, Config{Mode: m, Location: location}), "/maintenance-mode/")
				o.presses("Save the change", map[string]string{"message": "Back at ten."})
				require.Equal(t, http.StatusOK, o.page.Code)
				want := ordered(before)
				want.Message = "Back at ten."
				assert.Equal(t, want, ordered(m.State()))
				assert.EqualValues(t, 2, m.State().Revision)
			})
		}
	}
}

func TestAButtonThatClosesNowSaysSo(t *testing.T) {
	m := inState(t, tonight())
	o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
	o.presses("Save the change", map[string]string{"start": ""})
	assert.Equal(t, maintenance.Off, m.Level(), "it asks first")
	o.sees("Close the service now?", "The service is closed from now on, until ", "the start, ", ">Close now</button>")
	o.seesNot("Save the change</button>", "the message “", "the end, ")
	o.presses("Close now", nil)
	assert.Equal(t, maintenance.On, m.Level())
	want := tonight()
	assert.Equal(t, want.Message, m.State().Message)
	assert.Equal(t, want.Reason, m.State().Reason)
	assert.Equal(t, want.Hold, m.State().Hold)
	assert.False(t, m.State().End.IsZero())
}

// TestAButtonOpensOrClosesAsItSays: what a button says happens at once.
func TestAButtonDoesWhatItSays(t *testing.T) {
	m := at(t, maintenance.Off)
	o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
	o.presses("Close now", map[string]string{"for": "30m", "message": "Back soon."})
	assert.Equal(t, maintenance.On, m.Level())
	assert.WithinDuration(t, time.Now().Add(30*time.Minute), m.State().End, time.Minute)
	o.presses("Save the change", map[string]string{"for": "2h"})
	assert.WithinDuration(t, time.Now().Add(2*time.Hour), m.State().End, time.Minute, "an end that nobody touched gives way")
	assert.Equal(t, "Back soon.", m.State().Message)
	o.presses("Save the change", map[string]string{"level": "read-only"})
	o.sees("Make the service read-only now?", "Make read-only now</button>")
	o.presses("Back to the form", nil)
	o.sees(`<option value="read-only" selected>`)
	assert.Equal(t, maintenance.On, m.Level())
	o.presses("Save the change", nil)
	o.presses("Make read-only now", nil)
	assert.Equal(t, maintenance.ReadOnly, m.Level())
	assert.Equal(t, "Back soon.", m.State().Message)
	o.presses("Open now", map[string]string{"reason": "done"})
	assert.Equal(t, maintenance.State{Reason: "done"}, ordered(m.State()))
}

func TestOnOverAReadOnlyWindowKeepsMessageAndEnd(t *testing.T) {
	stored := maintenance.State{Level: maintenance.ReadOnly, End: time.Now().Add(2 * time.Hour), Message: "Orders pause.", Reason: "ticket 7", Hold: time.Second}
	m := inState(t, stored)
	want := ordered(m.State())
	want.Level = maintenance.On
	o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/on/")
	o.sees("Close the service now?", "until ", "Maintenance is read-only now.")
	o.seesNot("This drops")
	o.presses("Close now", nil)
	assert.Equal(t, want, ordered(m.State()))
}

func TestOffNamesWhatItDrops(t *testing.T) {
	m := inState(t, tonight())
	issued(t, m, "guest", "")
	o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/off/")
	o.sees("Drop the window?", "This drops:", "the message “Back at tem.", "the start, ", "the end, ", "the hold of 15s", "the reason “ticket 7", "the pass of guest")
	assert.Equal(t, maintenance.On, m.State().Level)
	o.presses("Drop the window", nil)
	assert.Equal(t, maintenance.State{}, ordered(m.State()))
}

// TestEnterAsks: the key in a text field presses the first button of its form.
func TestEnterAsks(t *testing.T) {
	for name, c := range map[string]struct {
		stored maintenance.State
		field  string
		says   []string
	}{
		"to close":              {maintenance.State{}, "hold", []string{"Close the service now?", "The service is closed from now on, until somebody changes that."}},
		"to open":               {maintenance.State{Level: maintenance.On, Message: "Back soon."}, "reason", []string{"Open the service now?", "Everyone gets in again at once.", "the message “Back soon.”"}},
		"to change what stands": {maintenance.State{Level: maintenance.ReadOnly}, "hold", []string{"Save the change?", "The service stays read-only, until somebody changes that."}},
	} {
		t.Run(name, func(t *testing.T) {
			m := inState(t, c.stored)
			before := m.State()
			o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
			value := map[string]string{"hold": "10s", "reason": "done"}[c.field]
			o.presses("Enter", map[string]string{c.field: value})
			assert.Equal(t, before, m.State())
			o.sees(c.says...)
			o.presses(pageForms(t, o.page.Body.String())[0].buttons[0].text, nil)
			assert.Greater(t, m.State().Revision, before.Revision, "and does it when told again")
		})
	}
}

func TestAWindowIsAnnouncedByTheForm(t *testing.T) {
	m := at(t, maintenance.Off)
	zone := time.FixedZone("UTC+11", 11*3600)
	start := time.Now().Add(24 * time.Hour).In(zone).Truncate(time.Minute)
	o := opens(t, paneled(t, Config{Mode: m, Location: zone}), "/maintenance-mode/")
	o.sees("UTC+11; empty: at once")
	o.presses("Close now", map[string]string{"start": start.Format(localMinute), "for": "1h"})
	o.sees("Announce maintenance?", "Before that, everyone gets in.", start.Format("2 Jan 2006, 15:04:05")+" UTC+11")
	o.presses("Announce it", nil)
	assert.True(t, start.Equal(m.State().Start), m.State().Start)
	assert.True(t, start.Add(time.Hour).Equal(m.State().End))
	assert.Equal(t, maintenance.Off, m.Level())
}

func TestWhatWasTypedComesBack(t *testing.T) {
	typed := map[string]string{"message": "my text", "hold": "20s", "reason": "my reason", "end": "2999-01-01T10:00"}
	t.Run("after somebody else's change", func(t *testing.T) {
		m := inState(t, maintenance.State{Level: maintenance.On, Message: "old"})
		o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
		_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On, Message: "theirs", ChangedBy: "grace"})
		require.NoError(t, err)
		o.presses("Save the change", typed)
		assert.Equal(t, http.StatusConflict, o.page.Code)
		assert.Equal(t, "theirs", m.State().Message)
		o.sees("Somebody else changed the state first (grace, ", "\nmy text</textarea>", `value="20s"`, `value="my reason"`, `value="2999-01-01T10:00"`,
			"<b>Stored now:</b> theirs", "<b>Stored now:</b> nothing")
		o.presses("Save the change", nil)
		assert.Equal(t, "my text", m.State().Message, "knowingly, over theirs")
	})
	t.Run("after a mistake", func(t *testing.T) {
		m := inState(t, maintenance.State{Level: maintenance.On, Message: "old"})
		o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
		o.presses("Save the change", map[string]string{"message": "my text", "hold": "soon", "start": "2999-01-01T10:00", "end": "2998-01-01T10:00"})
		assert.Equal(t, http.StatusUnprocessableEntity, o.page.Code)
		o.sees("hold: write a duration such as 15s", "is not after start", "\nmy text</textarea>", `value="soon"`, `value="2999-01-01T10:00"`, "<b>Stored now:</b> old")
		assert.EqualValues(t, 1, m.State().Revision)
	})
	t.Run("after a store's failure", func(t *testing.T) {
		store := &flaky{MemoryStore: maintenance.NewMemoryStore()}
		m := opened(t, store)
		o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
		store.down.Store(true)
		o.presses("Close now", typed)
		o.presses("Close now", nil)
		assert.Equal(t, http.StatusServiceUnavailable, o.page.Code)
		o.sees("The change was not saved, as far as is known", "\nmy text</textarea>", `value="20s"`, `value="2999-01-01T10:00"`)
	})
	t.Run("of the reason to open", func(t *testing.T) {
		m := inState(t, maintenance.State{Level: maintenance.On})
		o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
		require.NoError(t, m.On(t.Context()))
		o.presses("Open now", map[string]string{"reason": "all done"})
		assert.Equal(t, http.StatusConflict, o.page.Code)
		o.sees(`value="all done"`)
	})
}

func TestLengthsAreCountedInCharacters(t *testing.T) {
	m := at(t, maintenance.Off)
	s := paneled(t, Config{Mode: m})
	for name, c := range map[string]struct{ message, says string }{
		"Japanese": {strings.Repeat("保", 700), "message: 700 characters are too long, the first 682 of them fit; leave out 18."},
		"Greek":    {strings.Repeat("λ", 1025), "message: 1025 characters are too long, the first 1024 of them fit; leave out 1."},
		"English":  {strings.Repeat("x", 2049), "message: 2049 characters are too long, the first 2048 of them fit; leave out 1."},
	} {
		t.Run(name, func(t *testing.T) {
			o := opens(t, s, "/maintenance-mode/")
			o.presses("Close now", map[string]string{"message": c.message})
			assert.Equal(t, http.StatusUnprocessableEntity, o.page.Code)
			o.sees(c.says, ">"+"\n"+c.message+"</textarea>")
			o.seesNot("bytes", "the state is not valid")
		})
	}
	o := opens(t, s, "/maintenance-mode/")
	o.presses("Close now", map[string]string{"message": strings.Repeat("保", 682), "reason": strings.Repeat("保", 170)})
	assert.Equal(t, maintenance.On, m.Level())
}

func TestAFixedLevelHasNoButtons(t *testing.T) {
	for _, level := range []maintenance.Level{maintenance.Off, maintenance.ReadOnly, maintenance.On} {
		s := paneled(t, Config{Mode: opened(t, maintenance.Fixed(level))})
		for _, path := range []string{"/maintenance-mode/", "/maintenance-mode/on/", "/maintenance-mode/off"} {
			o := opens(t, s, path)
			assert.Empty(t, pageForms(t, o.page.Body.String()), path)
			o.sees("The level is fixed by the application’s configuration and can’t be switched here.")
		}
		assert.Contains(t, ask(s, "GET", "/maintenance-mode/", as(Superuser), program).Body.String(), `"fixed":true`)
	}
}

func TestWhoIsNoSuperuserGetsAPageWithALink(t *testing.T) {
	m := at(t, maintenance.Off)
	for name, c := range map[string]struct{ login, link string }{
		"a path": {"/login", `<a href="/login">Log in</a>`}, "elsewhere": {"https://id.example/?a=1&b=2", `<a href="https://id.example/?a=1&amp;b=2">Log in</a>`}, "none": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := paneled(t, Config{Mode: m, LoginURL: c.login})
			for _, path := range []string{"/maintenance-mode/", "/maintenance-mode/on/"} {
				answer := ask(s, "GET", path, as(Staff), browser)
				assert.Equal(t, http.StatusForbidden, answer.Code)
				assert.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"))
				page := answer.Body.String()
				for _, part := range []string{`<html lang="en">`, "<title>You may not see this page</title>", "Only a superuser may see and switch maintenance mode.", c.link} {
					assert.Contains(t, page, part)
				}
				assert.Equal(t, c.link != "", strings.Contains(page, "<a "))
				assert.Empty(t, pageForms(t, page))
			}
		})
	}
	for _, login := range []string{"javascript:alert(1)", "login", "//evil.example", "/a/../login"} {
		assert.ErrorContains(t, Config{LoginURL: login}.Validate(), "LoginURL")
	}
}

// TestNobodyOpensUnderSomebodysWork: as the command refuses it without --force.
func TestNobodyOpensUnderSomebodysWork(t *testing.T) {
	engaged := func(t *testing.T) *maintenance.Mode {
		m := opened(t, maintenance.NewMemoryStore())
		_, err := m.Engage(t.Context(), maintenance.State{Level: maintenance.On, ChangedBy: "grace", Reason: "migrate the orders"})
		require.NoError(t, err)
		return m
	}
	const says = "Nothing was changed: grace (since "
	for name, c := range map[string]struct{ method, path, body string }{
		"off":                {"POST", "off/", `{}`},
		"off, over all":      {"POST", "off/", `{"revision":1}`},
		"a lower level":      {"POST", "on/", `{"level":"read-only"}`},
		"an end":             {"POST", "on/", `{"for":"1h"}`},
		"a start to come":    {"POST", "on/", `{"start":"2999-01-01T00:00:00Z"}`},
		"one field, the end": {"PATCH", "", `{"for":"1h"}`},
		"one field, off":     {"PATCH", "", `{"level":"off"}`},
	} {
		t.Run(name, func(t *testing.T) {
			m := engaged(t)
			s := paneled(t, Config{Mode: m})
			answer := ask(s, c.method, "/maintenance-mode/"+c.path, as(Superuser), program, sent("application/json", c.body))
			assert.Equal(t, http.StatusConflict, answer.Code)
			for _, part := range []string{says, ": migrate the orders) works under this state", "say so with force"} {
				assert.Contains(t, answer.Body.String(), part)
			}
			assert.EqualValues(t, 1, m.State().Revision)
			for _, force := range []string{`{"force":"yes"`, `{"force":true`} {
				body := strings.Replace(c.body, "{", force+",", 1)
				answer = ask(s, c.method, "/maintenance-mode/"+c.path, as(Superuser), program, sent("application/json", strings.Replace(strings.Replace(body, ",}", "}", 1), `"revision":1`, `"revision":`+tagless(m), 1)))
				assert.Equal(t, http.StatusOK, answer.Code, answer.Body)
			}
		})
	}
	t.Run("what leaves the level may be changed", func(t *testing.T) {
		m := engaged(t)
		answer := ask(paneled(t, Config{Mode: m}), "PATCH", "/maintenance-mode/", as(Superuser), program, sent("application/json", `{"message":"Soon."}`))
		assert.Equal(t, http.StatusOK, answer.Code)
		assert.Len(t, m.State().Work(), 1, "and the work is still noted")
	})
	t.Run("in the panel", func(t *testing.T) {
		m := engaged(t)
		o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
		o.sees("Somebody works under this state.", "grace, since ", ": migrate the orders</li>", "Open the service although somebody works")
		o.presses("Open now", map[string]string{"reason": "done"})
		assert.Equal(t, http.StatusConflict, o.page.Code)
		o.sees(says, `value="done"`)
		assert.Equal(t, maintenance.On, m.Level())
		o.presses("Save the change", map[string]string{"message": "Soon."})
		assert.Equal(t, "Soon.", m.State().Message)
		o.presses("Open now", map[string]string{"reason": "done", "force": "yes"})
		assert.Equal(t, maintenance.Off, m.Level())
	})
	t.Run("in the question", func(t *testing.T) {
		m := engaged(t)
		o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/off/")
		o.sees("Open the service although somebody works", "puts back when that work ends, off: what you save stays")
		o.presses("Open now", map[string]string{"force": "yes"})
		assert.Equal(t, maintenance.Off, m.Level())
	})
}

func tagless(m *maintenance.Mode) string { return strings.Trim(tag(m.State().Revision), `"`) }

func TestPreview(t *testing.T) {
	m := inState(t, tonight())
	before := m.State()
	s := paneled(t, Config{Mode: m})
	for _, accept := range []func(*http.Request){browser, program} {
		answer := ask(s, "GET", "/maintenance-mode/preview/", as(Superuser), accept)
		assert.Equal(t, http.StatusOK, answer.Code)
		assert.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"))
		assert.Equal(t, "private, no-store", answer.Header().Get("Cache-Control"))
		assert.Contains(t, answer.Body.String(), builtIn)
		assert.Contains(t, answer.Body.String(), before.Message)
		assert.NotContains(t, answer.Body.String(), "ticket 7")
	}
	o := opens(t, s, "/maintenance-mode/")
	o.presses("Preview", map[string]string{"message": "Not <yet> saved."})
	o.sees(builtIn, "Not <yet> saved.")
	assert.Equal(t, before, m.State(), "a look changes nothing")
	o = opens(t, s, "/maintenance-mode/")
	o.presses("Preview", map[string]string{"hold": "soon"})
	assert.Equal(t, http.StatusUnprocessableEntity, o.page.Code)
	assert.Equal(t, http.StatusForbidden, ask(s, "GET", "/maintenance-mode/preview", as(Staff), browser).Code)
	require.NoError(t, m.Off(t.Context()))
	opens(t, s, "/maintenance-mode/preview").sees(builtIn)
}
