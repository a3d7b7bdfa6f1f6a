package pgstore_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

func TestMigrateAtOnce(t *testing.T) {
	pool := connect(t, server.Database(t), func(c *pgxpool.Config) { c.MaxConns = 20 })
	start := make(chan struct{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			<-start
			assert.NoError(t, pgstore.New(pool).Migrate(t.Context()))
		})
	}
	close(start)
	all.Wait()
	assert.Equal(t, 4, get[int](t, pool, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'ginmaint%'"))
}

func TestMigrateKeepsWhatIsThere(t *testing.T) {
	store, _ := fresh(t)
	saved := save(t, store, maintenance.On)
	require.NoError(t, store.Migrate(t.Context()))
	assert.Equal(t, saved, load(t, store))
}

func TestMigrateMakesTheTableThatIsMissing(t *testing.T) {
	for _, table := range []string{"ginmaint", "ginmaint_roster", "ginmaint_replicas"} {
		t.Run(table, func(t *testing.T) {
			store, pool := fresh(t)
			set(t, pool, "DROP TABLE "+table)
			_, err := store.Replicas(t.Context())
			require.ErrorContains(t, err, "make the tables")
			require.NoError(t, store.Migrate(t.Context()))
			_, err = store.Replicas(t.Context())
			require.NoError(t, err)
		})
	}
}

func TestSwitchesAndTablesAreApart(t *testing.T) {
	_, pool := fresh(t)
	set(t, pool, `CREATE SCHEMA ops; CREATE SCHEMA "Tenant-4""2"`)
	elsewhere := connect(t, pool.Config().ConnString(), func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["search_path"] = "ops"
	})
	longest := strings.Repeat("x", 54)
	stores := map[string]*pgstore.Store{
		"default":          pgstore.New(pool),
		"name":             pgstore.New(pool, pgstore.Switch("billing")),
		"odd name":         pgstore.New(pool, pgstore.Switch(`o'hara \ "$1" – é`)),
		"table":            pgstore.New(pool, pgstore.Table("other")),
		"schema":           pgstore.New(pool, pgstore.Table("ops.other")),
		"search path":      pgstore.New(elsewhere),
		"upper case":       pgstore.New(pool, pgstore.Table("Ginmaint")),
		"odd table":        pgstore.New(pool, pgstore.Table(`Tenant-4"2.sel'ect $1 \ {{lock}} --`)),
		"reserved":         pgstore.New(pool, pgstore.Table("select")),
		"longest":          pgstore.New(pool, pgstore.Table(longest)),
		"longest, another": pgstore.New(pool, pgstore.Table(longest[1:]+"y")),
	}
	saved := make(map[string]maintenance.State)
	watches := make(map[string]*watching)
	for name, store := range stores {
		require.NoError(t, store.Migrate(t.Context()), name)
		watches[name] = watch(t, store)
	}
	for name, store := range stores {
		state, err := store.Save(t.Context(), maintenance.State{Level: maintenance.On, Message: name})
		require.NoError(t, err, name)
		saved[name] = state
		_, err = store.Join(t.Context(), maintenance.Replica{ID: "one", Name: name})
		require.NoError(t, err, name)
	}
	for name, store := range stores {
		snap, err := store.Replicas(t.Context())
		require.NoError(t, err, name)
		assert.Equal(t, saved[name], snap.State)
		if assert.Len(t, snap.Replicas, 1, name) {
			assert.Equal(t, name, snap.Replicas[0].Name)
		}
		assert.Equal(t, saved[name], watches[name].next(t))
		assert.Empty(t, watches[name].told, name)
	}
}

func TestOptionsThatCantBe(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  pgstore.Option
		want string
	}{
		{"no table", pgstore.Table(""), "empty part"},
		{"no schema", pgstore.Table(".x"), "empty part"},
		{"three parts", pgstore.Table("a.b.c"), "more than one dot"},
		{"table too long", pgstore.Table(strings.Repeat("x", 55)), "at most 54"},
		{"schema too long", pgstore.Table(strings.Repeat("x", 64) + ".t"), "at most 63"},
		{"zero byte", pgstore.Table("a\x00b"), "not text"},
		{"not UTF-8", pgstore.Table("a\xff"), "not text"},
		{"no name", pgstore.Switch(""), "empty"},
		{"name too long", pgstore.Switch(strings.Repeat("x", 256)), "at most 255"},
		{"line break in the name", pgstore.Switch("a\nb"), "not text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := pgstore.New(nil, c.opt)
			_, errLoad := store.Load(t.Context())
			_, errSave := store.Save(t.Context(), maintenance.State{})
			_, errRestore := store.Restore(t.Context(), maintenance.State{ID: "x"}, maintenance.State{})
			_, errJoin := store.Join(t.Context(), maintenance.Replica{})
			_, errReport := store.Renew(t.Context(), maintenance.Replica{})
			_, errReplicas := store.Replicas(t.Context())
			for method, err := range map[string]error{
				"load": errLoad, "save": errSave, "restore": errRestore, "join": errJoin, "report": errReport,
				"replicas": errReplicas, "remove": store.Remove(t.Context(), "x"), "migrate": store.Migrate(t.Context()),
				"watch":          store.Watch(t.Context(), func(maintenance.State) { t.Error("told") }),
				"watch replicas": store.WatchReplicas(t.Context(), func() { t.Error("told") }),
			} {
				assert.ErrorContains(t, err, c.want, method)
			}
		})
	}
}
