package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// visitor is somebody with cookies of his own, who does not follow redirects.
type visitor struct {
	t      *testing.T
	url    string
	client *http.Client
}

// newVisitor returns somebody who is not logged in. A cookie counts for every
// port of a host, so one visitor may go from replica to replica.
func newVisitor(t *testing.T, url string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t, url, &http.Client{
		Transport:     transport,
		Jar:           jar,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// newcomer returns a visitor who has logged in by this name.
func newcomer(t *testing.T, url, name string) *visitor {
	t.Helper()
	v := newVisitor(t, url)
	got := v.post("/login", "username", name, "password", password)
	require.Equal(t, http.StatusSeeOther, got.status)
	require.Equal(t, "/", got.header.Get("Location"))
	return v
}

// at returns the same visitor at another replica.
func (v *visitor) at(url string) *visitor {
	other := *v
	other.url = url
	return &other
}

type answer struct {
	status int
	header http.Header
	body   string
}

// get asks as a browser does.
func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.getAs(path, "text/html,*/*;q=0.8")
}

// getAs asks for a format.
func (v *visitor) getAs(path, accept string) answer {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.url+path, nil)
	require.NoError(v.t, err)
	r.Header.Set("Accept", accept)
	return v.send(r)
}

// post sends a form, as a program does: names and values in turn.
func (v *visitor) post(path string, fields ...string) answer {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.send(r)
}

func (v *visitor) send(r *http.Request) answer {
	v.t.Helper()
	response, err := v.client.Do(r)
	require.NoError(v.t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(v.t, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

// switchTo has a superuser switch by the endpoints.
func (v *visitor) switchTo(level maintenance.Level, fields ...string) {
	v.t.Helper()
	path := "/maintenance-mode/off/"
	if level != maintenance.Off {
		path, fields = "/maintenance-mode/on/", append(fields, "level", level.String())
	}
	got := v.post(path, fields...)
	require.Equal(v.t, http.StatusOK, got.status, got.body)
}

// meets waits until the home page answers with this status.
func (v *visitor) meets(status int) {
	v.t.Helper()
	require.Eventually(v.t, func() bool { return v.get("/").status == status }, patience, tick)
}

// sees checks what the home page says.
func (v *visitor) sees(text string) {
	v.t.Helper()
	got := v.get("/")
	assert.Equal(v.t, http.StatusOK, got.status)
	assert.Contains(v.t, got.body, text)
}
