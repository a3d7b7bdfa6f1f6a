package maintenance

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunningText(t *testing.T) {
	for want, r := range map[string]Running{
		"main.f": {Work: "main.f", Count: 1},
		"POST /upload main.(*Shop).Upload, in net.(*conn).Read, for 3m0s":            {Work: "POST /upload main.(*Shop).Upload", In: "net.(*conn).Read", Count: 1, For: 3*time.Minute + time.Millisecond},
		"2 × perhaps main.(*Worker).pay, in pgxpool.(*Pool).Exec > net.(*conn).Read": {Work: "main.(*Worker).pay", In: "pgxpool.(*Pool).Exec > net.(*conn).Read", Count: 2, Guess: true, For: 999 * time.Millisecond},
	} {
		assert.Equal(t, want, r.String())
	}
}

func TestParseProfile(t *testing.T) {
	const text = `goroutine profile: total 3
2 @ 0x47da4e 0x480be5
# labels: {"user":"+0x17 @ secret"}
#	0x480be4	time.Sleep+0x164	/usr/local/go/src/runtime/time.go:363
#	0x4dccdc	main.gen[...]+0x1c	/srv/a @ b/main.go:5

1 @ 0x44b454
#	0x4dcd61	main.main.func3+0x1	/srv/main.go:1
#	0x4dcd61
`
	assert.Equal(t, []goroutine{
		{2, []string{"time.Sleep", "main.gen[...]"}},
		{1, []string{"main.main.func3"}},
	}, parseProfile(text))
	for _, broken := range []string{"", "\n", "#\t1\tf+0x1\tg", "# a\tb", "x @ 0x1\n#\t0x1\tf\n", " @ "} {
		assert.Empty(t, parseProfile(broken), "%q", broken)
	}
}

func TestGoroutinesAreFoundWithoutTheirLabels(t *testing.T) {
	stop, began := make(chan struct{}), make(chan struct{})
	defer close(stop)
	go pprof.Do(context.Background(), pprof.Labels("user", "secret"), func(context.Context) { blocked(began, stop) })
	<-began
	var found []goroutine
	for _, g := range goroutines() {
		assert.NotContains(t, strings.Join(g.functions, " "), "secret")
		if strings.HasSuffix(g.functions[0], ".blocked") {
			found = append(found, g)
		}
	}
	require.Len(t, found, 1)
	assert.EqualValues(t, 1, found[0].count)
	assert.Contains(t, found[0].functions, "runtime/pprof.Do")
}

//go:noinline
func blocked(began chan<- struct{}, stop <-chan struct{}) {
	close(began)
	<-stop
}

func TestDescribe(t *testing.T) {
	sleeping := []string{"internal/poll.runtime_pollWait", "internal/poll.(*FD).Read", "net.(*netFD).Read", "net.(*conn).Read"}
	query := []string{"github.com/jackc/pgx/v5/pgconn.(*PgConn).peek", "github.com/jackc/pgx/v5.(*Conn).Query", "github.com/jackc/pgx/v5/pgxpool.(*Pool).Query"}
	for _, c := range []struct {
		name      string
		functions []string
		work, in  string
	}{
		{"the handler alone", []string{"main.buy"}, "main.buy", ""},
		{"a call of it", []string{"time.Sleep", "main.buy"}, "main.buy", "time.Sleep"},
		{"asleep in a call", append(sleeping, "io.ReadAll", "main.buy"), "main.buy", "io.ReadAll > net.(*conn).Read"},
		{"asleep at once", append(sleeping, "main.buy"), "main.buy", "net.(*conn).Read"},
		{
			"deep in the application", append(append(sleeping, query...), "main.(*Store).find", "main.(*Shop).check", "main.(*Shop).Buy"),
			"main.(*Shop).Buy", "main.(*Store).find > pgxpool.(*Pool).Query > net.(*conn).Read",
		},
		{
			"in a mutex", []string{"internal/sync.runtime_SemacquireMutex", "internal/sync.(*Mutex).lockSlow", "internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock", "main.buy"},
			"main.buy", "sync.(*Mutex).Lock",
		},
		{
			"not of the application", []string{"os.(*File).Read", "net/http.serveContent", "github.com/gin-gonic/gin.static.func1"},
			"gin.static.func1", "http.serveContent > os.(*File).Read",
		},
		{"nothing that tells", []string{"syscall.Read", "main.buy"}, "main.buy", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, Running{Work: c.work, In: c.in}, describe(c.functions, ""))
			assert.Equal(t, "GET / "+c.work, describe(c.functions, "GET /").Work)
		})
	}
}

func TestShort(t *testing.T) {
	for function, want := range map[string]string{
		"main.f":                                    "main.f",
		"net/http.(*conn).serve":                    "http.(*conn).serve",
		"github.com/jackc/pgx/v5.(*Conn).Query":     "pgx/v5.(*Conn).Query",
		"github.com/jackc/pgx/v5/pgxpool.(*P).Exec": "pgxpool.(*P).Exec",
		"example.com/vat.Rate":                      "vat.Rate",
		"v5.F":                                      "v5.F",
	} {
		assert.Equal(t, want, short(function))
	}
}

func TestNamesAreBounded(t *testing.T) {
	r := describe([]string{"main." + strings.Repeat("ö", 200)}, "GET /")
	assert.LessOrEqual(t, len(r.Work), mostName)
	assert.True(t, strings.HasSuffix(r.Work, "ö…"), r.Work)
}

// inWork is a Recogniser for goroutines in blocked.
func inWork(functions []string, _ Level) (int, string, bool) {
	for i, f := range functions {
		if strings.HasSuffix(f, ".blocked") {
			return i, "job", true
		}
	}
	return 0, "", false
}

func TestReplicaTellsWhatRunsThere(t *testing.T) {
	eachStore(t, func(t *testing.T, store Store, local bool) {
		m := opened(t, store)
		m.Recognise(inWork)
		const jobs = 3
		stop := make(chan struct{})
		for range jobs {
			ticket := begun(t, m, Write)
			began := make(chan struct{})
			go func() {
				defer ticket.Leave()
				blocked(began, stop)
			}()
			<-began
		}
		running := func() []Running {
			list, err := m.Replicas(t.Context())
			require.NoError(t, err)
			require.Len(t, list, 1)
			return list[0].Running
		}
		time.Sleep(time.Hour)
		assert.Empty(t, running(), "no drain waits for it")
		_, err := m.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		time.Sleep(lookAfter - time.Millisecond)
		assert.Empty(t, running(), "most work is over by then")
		time.Sleep(2*lookAfter + 2*time.Millisecond)
		want := Running{Work: "job maintenance.blocked", Count: jobs}
		assert.Equal(t, []Running{want}, running())

		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*lookAgain)
		defer cancel()
		report, err := m.Drain(ctx)
		require.ErrorIs(t, err, ErrNotDrained)
		assert.Contains(t, report.String(), "3 × job maintenance.blocked, for ", "%s", report)
		assert.Equal(t, local, strings.Contains(report.Note, "3 writes in flight: 3 × job"), report.Note)
		found := running()
		require.Len(t, found, 1)
		assert.Greater(t, found[0].For, time.Since(began)-lookAgain-2*lookAfter)
		assert.LessOrEqual(t, found[0].For, time.Since(began)+2*lookAfter)

		close(stop)
		synctest.Wait()
		assert.Empty(t, running())
		began2, stop2 := make(chan struct{}), make(chan struct{})
		_, err = m.Set(t.Context(), State{Level: Off})
		require.NoError(t, err)
		ticket := begun(t, m, Read)
		go func() {
			defer ticket.Leave()
			blocked(began2, stop2)
		}()
		<-began2
		_, err = m.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		assert.Empty(t, running(), "reads go on at read-only")
		close(stop2)
		synctest.Wait()
	})
}

func TestFinderLooksAgainWhereSomethingHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f finder
		looks := 0
		f.recognisers = []Recogniser{func([]string, Level) (int, string, bool) {
			looks++
			return -1, "", true
		}}
		looksAt := func(writes int64) bool {
			before := looks
			now := tally{inFlight: [classes]int64{Write: writes}, since: time.Now().Add(-time.Minute)}
			if _, due := f.latest(now, On); due {
				_, twice := f.latest(now, On)
				assert.False(t, twice, "one look at a time")
				f.look(now, On)
			}
			return looks > before
		}
		assert.True(t, looksAt(2))
		assert.False(t, looksAt(2))
		time.Sleep(lookAfter)
		assert.False(t, looksAt(2))
		assert.True(t, looksAt(1), "one has left")
		assert.False(t, looksAt(0), "and all")
		assert.True(t, looksAt(1), "waited for anew")
		time.Sleep(lookAgain)
		assert.True(t, looksAt(1), "the places may be others by now")
		f.cost = time.Second
		time.Sleep(lookAgain)
		assert.False(t, looksAt(2), "a look that costs a second follows after fifty")
		time.Sleep(lookShare * time.Second)
		assert.True(t, looksAt(2))
	})
}

func TestOnlyWhatNobodyKnowsIsGuessed(t *testing.T) {
	recognisers := []Recogniser{inWork, func(functions []string, _ Level) (int, string, bool) {
		switch functions[0] {
		case "known":
			return 0, "", true
		case "main.exempt":
			return -1, "", true
		}
		return 0, "", false
	}, func(functions []string, _ Level) (int, string, bool) { return 0, "GET /", functions[0] == "known" }}
	all := []goroutine{
		{1, []string{"known"}},
		{2, []string{"sync.(*Cond).Wait", "main.(*Worker).pay", "main.(*Worker).run"}},
		{1, []string{"main.exempt"}},
		{1, []string{"main.wait", "main.main"}},
		{1, []string{thisPackage + "(*Mode).Wait", "main.(*Worker).run"}},
		{4, []string{"net.accept"}},
	}
	known := Running{Work: "GET / known"}
	assert.Equal(t, map[Running]int64{known: 1}, among(all, recognisers, On, 1), "all that is in flight is known")
	assert.Equal(t, map[Running]int64{known: 1, {Work: "main.(*Worker).pay", In: "sync.(*Cond).Wait", Guess: true}: 2}, among(all, recognisers, On, 2))
}

func TestTheLongestAreToldFirst(t *testing.T) {
	var f finder
	now := time.Now()
	counts := map[Running]int64{{Work: "old"}: 1, {Work: "guess", Guess: true}: 9}
	f.keep(counts, now)
	for i := range int64(3) {
		counts[Running{Work: fmt.Sprintf("new-%d", i)}] = 1 + i
	}
	found := f.keep(counts, now.Add(time.Minute))
	var names []string
	for _, r := range found {
		names = append(names, r.String())
	}
	assert.Equal(t, []string{"old, for 1m0s", "3 × new-2", "2 × new-1", "new-0", "9 × perhaps guess, for 1m0s"}, names)
	counts[Running{Work: "another"}] = 1
	assert.Len(t, f.keep(counts, now.Add(time.Hour)), mostRunning)
	delete(counts, Running{Work: "old"})
	f.keep(counts, now.Add(time.Hour))
	counts[Running{Work: "old"}] = 1
	for _, r := range f.keep(counts, now.Add(2*time.Hour)) {
		if r.Work == "old" {
			assert.Zero(t, r.For, "it was away")
		}
	}
}
