package ginmaint

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const notSaved = "What you sent was not saved"

// submitting posts a body as a form of the service's own.
func submitting(body string, change ...func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, c := range change {
			c(r)
		}
	}
}

func TestARefusedFormComesBack(t *testing.T) {
	const note = "note=Two%0D%0Alines+%3Cb%3E&empty=&password=hunter2"
	for name, tc := range map[string]struct {
		body   string
		change func(*http.Request)
		fields []string
	}{
		"ordinary":             {note + "&amount=3", nil, []string{"note", "amount"}},
		"another site's":       {note, header("Sec-Fetch-Site", "cross-site"), nil},
		"of another origin":    {note, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") }, nil},
		"with files":           {note, header("Content-Type", "multipart/form-data; boundary=x"), nil},
		"no form":              {`{"note":1}`, header("Content-Type", "application/json"), nil},
		"in another encoding":  {note, header("Content-Type", "application/x-www-form-urlencoded; charset=latin1"), nil},
		"of an unknown length": {note, func(r *http.Request) { r.ContentLength = -1 }, nil},
		"large":                {"note=" + strings.Repeat("x", maxTypedBytes), nil, nil},
		"of many fields":       {strings.Repeat("a=b&", maxTypedFields+1), nil, nil},
		"not UTF-8":            {"a=%ff&b=2", nil, []string{"b"}},
		"broken":               {"a=%zz", nil, nil},
		"cut off":              {"a=1", func(r *http.Request) { r.Body = io.NopCloser(&failing{}) }, nil},
		"not a POST":           {note, func(r *http.Request) { r.Method = http.MethodPut }, nil},
		"read by middleware":   {note, func(r *http.Request) { _ = r.ParseForm() }, []string{"note"}},
		"secrets and tokens": {"Password2=a&user_pwd=a&_method=PUT&gorilla.csrf.Token=a&authenticity_token=a&card_number=4&cvc=1&code=1&id=" +
			"d9428888122b11e1b85c61cd3cbb3210&passenger=Ada&footprint=small&mail=a@example.com", nil, []string{"passenger", "footprint", "mail"}},
	} {
		for _, l := range []maintenance.Level{maintenance.ReadOnly, maintenance.On} {
			t.Run(name+", "+l.String(), func(t *testing.T) {
				s := serving(t, Config{Mode: at(t, l)})
				s.PUT("/", s.handle)
				change := tc.change
				if change == nil {
					change = func(*http.Request) {}
				}
				answer := ask(s, http.MethodPost, "/", browser, submitting(tc.body, change))
				page := answer.Body.String()
				var fields []string
				for _, part := range strings.Split(page, `dir="auto">`) {
					if name, _, ok := strings.Cut(part, "</label>"); ok {
						fields = append(fields, name)
					}
				}
				assert.Equal(t, tc.fields, fields)
				assert.Contains(t, page, notSaved)
				assert.NotContains(t, page, "hunter2")
				assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
				if strings.HasPrefix(tc.body, note) && fields != nil {
					assert.Contains(t, page, "Two\r\nlines &lt;b&gt;</textarea>")
				}
				next := ask(s, http.MethodPost, "/", browser).Body.String()
				assert.NotContains(t, next, "<textarea", "it is nobody else's")
				assert.Contains(t, next, notSaved)
			})
		}
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestNothingWasSentByAGET, whatever the route says of it.
func TestNothingWasSentByAGET(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.ReadOnly)})
	s.GET("/write", Writes, s.handle)
	for range 2 {
		assert.NotContains(t, ask(s, http.MethodGet, "/write", browser).Body.String(), notSaved)
		assert.Contains(t, ask(s, http.MethodPost, "/", browser).Body.String(), notSaved)
	}
}

// TestARefusedFormOverTheWire: a body that does not come holds a refusal up for a moment, and the
// connection of one that did is used again.
func TestARefusedFormOverTheWire(t *testing.T) {
	server := httptest.NewServer(serving(t, Config{Mode: at(t, maintenance.On)}))
	defer server.Close()
	for i := range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(url.Values{"note": {fmt.Sprint("typed ", i)}}.Encode()))
		require.NoError(t, err)
		browser(r)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := server.Client().Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Contains(t, string(text), fmt.Sprintf("typed %d</textarea>", i))
	}
	body, stalled := io.Pipe()
	defer stalled.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
	require.NoError(t, err)
	r.ContentLength = 100
	browser(r)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := server.Client().Do(r)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.NoError(t, answer.Body.Close())
}

// FuzzTypedFields: nothing that is sent breaks the page or makes it large.
func FuzzTypedFields(f *testing.F) {
	f.Add("a=b&c=%3Cscript%3E")
	f.Add("&&==%00")
	gin.SetMode(gin.ReleaseMode)
	f.Fuzz(func(t *testing.T, body string) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, "/", nil)
		submitting(body)(c.Request)
		fields := typedFields(c)
		assert.LessOrEqual(t, len(fields), maxTypedFields)
		total := 0
		for _, field := range fields {
			total += len(field.Name) + len(field.Value)
		}
		assert.LessOrEqual(t, total, maxTypedBytes)
	})
}
