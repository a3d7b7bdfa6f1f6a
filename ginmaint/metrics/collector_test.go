package metrics

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

var quiet = maintenance.Logger(slog.New(slog.DiscardHandler))

func opened(t *testing.T, store maintenance.Store, opts ...maintenance.Option) *maintenance.Mode {
	t.Helper()
	m, err := maintenance.Open(t.Context(), store, append(opts, quiet)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	return m
}

// value returns one metric, and fails the test where it is absent.
func value(t *testing.T, c prometheus.Collector, name string, labels ...string) float64 {
	t.Helper()
	values := values(t, c, name, labels...)
	require.Len(t, values, 1, "%s %v", name, labels)
	return values[0]
}

func values(t *testing.T, c prometheus.Collector, name string, labels ...string) (found []float64) {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(c))
	families, err := r.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var have []string
			for _, l := range m.GetLabel() {
				have = append(have, l.GetValue())
			}
			if strings.Join(have, " ") == strings.Join(labels, " ") {
				found = append(found, m.GetGauge().GetValue()+m.GetCounter().GetValue())
			}
		}
	}
	return found
}

func TestMetricsTellHowThingsStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, maintenance.NewMemoryStore(), maintenance.Poll(10*time.Second))
		c := New(m)
		assert.Empty(t, values(t, c, "ginmaint_changed_timestamp_seconds"))
		assert.Empty(t, values(t, c, "ginmaint_end_timestamp_seconds"))
		began := time.Now()
		read, ok := m.Enter(maintenance.Read)
		require.True(t, ok)
		write, ok := m.Enter(maintenance.Write)
		require.True(t, ok)
		assert.Equal(t, 1.0, value(t, c, "ginmaint_in_flight", "write"))
		assert.Zero(t, value(t, c, "ginmaint_drain_seconds"))
		_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly, Start: began.Add(time.Minute), End: began.Add(time.Hour)})
		require.NoError(t, err)
		time.Sleep(90 * time.Second)
		for name, want := range map[string]float64{
			"ginmaint_level":                     1,
			"ginmaint_ordered_level":             1,
			"ginmaint_revision":                  1,
			"ginmaint_trusted":                   1,
			"ginmaint_changed_timestamp_seconds": float64(began.Add(time.Minute).Unix()),
			"ginmaint_start_timestamp_seconds":   float64(began.Add(time.Minute).Unix()),
			"ginmaint_end_timestamp_seconds":     float64(began.Add(time.Hour).Unix()),
			"ginmaint_changes_total":             3, // opened, announced, begun
			"ginmaint_drain_seconds":             30,
			"ginmaint_held":                      0,
		} {
			assert.Equal(t, want, value(t, c, name), name)
		}
		assert.LessOrEqual(t, value(t, c, "ginmaint_state_age_seconds"), 10.0)
		assert.Equal(t, 1.0, value(t, c, "ginmaint_replicas", busy))
		write.Leave()
		assert.Zero(t, value(t, c, "ginmaint_drain_seconds"), "reads go on")
		assert.Equal(t, 1.0, value(t, c, "ginmaint_in_flight", "read"))
		read.Leave()
		time.Sleep(rest)
		assert.Equal(t, 1.0, value(t, c, "ginmaint_replicas", following))
		time.Sleep(time.Hour)
		assert.Zero(t, value(t, c, "ginmaint_level"))
		assert.Equal(t, 1.0, value(t, c, "ginmaint_ordered_level"))
		assert.Equal(t, float64(began.Add(time.Hour).Unix()), value(t, c, "ginmaint_changed_timestamp_seconds"))
	})
}

// listed is a store whose roster a test writes.
type listed struct {
	*maintenance.MemoryStore
	all  []maintenance.Replica
	err  error
	asks int
}

func (l *listed) Replicas(context.Context) (maintenance.Listing, error) {
	l.asks++
	return maintenance.Listing{Replicas: l.all}, l.err
}

func TestReplicasByCondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &listed{MemoryStore: maintenance.NewMemoryStore()}
		m := opened(t, store, maintenance.Observer())
		saved, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On})
		require.NoError(t, err)
		entry := func(id, document string, reads int64, lease time.Duration) maintenance.Replica {
			return maintenance.Replica{ID: id, Document: document, Level: maintenance.On, Reads: reads, Lease: lease}
		}
		store.all = []maintenance.Replica{
			entry("a", saved.ID, 0, time.Hour), entry("b", saved.ID, 3, time.Hour), entry("c", "", 0, time.Hour),
			entry("d", saved.ID, 0, 10*time.Second), {ID: "e", Unknown: true},
		}
		c := New(m)
		counts := func() (all []float64) {
			for _, condition := range []string{following, busy, behind, silent, unknown} {
				all = append(all, value(t, c, "ginmaint_replicas", condition))
			}
			return all
		}
		assert.Equal(t, []float64{2, 1, 1, 0, 1}, counts())
		assert.Equal(t, 1, store.asks, "whoever scrapes, the store is asked once in a while")
		time.Sleep(13 * time.Second)
		assert.Equal(t, []float64{1, 1, 1, 1, 1}, counts())
		store.all[3].Renewals++
		time.Sleep(rest)
		assert.Equal(t, []float64{2, 1, 1, 0, 1}, counts())
		store.err = errors.New("the store is down")
		time.Sleep(rest)
		assert.Empty(t, values(t, c, "ginmaint_replicas", following), "the rest is told all the same")
		assert.Equal(t, 2.0, value(t, c, "ginmaint_level"))
		asks := store.asks
		assert.Empty(t, values(t, New(m, WithoutReplicas()), "ginmaint_replicas", following))
		assert.Equal(t, asks, store.asks)
	})
}

func TestLint(t *testing.T) {
	problems, err := testutil.CollectAndLint(New(opened(t, maintenance.NewMemoryStore())))
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestDocumentationNamesEachMetric(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	for name := range described() {
		assert.Contains(t, string(text), "//\t"+name+" ", name)
	}
}

// described are the names of all metrics.
func described() map[string]bool {
	names := make(map[string]bool)
	descriptions := make(chan *prometheus.Desc, 100)
	new(Collector).Describe(descriptions)
	close(descriptions)
	for d := range descriptions {
		_, rest, _ := strings.Cut(d.String(), `fqName: "`)
		name, _, _ := strings.Cut(rest, `"`)
		names[name] = true
	}
	return names
}
