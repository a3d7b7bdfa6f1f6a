package edge

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// retryingConfig is an nginx in front of two replicas, with what its directive
// proxy_next_upstream is to have.
const retryingConfig = `
daemon off;
master_process off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	upstream shop {
		server %[3]s fail_timeout=600s;
		server %[4]s fail_timeout=600s;
	}
	server {
		listen 127.0.0.1:%[2]s;
		location / {
			proxy_pass http://shop;
			proxy_next_upstream %[5]s;
		}
	}
}
`

// checkingConfig is a HAProxy in front of two replicas that checks them by a path.
const checkingConfig = `
defaults
	mode http
	timeout connect 5s
	timeout client 5s
	timeout server 5s
listen shop
	bind 127.0.0.1:%[1]s
	option httpchk GET %[4]s
	http-check expect status 200
	default-server inter 20ms fall 2 rise 1
	server one %[2]s check
	server two %[3]s check
`

// twoReplicas serve one shop, and return their addresses. They count probes of readiness.
func twoReplicas(t *testing.T) (mode *maintenance.Mode, addresses []any, probed *atomic.Int64) {
	t.Helper()
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore(), maintenance.Logger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	probed = new(atomic.Int64)
	for range 2 {
		r := gin.New()
		r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
		r.GET("/healthz", ginmaint.ForceOff)
		r.GET("/readyz", func(*gin.Context) { probed.Add(1) }, ginmaint.Ready(mode))
		r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "the shop") })
		server := httptest.NewServer(r)
		t.Cleanup(server.Close)
		addresses = append(addresses, server.Listener.Addr().String())
	}
	return mode, addresses, probed
}

// seen is what a visitor gets: the shop, its page, or an error of the balancer's own.
func seen(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(address + "/")
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	switch {
	case answer.Header.Get("Maintenance-Mode") != "":
		return "the page"
	case answer.StatusCode == http.StatusOK:
		return string(body)
	}
	return fmt.Sprint(answer.StatusCode)
}

func TestBalancersGoOnToShowThePage(t *testing.T) {
	mode, addresses, probed := twoReplicas(t)
	require.NoError(t, mode.On(t.Context()))
	nginx := func(retries string) string {
		dir := t.TempDir()
		return started(t, func(port string) *exec.Cmd {
			file := write(t, dir, "nginx.conf", fmt.Sprintf(retryingConfig, append([]any{dir, port}, append(addresses, retries)...)...))
			return exec.Command(program(t, "nginx"), "-p", dir, "-e", "stderr", "-c", file)
		})
	}
	haproxy := func(path string) string {
		dir := t.TempDir()
		return started(t, func(port string) *exec.Cmd {
			file := write(t, dir, "haproxy.cfg", strings.TrimLeft(fmt.Sprintf(checkingConfig, append([]any{port}, append(addresses, path)...)...), "\n"))
			return exec.Command(program(t, "haproxy"), "-db", "-f", file)
		})
	}
	right, wrong := nginx("error timeout"), nginx("error timeout http_503")
	assert.Equal(t, "the page", seen(t, wrong), "of the second replica")
	assert.Equal(t, "502", seen(t, wrong), "both have failed")
	for range 4 {
		assert.Equal(t, "the page", seen(t, right))
	}

	require.NoError(t, mode.Off(t.Context())) // HAProxy takes a server for good until it has checked it
	right, wrong = haproxy("/readyz"), haproxy("/")
	assert.Equal(t, "the shop", seen(t, wrong))
	require.NoError(t, mode.On(t.Context()))
	require.NoError(t, proc.Until(t.Context(), "HAProxy's own error", func() bool { return seen(t, wrong) == "503" }))
	before := probed.Load()
	require.NoError(t, proc.Until(t.Context(), "further probes of both", func() bool { return probed.Load() >= before+10 }))
	for range 4 {
		assert.Equal(t, "the page", seen(t, right))
	}
}
