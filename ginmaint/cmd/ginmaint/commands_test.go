package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// view is what --json prints for on, off and status.
type view struct {
	Level   string            `json:"level"`
	State   maintenance.State `json:"state"`
	Changed *bool             `json:"changed"`
	Drain   *struct {
		Drained bool `json:"drained"`
		Total   int  `json:"total"`
		Pending []struct {
			Replica maintenance.Replica `json:"replica"`
			Cause   string              `json:"cause"`
		} `json:"pending"`
	} `json:"drain"`
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

		again := w.ok("on")
		assert.Contains(t, again, "It was so already (")
		assert.Contains(t, again, "by alice: migrating); nothing was changed.")
		assert.Equal(t, first.State, viewed(t, w.ok("status", "--json")).State)
		kept := viewed(t, w.ok("on", "--reason", "still at it", "--by", "bob", "--json"))
		assert.True(t, *kept.Changed, "a new reason is worth a revision")
		assert.Equal(t, "still at it", kept.State.Reason)

		assert.Equal(t, "Maintenance is read-only until it is switched off: reads go on, writes are refused.\n", w.ok("on", "--read-only"))
		assert.Equal(t, 3, w.call("status", "--exit-code", "--quiet").code)

		got = w.call("off", "--if-revision", "2")
		assert.Equal(t, 5, got.code)
		assert.Contains(t, got.stderr, "ginmaint: the revision is 3, not 2: somebody has changed the state")
		assert.Equal(t, 3, w.call("status", "--exit-code").code)
		assert.Equal(t, "Maintenance is off.\n", w.ok("off", "--if-revision", "3", "--reason", "migrated"))
		assert.Contains(t, w.ok("off"), "It was so already (")
		last := viewed(t, w.ok("off", "--json"))
		assert.False(t, *last.Changed)
		assert.Equal(t, "migrated", last.State.Reason)
		assert.Empty(t, last.State.Message)
		assert.Regexp(t, `^.+@.+$`, last.State.ChangedBy)
	})
}

func TestWindows(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		assert.Regexp(t, `^Maintenance is on until 20\S+Z \(in 2h\)\.\n$`, w.ok("on", "--for", "2h"))
		got := w.call("on", "--start", "+10m", "--for", "1h")
		assert.Zero(t, got.code)
		assert.Regexp(t, `^Maintenance is off; it will be on from 20\S+Z \(in 10m\) until 20\S+Z \(in 1h10m\)\.\n$`, got.stdout)
		assert.Contains(t, got.stderr, "warning: it was on before, and is off until the window begins")
		s := viewed(t, w.ok("status", "--json"))
		assert.Equal(t, "off", s.Level)
		assert.Equal(t, maintenance.On, s.State.Level)

		w.env = append(w.env, "TZ=Asia/Kolkata")
		assert.Contains(t, w.ok("on", "--start", "2099-03-01 01:00", "--end", "02:00"),
			"from 2099-03-01T01:00:00+05:30 (in ")
		s = viewed(t, w.ok("status", "--json"))
		assert.Equal(t, "2099-02-28T19:30:00Z", s.State.Start.Format("2006-01-02T15:04:05Z07:00"))
		assert.Equal(t, "2099-02-28T20:30:00Z", s.State.End.Format("2006-01-02T15:04:05Z07:00"))
		assert.Equal(t, "Maintenance is off.\n", w.ok("off"))
	})
}

func TestReplicas(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		assert.Equal(t, "No replica follows this store.\n", w.ok("replicas"))
		assert.Equal(t, "[]\n", w.ok("replicas", "--json"))

		m := service(t, store, "web-1")
		text := w.ok("replicas")
		assert.Regexp(t, `^ID +NAME +LEVEL +STATE +IN FLIGHT +REPORTED\n\w{26}  web-1  off +current  - +20`, text)
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
			return strings.Contains(w.ok("replicas"), listed[0].ID)
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
			`(?m)^ok      push      a change arrives within `,
			`(?m)^ok      replicas  0 replicas follow; `,
			`(?m)^ok      join      joining, reporting and leaving took `,
		} {
			assert.Regexp(t, says, text)
		}
		assert.Equal(t, "[]\n", w.ok("replicas", "--json"), "the check has left no entry")
		assert.Zero(t, w.call("status", "--exit-code").code)

		before := viewed(t, w.ok("on", "--by", "alice", "--json"))
		text = w.ok("store", "check")
		assert.Contains(t, text, "ok      save      not tried while maintenance is on or announced\n")
		assert.Equal(t, before.State, viewed(t, w.ok("status", "--json")).State)
		assert.Equal(t, 5, strings.Count(w.ok("store", "check", "--json"), `"ok":true`))
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
