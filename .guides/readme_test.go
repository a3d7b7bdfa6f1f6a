package guides

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var comment = regexp.MustCompile(`(?m)//.*$`)

// TestSnippetsOfTheREADME: its Go blocks but the first, which is a program and run by a
// test of ginmaint, compile in functions that have what they name.
func TestSnippetsOfTheREADME(t *testing.T) {
	t.Parallel()
	around := []string{
		"func behindSessions(r *gin.Engine, mode *maintenance.Mode, secret []byte) {\n%s}\n",
		"func logIn(c *gin.Context) {\n%s}\n",
		"func openShared(ctx context.Context, client redis.UniversalClient) (*maintenance.Mode, error) {\n%sreturn mode, err\n}\n",
		"func work(ctx context.Context, mode *maintenance.Mode, events chan string) {\n%s_ = err\n}\n",
	}
	snippets := blocks(read(t, filepath.Join(root, "README.md")), "go")[1:]
	require.Len(t, snippets, len(around))
	dir, err := os.MkdirTemp(".", "snippets") // within the module, whose versions they take
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	for i, snippet := range snippets {
		snippet = comment.ReplaceAllString(snippet, "") // which names packages too
		file := filepath.Join(dir, fmt.Sprintf("snippet%d.go", i))
		require.NoError(t, os.WriteFile(file, []byte(program(fmt.Sprintf(around[i], snippet))), 0o600))
	}
	out, err := exec.CommandContext(t.Context(), "go", "vet", "./"+filepath.Base(dir)).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestFleetOfTheREADME runs its three shops on one Redis, and its orders by curl, as they
// stand but for the ports, in a copy of the repository.
func TestFleetOfTheREADME(t *testing.T) {
	t.Parallel()
	var fleet, orders string
	for _, block := range blocks(read(t, filepath.Join(root, "README.md")), "sh") {
		switch {
		case strings.Contains(block, "redis-server --port"):
			fleet = block
		case strings.Contains(block, "cookies.txt"):
			orders = block
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"example", "ginmaint", "templates", "go.mod", "go.sum"} {
		out, err := exec.Command("cp", "-r", filepath.Join(root, name), dir).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	ports := freePorts(t, 4)
	const opened = "is open\n"
	fleet = insert(t, fleet, opened, `for port in 8081 8082 8083; do until curl -s -o /dev/null http://127.0.0.1:$port/; do sleep 0.1; done; done`)
	fleet = insert(t, fleet, "./gm off\n", orders)
	script := strings.NewReplacer("localhost", "127.0.0.1", "ADDR=:", "ADDR=127.0.0.1:", "--save", "--bind 127.0.0.1 --save",
		"6400", ports[0], "8081", ports[1], "8082", ports[2], "8083", ports[3], "8080", ports[1]).Replace(fleet)
	command := exec.CommandContext(t.Context(), "bash", "-eumo", "pipefail", "-c", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"+script)
	command.Dir = dir
	command.Env = append(os.Environ(), "GINMAINT_STORE=")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, part := range []string{"HTTP/1.1 503 Service Unavailable", "Back at ten.", `"level":"read-only"`, "3 replicas"} {
		assert.Contains(t, string(out), part, "%s", out)
	}
}

// insert puts lines behind the one that ends so.
func insert(t *testing.T, text, end, lines string) string {
	t.Helper()
	before, after, found := strings.Cut(text, end)
	require.True(t, found, "no line ends with %q", end)
	return before + end + lines + "\n" + after
}

// freePorts returns ports that nobody listened on a moment ago.
func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { assert.NoError(t, listener.Close()) }()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		require.NoError(t, err)
		ports = append(ports, port)
	}
	return ports
}
