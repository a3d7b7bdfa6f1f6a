package pgstore_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

// BenchmarkSaveToldToAll measures the time from the begin of a save until the
// last of 100 watchers was told, beside that of a bare notification of the
// same length to 100 listeners. The two take turns, so that both meet the same
// machine.
func BenchmarkSaveToldToAll(b *testing.B) {
	const watchers = 100
	store, pool := fresh(b)
	told := make(chan struct{}, watchers)
	ctx, stop := context.WithCancel(b.Context())
	var all sync.WaitGroup
	b.Cleanup(func() { stop(); all.Wait() })
	for range watchers {
		all.Go(func() {
			_ = pgstore.New(pool).Watch(ctx, func(maintenance.State) { told <- struct{}{} })
		})
		listener, err := pgx.Connect(ctx, pool.Config().ConnString())
		require.NoError(b, err)
		_, err = listener.Exec(ctx, "LISTEN bare")
		require.NoError(b, err)
		all.Go(func() {
			defer func() { _ = listener.Close(context.WithoutCancel(ctx)) }()
			for {
				if _, err := listener.WaitForNotification(ctx); err != nil {
					return
				}
				told <- struct{}{}
			}
		})
	}
	await := func() {
		for range watchers {
			select {
			case <-told:
			case <-time.After(patience):
				b.Fatal("not all were told")
			}
		}
	}
	await() // all listen

	var saves, bare []time.Duration
	var state maintenance.State
	for b.Loop() {
		state.Level = maintenance.On - state.Level
		begin := time.Now()
		saved, err := store.Save(ctx, state)
		require.NoError(b, err)
		await()
		saves = append(saves, time.Since(begin))
		state = saved

		text, err := json.Marshal(state)
		require.NoError(b, err)
		begin = time.Now()
		_, err = pool.Exec(ctx, "SELECT pg_notify('bare', $1)", string(text))
		require.NoError(b, err)
		await()
		bare = append(bare, time.Since(begin))
	}
	b.ReportMetric(quantile(saves, 0.50)/quantile(bare, 0.50), "p50-ratio")
	b.ReportMetric(quantile(saves, 0.99)/quantile(bare, 0.99), "p99-ratio")
	b.ReportMetric(quantile(saves, 0.50)*1000, "p50-ms")
	b.ReportMetric(quantile(saves, 0.99)*1000, "p99-ms")
}

// BenchmarkRenew measures a heartbeat.
func BenchmarkRenew(b *testing.B) {
	store, _ := fresh(b)
	save(b, store, maintenance.On)
	r := join(b, store, maintenance.Replica{ID: "one"})
	for b.Loop() {
		r.Renewals++
		_, err := store.Renew(b.Context(), r)
		require.NoError(b, err)
	}
}

// quantile returns a quantile in seconds.
func quantile(all []time.Duration, q float64) float64 {
	slices.Sort(all)
	return all[int(q*float64(len(all)-1))].Seconds()
}
