package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// view is what --json prints for on, off and status.
type view struct {
	Level    string              `json:"level"`
	State    maintenance.State   `json:"state"`
	Replaced *maintenance.State  `json:"replaced"`
	Drain    *maintenance.Report `json:"drain"`
}

func viewed(t *testing.T, text string) (v view) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

func TestSwitching(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		assert.Contains(t, w.ok("status"), "Maintenance is off: it was never switched here.")
		assert.Zero(t, w.call("status", "--exit-code").code)

		assert.Equal(t, "Maintenance is on until it is switched off.\n", w.ok("on", "--message", "Back at two", "--reason", "migrating", "--by", "alice"))
		first := viewed(t, w.ok("status", "--json"))
		assert.Equal(t, "on", first.Level)
		assert.Equal(t, "Back at two", first.State.Message)
		assert.Equal(t, "migrating", first.State.Reason)
		assert.Equal(t, "alice", first.State.ChangedBy)
		assert.EqualValues(t, 1, first.State.Revision)
		got := w.call("status", "--exit-code")
		assert.Equal(t, 3, got.code)
		assert.Empty(t, got.stderr, "it is an answer, not an error")
		assert.Contains(t, got.stdout, "message  Back at two\n")
		assert.Contains(t, got.stdout, "revision 1, by alice: migrating\n")

		again := w.ok("on", "--by", "bob")
		assert.Regexp(t, `^Maintenance is on until it is switched off\.\nIt was on already \(\S+Z, revision 1, by alice: migrating\); this order replaces that one\.\n$`, again)
		second := viewed(t, w.ok("status", "--json")).State
		assert.EqualValues(t, 2, second.Revision)
		assert.NotEqual(t, first.State.ID, second.ID)
		assert.Equal(t, "bob", second.ChangedBy)
		assert.Equal(t, "Back at two", second.Message, "visitors see it on")
		assert.Empty(t, second.Reason, "it was the one of alice")
		third := viewed(t, w.ok("on", "--reason", "still at it", "--message", "", "--json"))
		assert.Equal(t, &second, third.Replaced)
		assert.Equal(t, "still at it", third.State.Reason)
		assert.Empty(t, third.State.Message)

		got = w.call("on", "--read-only")
		assert.Zero(t, got.code)
		assert.Regexp(t, `^Maintenance is read-only until it is switched off: reads go on, writes are refused\.\nIt was on before \(.*: still at it\); this order replaces that one\.\n$`, got.stdout)
		assert.Regexp(t, `^In .*, which no replica follows\.\nwarning: it was on before, and is read-only now\n$`, got.stderr)
		assert.Equal(t, 3, w.call("status", "--exit-code", "--quiet").code)

		got = w.call("off", "--if-revision", "3")
		assert.Equal(t, 5, got.code)
		assert.Contains(t, got.stderr, "ginmaint: the revision is 4, not 3: somebody has changed the state")
		assert.Equal(t, 3, w.call("status", "--exit-code").code)
		assert.Equal(t, "Maintenance is off.\n", w.ok("off", "--if-revision", "4", "--reason", "migrated", "--by", "alice"))
		last := viewed(t, w.ok("off", "--json"))
		assert.EqualValues(t, 6, last.State.Revision)
		assert.Equal(t, "alice", last.Replaced.ChangedBy)
		assert.Empty(t, last.State.Message+last.State.Reason)
		assert.Regexp(t, `^.+@.+$`, last.State.ChangedBy)
		assert.Regexp(t, `^Maintenance is off\.\nIt was off already \(\S+Z, revision 6, by .+@.+\); this order replaces that one\.\n$`, w.ok("off"))
	})
}

// What was in force, or will be, is told and keeps its message; what is over
// leaves nothing behind.
func TestOrdersOverAWindow(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	w.ok("on", "--start", "+1h", "--message", "soon", "--reason", "why", "--by", "alice")
	answered := w.call("on")
	require.Zero(t, answered.code, answered.stderr)
	got := answered.stdout
	assert.Regexp(t, `\nA window was announced \(.*by alice: why\); this order replaces that one\.\n$`, got)
	assert.Contains(t, answered.stderr, "\nThe message from before stays: soon\n")
	assert.NotContains(t, w.call("on", "--message", "soon").stderr, "stays")
	assert.Equal(t, "soon", viewed(t, w.ok("status", "--json")).State.Message)

	w.ok("on", "--start", "+1h", "--by", "alice")
	assert.Regexp(t, `^Maintenance is off\.\nA window was announced \(.*by alice\); this order replaces that one\.\n$`, w.ok("off"))

	past := `{"level":"on","end":"2001-01-01T00:00:00Z","message":"gone","reason":"old","changed_by":"alice","revision":9}`
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "maintenance_mode.json"), []byte(past), 0o644))
	got = w.ok("on")
	assert.Equal(t, "Maintenance is on until it is switched off.\n", got)
	state := viewed(t, w.ok("status", "--json")).State
	assert.Empty(t, state.Message+state.Reason)
	assert.True(t, state.End.IsZero())
}

func TestWindows(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		assert.Regexp(t, `^Maintenance is on until 20\S+Z \(in 2h\)\.\n$`, w.ok("on", "--for", "2h"))
		got := w.call("on", "--start", "+10m", "--for", "1h")
		assert.Zero(t, got.code)
		assert.Regexp(t, `^Maintenance is off; it will be on from 20\S+Z \(in 10m\) until 20\S+Z \(in 1h10m\)\.\nIt was on before \(.*\); this order replaces that one\.\n$`, got.stdout)
		assert.Contains(t, got.stderr, "warning: it was on before, and is off until the window begins\n")
		s := viewed(t, w.ok("status", "--json"))
		assert.Equal(t, "off", s.Level)
		assert.Equal(t, maintenance.On, s.State.Level)

		w.env = append(w.env, "TZ=Asia/Kolkata")
		assert.Contains(t, w.ok("on", "--start", "2099-03-01 01:00", "--end", "02:00"),
			"from 2099-03-01T01:00:00+05:30 (in ")
		s = viewed(t, w.ok("status", "--json"))
		assert.Equal(t, "2099-02-28T19:30:00Z", s.State.Start.Format("2006-01-02T15:04:05Z07:00"))
		assert.Equal(t, "2099-02-28T20:30:00Z", s.State.End.Format("2006-01-02T15:04:05Z07:00"))
		assert.True(t, strings.HasPrefix(w.ok("off"), "Maintenance is off.\n"))
	})
}

func TestReplicas(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		assert.Equal(t, "No replica follows this store.\n", w.ok("replicas"))
		assert.Equal(t, "[]\n", w.ok("replicas", "--json"))

		m := service(t, store, "web-1")
		text := w.ok("replicas")
		assert.Regexp(t, `^NAME +STATE +LEVEL +IN FLIGHT +ID\nweb-1  idle   off +- +\w{4}\n$`, text)
		var listed []maintenance.Replica
		require.NoError(t, json.Unmarshal([]byte(w.ok("replicas", "--json")), &listed))
		require.Len(t, listed, 1)
		assert.Equal(t, "web-1", listed[0].Name)
		assert.Contains(t, w.ok("__complete", "replicas", "forget", ""), listed[0].ID+"\tweb-1\n")

		got := w.call("replicas", "forget", "NOBODY")
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stderr, `the store lists no replica "NOBODY"; see ginmaint replicas`)
		assert.Equal(t, "Forgotten: "+listed[0].ID+"\n", w.ok("replicas", "forget", listed[0].ID))
		require.Eventually(t, func() bool { // it joins again
			return strings.Contains(w.ok("replicas", "--json"), listed[0].ID)
		}, patience, 50_000_000)
		require.NoError(t, m.Close())
		assert.Equal(t, "[]\n", w.ok("replicas", "--json"))
	})
}

func TestStoreCheck(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		text := w.ok("store", "check")
		for _, says := range []string{
			`(?m)^ok      load      .* answers in [^ ]+s, at most [^ ]+s of 9 times; never switched$`,
			`(?m)^ok      save      this user may; it took `,
			`(?m)^(ok      push      a change arrives within |note    push      this store has no pushes; replicas follow by polling, within 100ms unless their Poll says otherwise$)`,
			`(?m)^ok      replicas  0 replicas follow; `,
			`(?m)^ok      join      joining, renewing and leaving took `,
		} {
			assert.Regexp(t, says, text)
		}
		assert.Equal(t, "[]\n", w.ok("replicas", "--json"), "the check has left no entry")
		assert.Zero(t, w.call("status", "--exit-code").code)

		before := viewed(t, w.ok("on", "--by", "alice", "--json"))
		text = w.ok("store", "check")
		assert.Contains(t, text, "ok      save      not tried while maintenance is on or announced\n")
		assert.Equal(t, before.State, viewed(t, w.ok("status", "--json")).State)
		assert.Equal(t, 6, strings.Count(w.ok("store", "check", "--json"), `"ok":true`))
	})
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		w := at(t, kinds["postgres"](t))
		before := w.call("status")
		assert.Equal(t, 1, before.code)
		assert.Contains(t, before.stderr, "ginmaint store migrate")
		for range 2 {
			assert.Equal(t, "The tables are there.\n", w.ok("store", "migrate"))
		}
		w.ok("on")
		w.ok("store", "migrate")
		assert.Equal(t, 3, w.call("status", "--exit-code").code, "what is there stays as it is")
	})
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, "This store needs no tables.\n", at(t, kinds["file"](t)).ok("store", "migrate"))
	})
	t.Run("unreachable", func(t *testing.T) {
		t.Parallel()
		got := at(t, "postgres://shop:s3cret@127.0.0.1:1/shop").call("store", "migrate")
		assert.Equal(t, 1, got.code)
		assert.NotContains(t, got.stdout+got.stderr, "s3cret")
	})
}
