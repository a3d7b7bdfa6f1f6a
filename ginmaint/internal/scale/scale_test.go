package scale

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// engine is a store and the bare message that its switch is compared with.
type engine struct {
	store   func() maintenance.Store // one for each replica
	publish func() error             // sends a bare message
	listen  func(told chan<- struct{})
}

// BenchmarkSwitch measures the time from On's return until the last of a
// hundred replicas refuses, from On's call, and from Off's call until the last admits,
// beside a bare message to as many listeners.
func BenchmarkSwitch(b *testing.B) {
	const replicas = 100
	for name, open := range engines {
		if name == "files" {
			continue // there is no message to compare with
		}
		b.Run(name, func(b *testing.B) {
			e := open(b, replicas)
			modes := openModes(b, e, replicas)
			told := make(chan struct{}, replicas)
			for range replicas {
				e.listen(told)
			}
			var returned, called, opened, bare times
			for b.Loop() {
				began := time.Now()
				require.NoError(b, modes[0].On(b.Context()))
				back := time.Now()
				for _, m := range modes {
					<-m.Draining(maintenance.Read)
				}
				returned.add(back)
				called.add(began)
				began = time.Now()
				require.NoError(b, modes[0].Off(b.Context()))
				for _, m := range modes {
					for m.Level() != maintenance.Off {
						t, err := m.Wait(b.Context(), maintenance.Read)
						require.NoError(b, err)
						t.Leave()
					}
				}
				opened.add(began)
				began = time.Now()
				require.NoError(b, e.publish())
				for range replicas {
					<-told
				}
				bare.add(began)
			}
			for _, percentile := range []int{50, 99} {
				message := float64(bare.at(percentile))
				b.ReportMetric(float64(bare.at(percentile).Microseconds()), fmt.Sprintf("p%d-bare-µs", percentile))
				b.ReportMetric(float64(returned.at(percentile))/message, fmt.Sprintf("p%d-after-On/bare", percentile))
				b.ReportMetric(float64(called.at(percentile))/message, fmt.Sprintf("p%d-with-On/bare", percentile))
				b.ReportMetric(float64(opened.at(percentile))/message, fmt.Sprintf("p%d-with-Off/bare", percentile))
			}
		})
	}
}

// BenchmarkDrain measures a drain of idle replicas, from just after On's return.
func BenchmarkDrain(b *testing.B) {
	for name, open := range engines {
		for _, replicas := range []int{1, 10, 100, 1000} {
			if name != "redis" && replicas > 100 {
				continue // a thousand connections, or processes of one host, are no way to run it
			}
			b.Run(fmt.Sprintf("%s/%d", name, replicas), func(b *testing.B) {
				e := open(b, replicas)
				var told acknowledged
				bare := e.store
				e.store = func() maintenance.Store { return told.of(bare()) }
				modes := openModes(b, e, replicas)
				var drain, proof, question times
				for b.Loop() {
					require.NoError(b, modes[0].On(b.Context()))
					began := time.Now()
					_, err := modes[0].Drain(b.Context())
					require.NoError(b, err)
					drain.add(began)
					proof.add(told.last(modes[0].State().ID))
					require.NoError(b, modes[0].Off(b.Context()))
					began = time.Now()
					_, err = modes[0].Replicas(b.Context())
					require.NoError(b, err)
					question.add(began)
				}
				for _, percentile := range []int{50, 99} {
					b.ReportMetric(float64(drain.at(percentile).Microseconds()), fmt.Sprintf("p%d-µs", percentile))
					b.ReportMetric(float64(drain.at(percentile))/float64(question.at(percentile)), fmt.Sprintf("p%d/question", percentile))
					b.ReportMetric(float64(proof.at(percentile))/float64(question.at(percentile)), fmt.Sprintf("p%d-after-last-told/question", percentile))
				}
			})
		}
	}
}

// rosterStore is a store with a roster, and what the Mode asks of it beside that.
type rosterStore interface {
	maintenance.Store
	maintenance.Roster
}

// acknowledged is when the replicas have told first that they obey a document.
type acknowledged struct {
	mu   sync.Mutex
	told map[[2]string]bool   // document and replica
	at   map[string]time.Time // the last first time, by document
}

func (a *acknowledged) last(document string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at[document]
}

func (a *acknowledged) note(r maintenance.Replica) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told == nil {
		a.told, a.at = make(map[[2]string]bool), make(map[string]time.Time)
	}
	if key := [2]string{r.Document, r.ID}; !a.told[key] {
		a.told[key], a.at[r.Document] = true, time.Now()
	}
}

// of returns the store, whose acknowledgements are noted, and which restores where that does.
func (a *acknowledged) of(s maintenance.Store) maintenance.Store {
	told := telling{s.(rosterStore), a}
	if r, ok := s.(maintenance.Restorer); ok {
		return struct {
			telling
			maintenance.Restorer
		}{told, r}
	}
	return told
}

// telling notes when a document is acknowledged.
type telling struct {
	rosterStore
	told *acknowledged
}

func (t telling) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	s, err := t.rosterStore.Renew(ctx, r)
	if err == nil {
		t.told.note(r)
	}
	return s, err
}

// openModes opens the replicas, and drains once, so that the roster is old
// enough to prove something.
func openModes(b *testing.B, e engine, n int) []*maintenance.Mode {
	quiet := slog.New(slog.DiscardHandler)
	modes := make([]*maintenance.Mode, n)
	for i := range modes {
		m, err := maintenance.Open(b.Context(), e.store(), maintenance.Logger(quiet))
		require.NoError(b, err)
		if ticket, ok := m.Enter(maintenance.Read); ok { // what is idle holds no drain
			ticket.Leave()
		}
		b.Cleanup(func() { require.NoError(b, m.Close()) })
		modes[i] = m
	}
	require.NoError(b, modes[0].On(b.Context()))
	_, err := modes[0].Drain(b.Context())
	require.NoError(b, err)
	require.NoError(b, modes[0].Off(b.Context()))
	return modes
}

// BenchmarkOffByStore measures a request while maintenance is off, which is to cost
// the same whatever the store is.
func BenchmarkOffByStore(b *testing.B) {
	gin.SetMode(gin.ReleaseMode)
	memory := func(*testing.B, int) engine {
		return engine{store: func() maintenance.Store { return maintenance.NewMemoryStore() }}
	}
	for _, store := range []struct {
		name string
		open func(*testing.B, int) engine
	}{{"memory", memory}, {"files", openFiles}, {"redis", openRedis}, {"postgres", openPostgres}} {
		b.Run(store.name, func(b *testing.B) {
			mode, err := maintenance.Open(b.Context(), store.open(b, 1).store(), maintenance.Logger(slog.New(slog.DiscardHandler)))
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, mode.Close()) })
			r := gin.New()
			r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
			r.GET("/users/:id", func(*gin.Context) {})
			w, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/7", nil)
			const batch = 10_000 // -benchtime counts what takes a network elsewhere in this package
			b.ResetTimer()
			for range b.N {
				for range batch {
					r.ServeHTTP(w, request)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/request")
		})
	}
}

// engines are the stores that carry a message; files are told of a change.
var engines = map[string]func(*testing.B, int) engine{"redis": openRedis, "postgres": openPostgres, "files": openFiles}

func openFiles(b *testing.B, _ int) engine {
	path := filepath.Join(b.TempDir(), "state.json")
	return engine{store: func() maintenance.Store { return filestore.New(path) }}
}

func openRedis(b *testing.B, _ int) engine {
	server := redistest.Start(b)
	client := redistest.Connect(b, &redis.Options{Addr: server.Addr(), PoolSize: 20})
	return engine{
		store:   func() maintenance.Store { return redisstore.New(client) },
		publish: func() error { return client.Publish(context.Background(), "bare", "on").Err() },
		listen: func(told chan<- struct{}) {
			subscription := client.Subscribe(b.Context(), "bare")
			_, err := subscription.Receive(b.Context())
			require.NoError(b, err)
			b.Cleanup(func() { _ = subscription.Close() })
			go func() {
				for range subscription.Channel() {
					told <- struct{}{}
				}
			}()
		},
	}
}

func openPostgres(b *testing.B, replicas int) engine {
	server := pgtest.New(b, "max_connections=400")
	url := server.Database(b)
	config, err := pgxpool.ParseConfig(url)
	require.NoError(b, err)
	config.MaxConns = int32(2*replicas + 20) // a connection listens for each replica and each listener
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	var opened []*pgxpool.Conn
	for range config.MaxConns { // now: it takes longer than a question to the store may
		connection, err := pool.Acquire(b.Context())
		require.NoError(b, err)
		opened = append(opened, connection)
	}
	for _, connection := range opened {
		connection.Release()
	}
	require.NoError(b, pgstore.New(pool).Migrate(b.Context()))
	return engine{
		store: func() maintenance.Store { return pgstore.New(pool) },
		publish: func() error {
			_, err := pool.Exec(context.Background(), "NOTIFY bare, 'on'")
			return err
		},
		listen: func(told chan<- struct{}) {
			connection, err := pool.Acquire(b.Context())
			require.NoError(b, err)
			_, err = connection.Exec(b.Context(), "LISTEN bare")
			require.NoError(b, err)
			ctx, cancel := context.WithCancel(context.Background())
			stopped := make(chan struct{})
			b.Cleanup(func() { cancel(); <-stopped })
			go func() {
				defer close(stopped)
				defer connection.Release()
				for {
					if _, err := connection.Conn().WaitForNotification(ctx); err != nil {
						return
					}
					told <- struct{}{}
				}
			}()
		},
	}
}

// times is a series of measurements.
type times []time.Duration

func (t *times) add(began time.Time) { *t = append(*t, time.Since(began)) }

func (t *times) at(percentile int) time.Duration {
	slices.Sort(*t)
	return (*t)[(len(*t)-1)*percentile/100]
}
