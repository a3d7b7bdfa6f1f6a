package fire

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
)

// TestMain makes a replica, a writer, or a command to run, of the process where
// the environment says so.
func TestMain(m *testing.M) {
	if name := os.Getenv("FIRE_REPLICA"); name != "" {
		failClosed := strings.HasSuffix(name, "closed")
		if err := Serve(os.Getenv("FIRE_STORE"), name, os.Getenv("FIRE_JOURNALS"), failClosed, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if name := os.Getenv("FIRE_WRITER"); name != "" {
		if err := write(os.Getenv("FIRE_STORE"), name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if store := os.Getenv("FIRE_CRASH"); store != "" {
		fmt.Fprintln(os.Stderr, crash(store))
		os.Exit(1)
	}
	if path := os.Getenv("FIRE_COMMAND"); path != "" {
		if err := command(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	var err error
	if built, err = os.MkdirTemp("", "fire"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(built)
	os.Exit(code)
}

// nameOf names the replicas; every other one fails closed.
func nameOf(n int) string {
	if n%2 == 0 {
		return fmt.Sprintf("replica%d-closed", n)
	}
	return fmt.Sprintf("replica%d", n)
}

// switches is how many each store goes through at least; FIRE_SWITCHES for a longer
// soak.
func switches(t *testing.T) int { return number(t, "FIRE_SWITCHES", 40) }

// number reads one from the environment.
func number(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "%s is a number", name)
	return n
}

// perSwitch bounds the time of a test, and is several times what a switch
// takes under fire.
const perSwitch = 1500 * time.Millisecond

func TestRedisUnderFire(t *testing.T) {
	burn(t, redisEngine(t))
}

func TestPostgresUnderFire(t *testing.T) {
	burn(t, postgresEngine(t))
}

func TestMariaDBUnderFire(t *testing.T) {
	burn(t, mariaEngine(t))
}

func TestSQLiteUnderFire(t *testing.T) {
	burn(t, sqliteEngine(t))
}

func TestFilesUnderFire(t *testing.T) {
	burn(t, fileEngine(t))
}

func redisEngine(t *testing.T) engine {
	server := redistest.Start(t, "appendonly yes", "appendfsync always")
	return engine{
		upstream: server.Addr(),
		url:      func(address string) string { return "redis://" + address + "?max_retries=1" },
		restart: func(empty bool) {
			require.NoError(t, server.Kill())
			if empty {
				require.NoError(t, server.RestartEmpty())
			} else {
				require.NoError(t, server.Restart())
			}
		},
		forgets: true,
	}
}

func postgresEngine(t *testing.T) engine {
	server := pgtest.New(t)
	direct := server.Database(t)
	e := engine{
		upstream: server.Addr(),
		url:      func(address string) string { return strings.Replace(direct, server.Addr(), address, 1) },
		restart: func(bool) {
			server.Kill()
			require.NoError(t, server.Restart())
		},
	}
	migrate(t, direct)
	return e
}

func mariaEngine(t *testing.T) engine {
	server := mariatest.New(t)
	url := "mysql://" + server.User() + ":" + server.Password() + "@ADDRESS/" + server.Database(t) + "?poll=100ms"
	e := engine{
		upstream: server.Addr(),
		url:      func(address string) string { return strings.Replace(url, "ADDRESS", address, 1) },
		restart: func(bool) {
			server.Kill()
			require.NoError(t, server.Restart())
		},
	}
	migrate(t, e.url(server.Addr()))
	return e
}

// sqliteEngine has a database in WAL mode, which stays so.
func sqliteEngine(t *testing.T) engine {
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(WAL)")
	require.NoError(t, err)
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.Close())
	url := "sqlite://" + path + "?poll=100ms"
	migrate(t, url)
	return engine{url: func(string) string { return url }}
}

func fileEngine(t *testing.T) engine {
	path := filepath.Join(t.TempDir(), "state.json")
	return engine{url: func(string) string { return "file://" + path }}
}

// burn switches under fire, and looks for work in the windows.
func burn(t *testing.T, e engine) {
	t.Parallel()
	a := newArena(t, e, program(t))
	for range 3 {
		a.start()
	}
	n := switches(t)
	s := &switcher{mode: a.control}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Duration(n)*perSwitch)
	defer cancel()
	var troubled atomic.Bool // by each kind of trouble
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.run(ctx, func() bool { return s.switches >= n && troubled.Load() })
	}()
	for burning := true; burning; {
		select {
		case <-done:
			burning = false
		case <-time.After(time.Duration(rand.IntN(150)) * time.Millisecond):
			troubled.Store(a.trouble())
		}
	}
	runs := a.runs()
	t.Logf("%d switches, %d windows, %d runs by %d replicas; %v", s.switches, len(s.windows), len(runs), a.started, a.events)
	assert.GreaterOrEqual(t, s.switches, n, "too slow; the last drain that proved nothing: %s", s.last)
	assert.Greater(t, len(s.windows), s.switches/4, "hardly a drain proves anything; the last one: %s", s.last)
	assert.Greater(t, len(runs), 30*n, "the replicas hardly work")
	for _, trouble := range a.troubles() {
		assert.Positive(t, a.events[trouble.name], "no trouble of this kind: %s", trouble.name)
	}
	assert.Empty(t, Overlaps(runs, s.windows))
}
