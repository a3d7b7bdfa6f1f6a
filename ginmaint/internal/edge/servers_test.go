package edge

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// nginx keeps whatever it may, for long, by a GET's URL alone.
const nginxConfig = `
daemon off;
master_process off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr notice;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	proxy_cache_path %[1]s/cache keys_zone=shared:1m;
	server {
		listen 127.0.0.1:%[2]s;
		location / {
			proxy_pass %[3]s;
			proxy_cache shared;
			proxy_cache_valid any 10m;
			proxy_cache_revalidate on;
		}
	}
}
`

// varnishConfig is Varnish's own way with answers, which obeys Surrogate-Control, but
// with no stale ones.
const varnishConfig = `
vcl 4.1;
backend service { .host = "127.0.0.1"; .port = "%s"; }
`

// startNginx returns the address of an nginx in front of a service.
func startNginx(t *testing.T, service string) string {
	t.Helper()
	dir := t.TempDir()
	return started(t, func(port string) *exec.Cmd {
		file := write(t, dir, "nginx.conf", fmt.Sprintf(nginxConfig, dir, port, "http://127.0.0.1:"+service))
		return exec.Command(program(t, "nginx"), "-p", dir, "-e", "stderr", "-c", file)
	})
}

// startVarnish returns the address of a Varnish in front of a service.
func startVarnish(t *testing.T, service string) string {
	t.Helper()
	dir := t.TempDir()
	file := write(t, dir, "service.vcl", fmt.Sprintf(varnishConfig, service))
	return started(t, func(port string) *exec.Cmd {
		return exec.Command(program(t, "varnishd"), "-F", "-j", "none", "-n", dir, "-a", "127.0.0.1:"+port, "-T", "none", "-f", file,
			"-s", "malloc,16m", "-p", "default_grace=0", "-p", "default_keep=600")
	})
}

// started runs a server on a free port until the test ends.
func started(t *testing.T, command func(port string) *exec.Cmd) (address string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	require.NoError(t, proc.OnFreePort(func(port string) error {
		child, err := proc.Start(command(port))
		if err != nil {
			return err
		}
		address = "http://127.0.0.1:" + port
		if err := child.Ready(func() bool {
			answer, err := client.Get(address + "/healthz")
			if err != nil {
				return false
			}
			answer.Body.Close()
			return answer.StatusCode == http.StatusOK
		}); err != nil {
			return err
		}
		t.Cleanup(child.Kill)
		return nil
	}))
	return address
}

// program finds a server, which Debian keeps where only root looks.
func program(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
		return path
	}
	path, err := proc.Find(name)
	require.NoError(t, err)
	return path
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}
