package ginmaint

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestOrdersRefused: what can't be obeyed as it was meant changes nothing.
func TestOrdersRefused(t *testing.T) {
	const form, js = "application/x-www-form-urlencoded", "application/json"
	huge := strings.Repeat("x", maxOrder)
	cases := map[string]struct {
		path, contentType, body string
		status                  int
		says                    string
	}{
		"an unknown level":         {"on", form, "level=closed", 422, "level: write on or read-only."},
		"off by on":                {"on", js, `{"level":"off"}`, 422, "level: write on or read-only."},
		"a length without a unit":  {"on", form, "for=30", 422, "for: write a duration such as 30m or 2h."},
		"a length backwards":       {"on", form, "for=-30m", 422, "for: write a duration"},
		"a length of zero":         {"on", form, "for=0s", 422, "for: write a duration"},
		"for and end":              {"on", js, `{"for":"1h","end":"2126-01-01T00:00:00Z"}`, 422, "for and end exclude each other"},
		"a time as people write":   {"on", form, "end=tomorrow", 422, "end: write a time in RFC 3339"},
		"an end that is over":      {"on", js, `{"end":"2020-01-01T00:00:00Z"}`, 422, "is over"},
		"an end before the start":  {"on", js, `{"start":"2126-01-02T00:00:00Z","end":"2126-01-01T00:00:00Z"}`, 422, "is not after start"},
		"several at once":          {"on", form, "level=x&start=y&revision=z", 422, "revision: write the number that the status shows, or leave it out. level: write on or read-only. start: "},
		"a message too long":       {"on", form, "message=" + strings.Repeat("x", maintenance.MaxMessage+1), 422, "message: 2049 characters are too long, the first 2048 of them fit; leave out 1."},
		"a control character":      {"on", js, `{"message":"a\u0000b"}`, 422, "control character U+0000"},
		"a negative revision":      {"off", js, `{"revision":-1}`, 422, "revision: write the number"},
		"half a revision":          {"off", js, `{"revision":1.5}`, 422, "revision: write the number"},
		"a window to off":          {"off", form, "for=1h", 422, "level, for, start, end and hold belong to on"},
		"an unknown JSON field":    {"on", js, `{"until":"2126-01-01T00:00:00Z"}`, 400, "the order may have level, message, reason, start, end, for, hold, revision, force"},
		"a JSON field twice":       {"on", js, `{"level":"read-only","level":"on"}`, 400, `"level" is there twice`},
		"a JSON field in capitals": {"on", js, `{"level":"read-only","LEVEL":"on"}`, 400, `there is no field "LEVEL"; write it in lower case`},
		"a JSON field of nothing":  {"on", js, `{"level":null}`, 400, `"level" is no text`},
		"a field twice":            {"on", form, "level=read-only&level=on", 400, `the field "level" is there twice`},
		"a field in capitals":      {"on", form, "Level=on", 400, `there is no field "Level"; write it in lower case`},
		"a file":                   {"on", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"reason\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n", 400, `the field "reason" is a file`},
		"broken JSON":              {"on", js, `{"level":"read-only"`, 400, "the JSON can't be read"},
		"two documents":            {"on", js, `{"level":"on"}{"level":"read-only"}`, 400, "the JSON can't be read"},
		"a JSON list":              {"on", js, `["on"]`, 400, "the JSON can't be read"},
		"a number for a text":      {"on", js, `{"message":7}`, 400, "the JSON can't be read"},
		"JSON too long":            {"on", js, `{"message":"` + huge + `"}`, 400, "the JSON can't be read"},
		"a form too long":          {"on", form, "level=read-only&message=" + huge, 400, "longer than 64 KiB"},
		"a form that is broken":    {"on", form, "level=read-only&message=%zz", 400, "the form can't be read"},
		"a multipart without end":  {"on", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"level\"\r\n\r\nread", 400, "the form can't be read"},
		"a multipart, no boundary": {"on", "multipart/form-data", "x", 400, "the form can't be read"},
		"JSON sent as a form":      {"on", form, `{"level":"read-only"}`, 400, "name its Content-Type, application/json"},
		"JSON sent as text":        {"on", "text/plain", `{"level":"read-only"}`, 400, "neither a form nor JSON"},
		"a body of no type":        {"on", "", "level=read-only", 400, "neither a form nor JSON"},
		"a body of a broken type":  {"on", ";;", "level=read-only", 400, "neither a form nor JSON"},
	}
	for name, tc := range cases {
		for _, accept := range []func(*http.Request){program, browser} {
			t.Run(name, func(t *testing.T) {
				m := inState(t, maintenance.State{Level: maintenance.ReadOnly, Message: "before"})
				before := m.State()
				s := paneled(t, Config{Mode: m})
				answer := ask(s, "POST", "/maintenance-mode/"+tc.path, as(Superuser), accept, sent(tc.contentType, tc.body))
				assert.Equal(t, tc.status, answer.Code)
				assert.Contains(t, strings.ReplaceAll(html.UnescapeString(answer.Body.String()), `\"`, `"`), tc.says)
				assert.Equal(t, before, m.State(), "nothing was changed")
			})
		}
	}
}

func TestConflicts(t *testing.T) {
	cases := map[string]struct {
		store    maintenance.Store
		saved    int // times, before
		path     string
		revision string
		status   int
	}{
		"the present revision":          {maintenance.NewMemoryStore(), 2, "on", "2", http.StatusOK},
		"an earlier one":                {maintenance.NewMemoryStore(), 2, "on", "1", http.StatusConflict},
		"one to come":                   {maintenance.NewMemoryStore(), 2, "off", "3", http.StatusConflict},
		"never saved, and it was not":   {maintenance.NewMemoryStore(), 0, "on", "0", http.StatusOK},
		"never saved, and somebody did": {maintenance.NewMemoryStore(), 1, "on", "0", http.StatusConflict},
		"never saved, and off":          {maintenance.NewMemoryStore(), 1, "off", "0", http.StatusConflict},
		"whatever it is":                {maintenance.NewMemoryStore(), 2, "on", "", http.StatusOK},
		"a level set by configuration":  {maintenance.Fixed(maintenance.On), 0, "off", "", http.StatusConflict},
		"the same, by its revision":     {maintenance.Fixed(maintenance.On), 0, "off", "1", http.StatusConflict},
		"the same, as if it had none":   {maintenance.Fixed(maintenance.On), 0, "off", "0", http.StatusConflict},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := opened(t, tc.store)
			for i := range tc.saved {
				_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly, Message: strings.Repeat("again ", i+1)})
				require.NoError(t, err)
			}
			before := m.State()
			s := paneled(t, Config{Mode: m})
			answer := ask(s, "POST", "/maintenance-mode/"+tc.path, as(Superuser), program, forms["form"](map[string]string{"revision": tc.revision}))
			assert.Equal(t, tc.status, answer.Code)
			if tc.status != http.StatusOK {
				assert.Equal(t, before, m.State())
				assert.Contains(t, answer.Body.String(), `"status":409`)
				assert.Contains(t, answer.Body.String(), `"state"`, "for the decision to come")
			}
		})
	}
}

func TestAStoreThatFails(t *testing.T) {
	var log journal
	store := &flaky{MemoryStore: maintenance.NewMemoryStore()}
	m := opened(t, store)
	s := paneled(t, Config{Mode: m, Logger: log.logger()})
	store.down.Store(true)
	answer := ask(s, "POST", "/maintenance-mode/on", as(Superuser), program)
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Contains(t, answer.Body.String(), "The change was not saved, as far as is known")
	assert.NotContains(t, answer.Body.String(), "refused")
	assert.Contains(t, log.String(), errDown.Error())
	assert.Equal(t, maintenance.Off, m.Level())
	store.down.Store(false)
	assert.Equal(t, http.StatusOK, ask(s, "POST", "/maintenance-mode/on", as(Superuser), program).Code)
}

// A mistyped field would otherwise close the site at once.
func TestMistypedFieldIsNotPassedOver(t *testing.T) {
	m := at(t, maintenance.Off)
	s := paneled(t, Config{Mode: m, Logger: quiet})
	answer := ask(s, "POST", "/maintenance-mode/on", as(Superuser), program, sent("application/x-www-form-urlencoded", "strt=22:00"))
	assert.Equal(t, http.StatusBadRequest, answer.Code)
	assert.Contains(t, answer.Body.String(), "there is no field")
	assert.Equal(t, maintenance.Off, m.Level())
	answer = ask(s, "POST", "/maintenance-mode/on", as(Superuser), program, sent("application/x-www-form-urlencoded", "_token=x&level=on"))
	assert.Equal(t, http.StatusOK, answer.Code, "a field of another middleware")
}
