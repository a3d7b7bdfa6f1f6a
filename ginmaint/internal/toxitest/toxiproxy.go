package toxitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// readiness bounds how long the server may take to answer, and every request
// to it.
const readiness = 20 * time.Second

// Server is one toxiproxy-server, for any number of proxies.
type Server struct {
	addr   string
	client *http.Client

	mu      sync.Mutex
	proxies int
}

// executable builds toxiproxy-server, where go does not have it in its cache, and
// returns its path.
var executable = sync.OnceValues(func() (string, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("toxitest: go env GOMOD: %w", err)
	}
	tools := filepath.Join(filepath.Dir(strings.TrimSpace(string(mod))), ".tools", "go.mod")
	var complaints bytes.Buffer
	command := exec.Command("go", "tool", "-modfile="+tools, "-n", "server")
	command.Stderr = &complaints
	path, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("toxitest: toxiproxy-server can't be built from %s: %w: %s", tools, err, complaints.String())
	}
	return strings.TrimSpace(string(path)), nil
})

// Start starts a server, and ends it with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	path, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	const tries = 5 // somebody else may take the port before it does
	for try := 1; ; try++ {
		s, err := launch(t, path)
		if err == nil {
			return s
		}
		if try == tries {
			t.Fatal(err)
		}
	}
}

func launch(t testing.TB, path string) (*Server, error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("toxitest: %w", err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	_, port, _ := net.SplitHostPort(addr)

	command := exec.Command(path, "-host", "127.0.0.1", "-port", port)
	ended, err := begin(command)
	if err != nil {
		return nil, fmt.Errorf("toxitest: %w", err)
	}
	s := &Server{addr: addr, client: &http.Client{Transport: &http.Transport{}, Timeout: readiness}}
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		_ = command.Process.Kill()
		<-ended
	})
	deadline := time.After(readiness)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return nil, fmt.Errorf("toxitest: toxiproxy-server ended at once; is port %s taken?", port)
		case <-deadline:
			return nil, fmt.Errorf("toxitest: toxiproxy-server did not answer within %s", readiness)
		case <-tick.C:
			if s.call(http.MethodGet, "/version", nil, nil) == nil {
				return s, nil
			}
		}
	}
}

// call sends a request to the server's interface, and reads the answer into into.
func (s *Server) call(method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("toxitest: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readiness)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("toxitest: %w", err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("toxitest: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("toxitest: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("toxitest: %s %s: %s: %s", method, path, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("toxitest: %s %s: %w", method, path, err)
	}
	return nil
}
