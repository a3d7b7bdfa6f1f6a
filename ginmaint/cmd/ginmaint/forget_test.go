package main_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// rosters are the stores in which an entry outlives its process.
func rosters(t *testing.T, test func(t *testing.T, store string)) {
	t.Parallel()
	for _, name := range []string{"redis", "postgres", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := kinds[name](t)
			migrate(t, store)
			test(t, store)
		})
	}
}

// killed leaves the entry of a replica behind, silent from the next moment on.
func killed(t *testing.T, store, id, name string) {
	t.Helper()
	entered(t, store, maintenance.Replica{ID: id, Name: name, Lease: time.Nanosecond})
}

// listed returns the IDs in the store.
func (w *terminal) listed() (ids []string) {
	w.t.Helper()
	var replicas []maintenance.Replica
	require.NoError(w.t, json.Unmarshal([]byte(w.ok("replicas", "--json")), &replicas))
	for _, r := range replicas {
		ids = append(ids, r.ID)
	}
	return ids
}

// reads calls the command with this on its standard input.
func (w *terminal) reads(text string, args ...string) answer {
	w.t.Helper()
	cmd := w.command(args...)
	cmd.Stdin = strings.NewReader(text)
	return finish(w.t, cmd)
}

// What has admitted nothing is idle. What has not been heard of for longer than its lease
// is silent, not current, and
// comes last.
func TestListsTellTheTruth(t *testing.T) {
	rosters(t, func(t *testing.T, store string) {
		w := at(t, store)
		killed(t, store, "AAAA1111", "a-1")
		killed(t, store, "AAAA2222", "shop-7f9c6d5b8-with-a-very-long-name:4711")
		service(t, store, "web-2")
		begun(t, service(t, store, "web-1"), maintenance.Write)()
		text := w.ok("replicas")
		assert.Regexp(t, `^NAME +STATE +LEVEL +IN FLIGHT +ID
web-1 +current +off +- +\w{5}
web-2 +idle +off +- +\w{5}
a-1 +silent \d+s +off +- +AAAA1
shop-7f9c6d…-name:4711 +silent \d+s +off +- +AAAA2
$`, text)
		for _, l := range strings.Split(text, "\n") {
			assert.LessOrEqual(t, len([]rune(l)), 60, "%q leaves a narrow terminal", l)
		}
	})
}

func TestForgetByName(t *testing.T) {
	rosters(t, func(t *testing.T, store string) {
		w := at(t, store)
		service(t, store, "web-1")
		killed(t, store, "AAAA1111", "web-1") // its predecessor
		killed(t, store, "BBBB1111", "web-2")
		killed(t, store, "BBBB2222", "web-3")
		killed(t, store, "CCCC1111", "web-4")

		offers := w.ok("__complete", "replicas", "forget", "BBBB1111", "")
		assert.Regexp(t, `(?m)^web-3\tsilent \d+s$`, offers, "a name, where it is silent")
		assert.Regexp(t, `(?m)^AAAA1111\tweb-1, silent \d+s$`, offers)
		assert.NotContains(t, offers, "BBBB1111", "it was typed already")
		assert.Contains(t, w.ok("__complete", "on", "--expect", ""), "5\texactly as many as now\n")

		got := w.call("replicas", "forget", "web-2", "nobody")
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stderr, `the store lists no replica "nobody"; see ginmaint replicas`)
		got = w.call("replicas", "forget", "BBBB")
		assert.Equal(t, 2, got.code)
		assert.Contains(t, got.stderr, `the IDs of 2 replicas begin with "BBBB"; write more of it`)
		assert.Len(t, w.listed(), 5, "nothing was forgotten")

		assert.Regexp(t, `^Forgotten: AAAA1111 \(web-1, silent \d+s\)\n$`, w.ok("replicas", "forget", "web-1"))
		got = w.call("replicas", "forget", "web-1")
		assert.Equal(t, 1, got.code)
		assert.Regexp(t, `web-1 has renewed its entry \d+s ago, so it lives; to forget it all the same, name it by its ID\n`, got.stderr)
		assert.Equal(t, `{"forgotten":["BBBB1111","CCCC1111"]}`+"\n", w.ok("replicas", "forget", "--json", "BBBB1", "web-4"))
		assert.Regexp(t, `^\w{26} BBBB2222$`, strings.Join(w.listed(), " "))
	})
}

func TestForgetTheSilent(t *testing.T) {
	rosters(t, func(t *testing.T, store string) {
		w := at(t, store)
		service(t, store, "web-1")
		killed(t, store, "AAAA1111", "web-2")
		killed(t, store, "AAAA2222", "web-3")
		assert.Equal(t, "No replica is silent for 1h or longer.\n", w.ok("replicas", "forget", "--silent", "1h", "--yes"))

		got := w.reads("y\n", "replicas", "forget", "--silent", "1ms")
		assert.Equal(t, 2, got.code, "a pipe is nobody who has seen the list")
		assert.Regexp(t, `2 entries are silent:\n  web-2, silent \d+s\n  web-3, silent \d+s\nNothing was forgotten: .* add --yes\n`, got.stderr)
		assert.Len(t, w.listed(), 3)
		assert.Equal(t, 2, strings.Count(w.ok("replicas", "forget", "--silent", "1ms", "--yes"), "Forgotten: AAAA"))
		assert.Len(t, w.listed(), 1)
	})
}

func TestForgetAllButTheLiving(t *testing.T) {
	rosters(t, func(t *testing.T, store string) {
		w := at(t, store)
		service(t, store, "web-1")
		service(t, store, "web-2:4711")
		killed(t, store, "AAAA1111", "web-2:12")
		killed(t, store, "AAAA2222", "web-3:1")
		entered(t, store, maintenance.UnknownReplica("LOST", maintenance.Replica{Lease: time.Second}))

		for name, c := range map[string]struct {
			living string
			code   int
			says   string
		}{
			"names that were not found":  {" \n\n", 2, "no name was read, so nothing was forgotten"},
			"names that are not all":     {"web-1\n", 1, "nothing was forgotten: web-2:4711 has renewed its entry"},
			"names of something else":    {"db-1\ndb-2\n", 1, "so they are not all that live"},
			"names with one too few ...": {"pod/web-2\npod/web-9\n", 1, "nothing was forgotten: web-1 has renewed"},
		} {
			got := w.reads(c.living, "replicas", "forget", "--except", "-")
			assert.Equal(t, c.code, got.code, name)
			assert.Contains(t, got.stderr, c.says, name)
			assert.Len(t, w.listed(), 5, name)
		}

		got := w.reads("pod/web-1\r\n  pod/web-2  \npod/starting-1", "replicas", "forget", "--except", "-")
		assert.Zero(t, got.code, got.stderr)
		assert.Regexp(t, `^Forgotten: AAAA2222 \(web-3:1, silent \d+s\)\n$`, got.stdout)
		assert.Regexp(t, `kept, as its name is among those that live: web-2:12, silent \d+s, ID AAAA1111\n`, got.stderr)
		assert.Contains(t, got.stderr, "kept: the entry for what a lost roster may have held, as no replica is heard of by the name pod/starting-1\n")

		got = w.reads("web-1\nweb-2:4711\n", "replicas", "forget", "--except", "-", "--quiet")
		assert.Zero(t, got.code, got.stderr)
		assert.Empty(t, got.stdout+got.stderr)
		assert.Len(t, w.listed(), 2, "all that live are listed, so a lost roster held nobody else")
	})
}

// What would hold a drain is named while the service is open, and forgotten by the
// command that stands there.
func TestPreflight(t *testing.T) {
	rosters(t, func(t *testing.T, store string) {
		w := at(t, store)
		service(t, store, "web-1")
		killed(t, store, "AAAA1111", "web-2")
		got := w.call("preflight", "--expect", "1")
		assert.Equal(t, 4, got.code)
		assert.Contains(t, got.stderr, "listening for 11s at most\n")
		assert.Regexp(t, `ginmaint: not ready: after 1\d\S*s\n  web-2: silent for 1\ds\n`, got.stderr)
		last := strings.Split(strings.TrimSpace(got.stderr), "\n")
		command := strings.Fields(last[len(last)-1])
		assert.Equal(t, []string{"ginmaint", "replicas", "forget", "web-2"}, command)
		w.ok(command[1:]...)
		assert.Regexp(t, `^Ready: nothing would hold a drain\. 1 replica was heard of within \d\S*s\.\n$`, w.ok("preflight", "--expect", "1"))
		assert.Zero(t, w.call("run", "--drain", "--expect", "1", "--", "true").code)
	})
}
