package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// balancerConfig is an nginx in front of three replicas. It says who has answered, and
// asks another one where a replica is gone.
const balancerConfig = `
daemon off;
master_process off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
worker_rlimit_nofile 16384;
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	upstream shop {
		%[3]s
		keepalive 512;
	}
	server {
		listen 127.0.0.1:%[2]s;
		location / {
			proxy_pass http://shop;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			add_header Answered-By $upstream_addr always;
		}
	}
}
`

// span is when something ran, on the machine's clock.
type span struct{ From, To time.Time }

// roles are what a process does that a test starts from its own binary.
var roles = map[string]func() error{"replica": serveShop, "command": migrate}

// migrate is the command that ginmaint runs: it notes when it began and ended.
func migrate() error {
	length, err := time.ParseDuration(os.Getenv("EDGE_LENGTH"))
	if err != nil {
		return err
	}
	s := span{From: time.Now()}
	if err := s.note(); err != nil {
		return err
	}
	time.Sleep(length)
	s.To = time.Now()
	return s.note()
}

// note writes the span where the test looks for it.
func (s span) note() error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(os.Getenv("EDGE_SPAN"), text, 0o600)
}

// serveShop is a replica: each request takes a moment, and is answered with when it ran.
func serveShop() error {
	ctx := context.Background()
	store, _, err := stores.Open(ctx, os.Getenv("EDGE_STORE"))
	if err != nil {
		return err
	}
	mode, err := maintenance.Open(ctx, store, maintenance.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode, MaxHeld: 10_000})) // more than come within a hold
	r.GET("/healthz", ginmaint.ForceOff)
	r.Any("/shop", func(c *gin.Context) {
		s := span{From: time.Now()}
		_, _ = io.Copy(io.Discard, c.Request.Body)
		time.Sleep(5 * time.Millisecond)
		s.To = time.Now()
		c.JSON(http.StatusOK, s)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	return (&http.Server{Handler: r, ReadHeaderTimeout: time.Minute}).Serve(listener)
}

// shopReplica is a replica's process.
type shopReplica struct {
	process *proc.Child
	address string
}

func startShop(t *testing.T, store string) *shopReplica {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "EDGE_ROLE=replica", "EDGE_STORE="+store)
	child, err := proc.Start(command)
	require.NoError(t, err)
	t.Cleanup(child.Kill)
	r := &shopReplica{process: child}
	require.NoError(t, child.Ready(func() bool {
		_, rest, found := strings.Cut(child.Printed(), "listening on ")
		r.address, _, _ = strings.Cut(rest, "\n")
		return found && strings.Contains(rest, "\n")
	}))
	return r
}

func startBalancer(t *testing.T, replicas []*shopReplica) string {
	t.Helper()
	dir := t.TempDir()
	var servers strings.Builder
	for _, r := range replicas {
		fmt.Fprintf(&servers, "server %s max_fails=0;\n", r.address)
	}
	return started(t, func(port string) *exec.Cmd {
		file := write(t, dir, "nginx.conf", fmt.Sprintf(balancerConfig, dir, port, servers.String()))
		return exec.Command(program(t, "nginx"), "-p", dir, "-e", "stderr", "-c", file)
	})
}

// visit is one request of a visitor, and what came of it.
type visit struct {
	method  string
	status  int
	by      string // who has answered
	handled span
	took    time.Duration
	again   string // Retry-After
	err     error
}

// visitors send so many requests each second, reads and writes in turn, whether the
// earlier ones were answered or not, until stop is closed, and return what they got.
func visitors(url string, perSecond int, stop <-chan struct{}) func() []visit {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096}, Timeout: proc.Patience}
	var (
		mu   sync.Mutex
		all  []visit
		work sync.WaitGroup
	)
	work.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			method := []string{http.MethodGet, http.MethodPost}[n%2]
			work.Go(func() {
				v := pay(client, method, url)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, v)
			})
		}
	})
	return func() []visit {
		work.Wait()
		client.CloseIdleConnections()
		return all
	}
}

// pay is one visit.
func pay(client *http.Client, method, url string) (v visit) {
	v.method = method
	began := time.Now()
	defer func() { v.took = time.Since(began) }()
	r, err := http.NewRequest(method, url, strings.NewReader("an order"))
	if err != nil {
		v.err = err
		return v
	}
	answer, err := client.Do(r)
	if err != nil {
		v.err = err
		return v
	}
	defer answer.Body.Close()
	v.status, v.by, v.again = answer.StatusCode, answer.Header.Get("Answered-By"), answer.Header.Get("Retry-After")
	if v.status == http.StatusOK {
		v.err = json.NewDecoder(answer.Body).Decode(&v.handled)
	}
	return v
}

// TestMaintenanceThatNoVisitorNotices runs a command with a hold beside three replicas
// behind nginx, under 500 requests a second: none fails, and none overlaps the command.
func TestMaintenanceThatNoVisitorNotices(t *testing.T) {
	ginmaintCommand := filepath.Join(t.TempDir(), "ginmaint")
	require.NoError(t, proc.Run(exec.Command("go", "build", "-o", ginmaintCommand, "../../cmd/ginmaint")))
	for _, c := range []struct {
		name         string
		hold, length string
		kills        bool // a replica in the middle
		refuses      bool // the hold is too short for the command
	}{
		{name: "a command of three seconds", hold: "15s", length: "3s"},
		{name: "a replica is killed meanwhile", hold: "15s", length: "3s", kills: true},
		{name: "a hold that is too short", hold: "1s", length: "3s", refuses: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := redistest.Start(t)
			store := "redis://" + server.Addr()
			replicas := []*shopReplica{startShop(t, store), startShop(t, store), startShop(t, store)}
			url := startBalancer(t, replicas) + "/shop"
			stop := make(chan struct{})
			result := visitors(url, 500, stop)
			time.Sleep(time.Second) // of ordinary traffic

			spanFile := filepath.Join(t.TempDir(), "span")
			run := exec.Command(ginmaintCommand, "run", "--hold", c.hold, "--drain", "--", os.Args[0])
			run.Env = append(os.Environ(), "GINMAINT_STORE="+store, "EDGE_ROLE=command", "EDGE_LENGTH="+c.length, "EDGE_SPAN="+spanFile)
			running, err := proc.Start(run)
			require.NoError(t, err)
			if c.kills {
				require.NoError(t, running.Ready(func() bool {
					_, err := os.Stat(spanFile)
					return err == nil
				}))
				replicas[2].process.Kill()
			}
			require.NoError(t, running.Wait())
			time.Sleep(time.Second)
			close(stop)
			visits := result()

			text, err := os.ReadFile(spanFile)
			require.NoError(t, err)
			var command span
			require.NoError(t, json.Unmarshal(text, &command))
			var slowest time.Duration
			failed, refused, overlap := 0, 0, 0
			for _, v := range visits {
				slowest = max(slowest, v.took)
				switch {
				case v.status == http.StatusServiceUnavailable && v.again != "":
					refused++
				case v.err != nil || v.status != http.StatusOK:
					if failed++; !c.kills || !strings.Contains(v.by, replicas[2].address) {
						t.Errorf("a %s failed after %v, by %q: %d, %v", v.method, v.took, v.by, v.status, v.err)
					}
				case v.handled.From.Before(command.To) && command.From.Before(v.handled.To):
					overlap++
				}
			}
			t.Logf("%d requests, the slowest took %v; %d refused, %d failed", len(visits), slowest.Round(time.Millisecond), refused, failed)
			assert.Greater(t, len(visits), 500, "so many come even to a machine that is busy")
			assert.Zero(t, overlap, "requests ran beside the command")
			assert.Equal(t, c.refuses, refused > 0)
			if !c.refuses {
				assert.Greater(t, slowest, 2*time.Second, "nobody was held")
			}
		})
	}
}
