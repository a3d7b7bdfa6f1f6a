package ginmaint

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// over sends a request to a real server, and returns the answer with its body.
func over(t *testing.T, server *httptest.Server, method, path, accept string, body io.Reader) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, body)
	require.NoError(t, err)
	r.Header.Set("Accept", accept)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(text)
}

func TestHEADHasTheHeadersOfGETAndNoBody(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), Role: roleOf})
	server := httptest.NewServer(s)
	defer server.Close()
	for _, accept := range []string{"text/html", "application/json", "text/plain"} {
		for _, path := range []string{"/", "/nowhere"} {
			t.Run(accept+" "+path, func(t *testing.T) {
				get, body := over(t, server, http.MethodGet, path, accept, nil)
				head, none := over(t, server, http.MethodHead, path, accept, nil)
				assert.Empty(t, none)
				assert.Empty(t, ask(s, http.MethodHead, path, header("Accept", accept)).Body.String(), "nor handed to net/http")
				assert.Equal(t, get.StatusCode, head.StatusCode)
				assert.Equal(t, strconv.Itoa(len(body)), head.Header.Get("Content-Length"))
				get.Header.Del("Date")
				head.Header.Del("Date")
				get.Header.Del("Retry-After") // which is the next one
				head.Header.Del("Retry-After")
				assert.Equal(t, get.Header, head.Header)
			})
		}
	}
}

func TestAnUnreadBodyIsRefusedToo(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On)})
	server := httptest.NewServer(s)
	defer server.Close()
	for name, body := range map[string]io.Reader{
		"of a known length": bytes.NewReader(make([]byte, 1<<20)),
		"chunked":           io.LimitReader(zeros{}, 1<<20), // no length that the client could name
	} {
		t.Run(name, func(t *testing.T) {
			answer, text := over(t, server, http.MethodPost, "/", "application/json", body)
			assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
			assert.Contains(t, text, `"status":503`)
			assert.Zero(t, s.runs.Load())
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestRedirectOverTheWire(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), RedirectURL: "https://status.example/down?from=shop"})
	server := httptest.NewServer(s)
	defer server.Close()
	answer, text := over(t, server, http.MethodGet, "/", "text/html", nil)
	assert.Equal(t, http.StatusFound, answer.StatusCode)
	assert.Equal(t, "https://status.example/down?from=shop", answer.Header.Get("Location"))
	assert.Equal(t, "on", answer.Header.Get("Maintenance-Mode"))
	assert.Empty(t, text)
	assert.EqualValues(t, 0, answer.ContentLength)
}
