package ginmaint

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestUnix: behind a unix socket the peer has no address. Gin 1.11 then
// knows none, and later versions believe the forwarding headers.
func TestUnix(t *testing.T) {
	cases := map[string]struct {
		proxies []string
		forgery string // what the visitor sent, before the proxy added its part
		exempt  bool   // where Gin reads the header at all
	}{
		"all proxies trusted":               {[]string{"0.0.0.0/0", "::/0"}, "", false},
		"none trusted, the proxy says who":  {nil, "", true},
		"none trusted, the visitor forged ": {nil, "10.0.0.7, 203.0.113.1", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.1"}})
			require.NoError(t, s.SetTrustedProxies(tc.proxies))
			s.GET("/ip", ForceOff, func(c *gin.Context) { c.Header("Seen", c.ClientIP()) })
			client := overUnix(t, s)
			get := func(path string) *http.Response {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://service"+path, nil)
				require.NoError(t, err)
				r.Header.Set("X-Forwarded-For", "10.0.0.1")
				if tc.forgery != "" {
					r.Header.Set("X-Forwarded-For", tc.forgery)
				}
				answer, err := client.Do(r)
				require.NoError(t, err)
				require.NoError(t, answer.Body.Close())
				return answer
			}
			want := http.StatusServiceUnavailable
			if tc.exempt && get("/ip").Header.Get("Seen") == "10.0.0.1" {
				want = http.StatusOK
			}
			assert.Equal(t, want, get("/").StatusCode)
		})
	}
}

// overUnix serves h on a unix socket, and returns a client of it.
func overUnix(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	server := &http.Server{Handler: h}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return &http.Client{Transport: transport}
}
