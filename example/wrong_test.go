package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrongRequests(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	guest, superuser := newVisitor(t, shop.url), newcomer(t, shop.url, "superuser")
	for _, c := range []struct {
		name   string
		answer func() answer
		status int
		says   string
	}{
		{"wrong password", func() answer { return guest.post("/login", "username", "superuser", "password", "Demo") },
			http.StatusUnauthorized, "The name or the password is wrong."},
		{"unknown name", func() answer { return guest.post("/login", "username", "root", "password", password) },
			http.StatusUnauthorized, "The name or the password is wrong."},
		{"empty login", func() answer { return guest.post("/login") },
			http.StatusUnauthorized, "The name or the password is wrong."},
		{"no duration", func() answer { return guest.get("/slow?for=abc") },
			http.StatusBadRequest, "Write a duration up to 1m0s, such as /slow?for=5s"},
		{"too long a duration", func() answer { return guest.get("/slow?for=5h") },
			http.StatusBadRequest, "Write a duration"},
		{"negative duration", func() answer { return guest.get("/slow?for=-1s") },
			http.StatusBadRequest, "Write a duration"},
		{"no such page", func() answer { return guest.get("/teapot") },
			http.StatusNotFound, ""},
		{"wrong level", func() answer { return superuser.post("/maintenance-mode/on/", "level", "maybe") },
			http.StatusUnprocessableEntity, "write on or read-only"},
		{"wrong length", func() answer { return superuser.post("/maintenance-mode/on/", "for", "soon") },
			http.StatusUnprocessableEntity, "write a duration such as 30m or 2h"},
		{"a window that is over", func() answer { return superuser.post("/maintenance-mode/on/", "end", "2020-01-01T00:00:00Z") },
			http.StatusUnprocessableEntity, "is over"},
		{"wrong revision", func() answer { return superuser.post("/maintenance-mode/on/", "revision", "7") },
			http.StatusConflict, "Somebody else changed the state first."},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.answer()
			assert.Equal(t, c.status, got.status)
			assert.Contains(t, got.body, c.says)
		})
	}
	guest.sees("Log in")
}

// hangUp returns the address of a server that closes every connection. A port
// that was given back would do as well, but another test may get it.
func hangUp(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	}()
	return listener.Addr().String()
}

func TestWrongEnvironment(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	away := hangUp(t)
	for _, c := range []struct {
		name string
		env  map[string]string
		says []string
	}{
		{"address taken", map[string]string{"ADDR": taken.Addr().String()},
			[]string{taken.Addr().String(), "name another address in ADDR"}},
		{"no address", map[string]string{"ADDR": "8080"},
			[]string{"8080", "name another address in ADDR"}},
		{"unknown store", map[string]string{"GINMAINT_STORE": "mongodb://root:geheim@127.0.0.1/shop"},
			[]string{"GINMAINT_STORE: ", "there is no store for mongodb", "write file:PATH"}},
		{"path instead of a URL", map[string]string{"GINMAINT_STORE": "./maintenance_mode.json"},
			[]string{"GINMAINT_STORE: ", "write file:PATH"}},
		{"Redis that hangs up", map[string]string{"GINMAINT_STORE": "redis://root:geheim@" + away},
			[]string{"the state can't be loaded", "redisstore: ", "check that"}},
		{"PostgreSQL that hangs up", map[string]string{"GINMAINT_STORE": "postgres://root:geheim@" + away + "/shop"},
			[]string{"pgstore: the tables can't be made", "check that"}},
		{"folder that is not there", map[string]string{"GINMAINT_FILE": filepath.Join(t.TempDir(), "none", "state.json")},
			[]string{"does not exist", "correct the path"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := stateFile(t)
			if c.env["GINMAINT_FILE"] == "" {
				c.env["GINMAINT_FILE"] = path
			}
			err := launch(t, c.env).wait()
			require.Error(t, err)
			for _, text := range c.says {
				assert.Contains(t, err.Error(), text)
			}
			assert.NotContains(t, err.Error(), "geheim")
			assert.Empty(t, listed(t, path))
		})
	}
}

func TestBrokenFileAtTheStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "empty"},
		{"no JSON", "on", "not a JSON object"},
		{"cut off", `{"level":"on"`, "not a JSON object"},
		{"no level", `{"message":"Back at ten."}`, `has no "level"`},
		{"unknown level", `{"level":"maybe"}`, `write "off", "read-only" or "on"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := stateFile(t)
			edit(t, path, c.text)
			err := launch(t, map[string]string{"GINMAINT_FILE": path}).wait()
			require.Error(t, err)
			assert.Contains(t, err.Error(), path)
			assert.Contains(t, err.Error(), c.says)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, c.text, string(text), "nobody destroys what a person wrote")
			assert.Empty(t, listed(t, path))
		})
	}
}

func TestTellsHowToSwitchByHand(t *testing.T) {
	t.Parallel()
	path := stateFile(t)
	for _, c := range []struct {
		name string
		env  map[string]string
		says string
	}{
		{"file", map[string]string{"GINMAINT_FILE": path}, `by writing {"level":"off"} into ` + path},
		{"store", map[string]string{"GINMAINT_STORE": fileURL(path)}, "by the command, go run ./ginmaint/cmd/ginmaint off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shop := start(t, c.env)
			require.NoError(t, shop.stop())
			var printed []string
			for line := range shop.lines {
				printed = append(printed, line)
			}
			assert.Contains(t, strings.Join(printed, "\n"), c.says)
			assert.Equal(t, "Shutting down; requests may finish.", printed[len(printed)-1])
		})
	}
}
