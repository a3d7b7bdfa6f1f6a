package trio

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// writerEnv names the store that this binary writes to, when it runs itself again.
const writerEnv = "TRIO_TEST_WRITER"

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	if url, ok := os.LookupEnv(writerEnv); ok {
		if err := write(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// patience bounds every wait for something that must happen.
const patience = time.Minute

// place is where a store lies.
type place struct {
	url  string
	dump func(t *testing.T) string // all that it holds, raw
}

// onEach runs a test on each store.
func onEach(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T) place{"redis": redisPlace, "postgres": postgresPlace, "files": filePlace} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// filePlace is in memory where Linux has a folder for that: on a disk the processes would
// mostly wait for its syncs.
func filePlace(t *testing.T) place {
	folder, err := os.MkdirTemp("/dev/shm", "ginmaint") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		folder = t.TempDir()
	}
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(folder)) })
	return place{"file:" + filepath.Join(folder, "state.json"), func(t *testing.T) (all string) {
		require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			all += path + "\n" + string(text) + "\n"
			return err
		}))
		return all
	}}
}

func redisPlace(t *testing.T) place {
	server := redistest.Start(t)
	client := redistest.Connect(t, &redis.Options{Addr: server.Addr()})
	return place{"redis://" + server.Addr(), func(t *testing.T) (all string) {
		ctx := t.Context()
		keys, err := client.Keys(ctx, "*").Result()
		require.NoError(t, err)
		for _, key := range keys {
			kind, err := client.Type(ctx, key).Result()
			require.NoError(t, err)
			read := map[string][]any{
				"string": {"get", key}, "hash": {"hgetall", key}, "list": {"lrange", key, 0, -1}, "set": {"smembers", key},
				"zset": {"zrange", key, 0, -1, "withscores"}, "stream": {"xrange", key, "-", "+"},
			}[kind]
			require.NotEmpty(t, read, kind)
			value, err := client.Do(ctx, read...).Result()
			require.NoError(t, err)
			all += fmt.Sprintln(key, value)
		}
		return all
	}}
}

func postgresPlace(t *testing.T) place {
	url := pgtest.New(t).Database(t)
	connection, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, connection.Close(context.Background())) })
	store, done, err := stores.Open(t.Context(), url)
	require.NoError(t, err)
	require.NoError(t, store.(*pgstore.Store).Migrate(t.Context()))
	require.NoError(t, done())
	column := func(t *testing.T, query string) []string {
		rows, err := connection.Query(t.Context(), query)
		require.NoError(t, err)
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return texts
	}
	return place{url, func(t *testing.T) (all string) {
		for _, table := range column(t, `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
			WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`) {
			for _, row := range column(t, "SELECT r::text FROM "+table+" r") {
				all += row + "\n"
			}
		}
		return all
	}}
}

// replica is a Mode with a client of its own.
func replica(t *testing.T, p place, opts ...maintenance.Option) *maintenance.Mode {
	t.Helper()
	store, done, err := stores.Open(t.Context(), p.url)
	require.NoError(t, err)
	m, err := maintenance.Open(t.Context(), store, append(opts, maintenance.Logger(slog.New(slog.DiscardHandler)))...)
	require.NoError(t, err)
	if ticket, ok := m.Enter(maintenance.Read); ok { // what is idle holds no drain
		ticket.Leave()
	}
	t.Cleanup(func() {
		assert.NoError(t, m.Close())
		assert.NoError(t, done())
	})
	return m
}

// write switches once for each byte of its standard input, until that is closed.
func write(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience) // for all its turns
	defer cancel()
	store, done, err := stores.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = done() }()
	m, err := maintenance.Open(ctx, store, maintenance.Observer(), maintenance.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	turn := make([]byte, 1)
	for n := 0; ; n++ {
		if _, err := os.Stdin.Read(turn); err != nil {
			return nil // it is closed
		}
		err = maintenance.ErrConflict
		for errors.Is(err, maintenance.ErrConflict) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // or seven others came first
			_, err = m.Set(ctx, maintenance.State{Level: maintenance.Level(n % 3), Reason: fmt.Sprint(os.Getpid(), ": ", n)})
		}
		if err == nil {
			_, err = os.Stdout.Write(turn)
		}
		if err != nil {
			return err
		}
	}
}
