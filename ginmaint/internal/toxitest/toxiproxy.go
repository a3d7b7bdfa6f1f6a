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

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// patience bounds every request to the server.
const patience = time.Minute

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
	tool, err := proc.Find("go")
	if err != nil {
		return "", fmt.Errorf("toxitest: %w", err)
	}
	mod, err := exec.Command(tool, "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("toxitest: go env GOMOD: %w", err)
	}
	tools := filepath.Join(filepath.Dir(strings.TrimSpace(string(mod))), ".tools", "go.mod")
	var complaints bytes.Buffer
	command := exec.Command(tool, "tool", "-modfile="+tools, "-n", "server")
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
	s := &Server{client: &http.Client{Transport: &http.Transport{}, Timeout: patience}}
	t.Cleanup(s.client.CloseIdleConnections)
	err = proc.OnFreePort(func(port string) error {
		s.addr = net.JoinHostPort("127.0.0.1", port)
		child, err := proc.Start(exec.Command(path, "-host", "127.0.0.1", "-port", port))
		if err != nil {
			return err
		}
		t.Cleanup(child.Kill)
		return child.Ready(func() bool { return s.call(http.MethodGet, "/version", nil, nil) == nil })
	})
	if err != nil {
		t.Fatalf("toxitest: %v", err)
	}
	return s
}

// call sends a request to the server's interface, and reads the answer into into.
func (s *Server) call(method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("toxitest: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
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
