package redisstore_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

const listeners = 100

// BenchmarkSwitch measures how long a save takes until the last of a hundred
// watchers was told, beside a bare PUBLISH of the same document to as many
// subscribers, who look at nothing, and beside one whose subscribers decode it.
// The hundred share this process and its cores, which a hundred replicas don't,
// so decoding weighs more here. The three take turns: a busy machine slows all.
func BenchmarkSwitch(b *testing.B) {
	server := redistest.Start(b)
	client := server.Client(b)
	store := redisstore.New(client)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	told := make(chan struct{}, 2*listeners)
	for range listeners {
		follower := redisstore.New(server.Client(b))
		running.Go(func() {
			_ = follower.Watch(ctx, func(maintenance.State) { told <- struct{}{} })
		})
	}
	for range listeners {
		subscription := server.Client(b).Subscribe(ctx, "bare", "decoded")
		for range 2 {
			_, err := subscription.Receive(ctx)
			require.NoError(b, err)
		}
		defer subscription.Close()
		running.Go(func() {
			for {
				message, err := subscription.ReceiveMessage(ctx)
				if err != nil {
					return
				}
				if message.Channel == "decoded" {
					var state maintenance.State
					_ = state.UnmarshalJSON([]byte(message.Payload))
				}
				told <- struct{}{}
			}
		})
	}
	all := func() {
		for range listeners {
			<-told
		}
	}
	all() // they listen

	state, err := store.Save(ctx, maintenance.State{Level: maintenance.On, Message: "We are back at noon."})
	require.NoError(b, err)
	all()
	document, err := state.MarshalJSON()
	require.NoError(b, err)

	times := make(map[string][]time.Duration)
	timed := func(name string, send func() error) {
		began := time.Now()
		if err := send(); err != nil {
			b.Fatal(err)
		}
		all()
		times[name] = append(times[name], time.Since(began))
	}
	for b.Loop() {
		timed("save", func() error {
			state, err = store.Save(ctx, state)
			return err
		})
		timed("bare", func() error { return client.Publish(ctx, "bare", document).Err() })
		timed("decoded", func() error { return client.Publish(ctx, "decoded", document).Err() })
	}
	for _, sorted := range times {
		slices.Sort(sorted)
	}
	for name, percentile := range map[string]int{"p50": 50, "p99": 99} {
		save := at(times["save"], percentile)
		b.ReportMetric(float64(save.Microseconds()), name+"-µs")
		b.ReportMetric(float64(save)/float64(at(times["bare"], percentile)), name+"/bare")
		b.ReportMetric(float64(save)/float64(at(times["decoded"], percentile)), name+"/decoded")
	}
	cancel()
}

// at returns a percentile of sorted times.
func at(sorted []time.Duration, percentile int) time.Duration {
	return sorted[(len(sorted)-1)*percentile/100]
}

// BenchmarkRenew measures a heartbeat among as many replicas as a large service
// has: the round trip, and the time of the server's one thread. Beside it stands one that
// asks who the server is, as each did that carried INFO in its script; the two take
// turns.
func BenchmarkRenew(b *testing.B) {
	client := redistest.Start(b).Client(b)
	store := redisstore.New(client)
	ctx := context.Background()
	var r maintenance.Replica
	for i := range 1000 {
		var err error
		r, err = store.Join(ctx, maintenance.Replica{ID: string(rune('a'+i%26)) + time.Duration(i).String()})
		require.NoError(b, err)
	}
	_, err := store.Save(ctx, maintenance.State{Level: maintenance.On})
	require.NoError(b, err)
	spent := func(renew func()) time.Duration {
		before := serverTime(b, client)
		renew()
		return serverTime(b, client) - before
	}
	const turn = 100
	var plain, asking time.Duration
	renewals := 0
	for b.Loop() {
		plain += spent(func() {
			for range turn {
				if _, err := store.Renew(ctx, r); err != nil {
					b.Fatal(err)
				}
			}
		})
		asking += spent(func() {
			for range turn {
				if err := client.HDel(ctx, "ginmaint:{default}:roster", "asked").Err(); err != nil {
					b.Fatal(err)
				}
				if _, err := store.Renew(ctx, r); err != nil {
					b.Fatal(err)
				}
			}
		})
		renewals += turn
	}
	b.ReportMetric(float64(plain.Microseconds())/float64(renewals), "server-µs")
	b.ReportMetric(float64(asking.Microseconds())/float64(renewals), "asking-server-µs")
	b.ReportMetric(float64(asking)/float64(plain), "asking/plain")
}

// serverTime returns how long the server has run scripts so far.
func serverTime(b *testing.B, client *redis.Client) time.Duration {
	b.Helper()
	stats, err := client.Info(context.Background(), "commandstats").Result()
	require.NoError(b, err)
	for line := range strings.Lines(stats) {
		if counts, ok := strings.CutPrefix(line, "cmdstat_evalsha:"); ok {
			_, usec, _ := strings.Cut(counts, "usec=")
			usec, _, _ = strings.Cut(usec, ",")
			n, err := strconv.ParseInt(usec, 10, 64)
			require.NoError(b, err)
			return time.Duration(n) * time.Microsecond
		}
	}
	return 0
}
