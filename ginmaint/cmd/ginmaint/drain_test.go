package main_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestDrain(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		service(t, store, "web-1")
		busy := service(t, store, "web-2")
		end := begun(t, busy, maintenance.Write)

		s := w.start("on", "--drain", "--timeout", "30s", "--json")
		prints(t, s.err, "  web-2: busy with 1 write")
		end()
		got := s.wait()
		assert.Zero(t, got.code, got.stderr)
		assert.Contains(t, got.stderr, "  web-2: drained\n")
		v := viewed(t, got.stdout)
		assert.True(t, v.Drain.Drained)
		assert.Equal(t, 2, v.Drain.Total)
		assert.Empty(t, v.Drain.Pending)
		_, admitted := busy.Enter(maintenance.Read)
		assert.False(t, admitted)

		assert.Contains(t, w.ok("status", "--wait", "drained"), "nothing that is refused runs any more (2 replicas).")
	})
}

func TestDrainIncomplete(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		m := service(t, store, "web-1")
		begun(t, m, maintenance.Read)
		got := w.call("on", "--drain", "--timeout", "4s", "--json")
		assert.Equal(t, 4, got.code)
		assert.Contains(t, got.stderr, "1 pending of 1 replica:\n  web-1 (")
		assert.Contains(t, got.stderr, "): 1 read in flight")
		assert.Contains(t, got.stderr, "Maintenance stays on; to open again: ginmaint off\n")
		v := viewed(t, got.stdout)
		assert.Equal(t, "on", v.Level)
		assert.False(t, v.Drain.Drained)
		assert.Equal(t, maintenance.Busy, v.Drain.Pending[0].Cause)
		assert.Equal(t, "web-1", v.Drain.Pending[0].Replica.Name)

		got = w.call("run", "--drain", "--timeout", "500ms", "--", "touch", "it-ran")
		assert.Equal(t, 4, got.code)
		assert.Contains(t, got.stderr, "the command was not run: not drained after")
		assert.NoFileExists(t, w.dir+"/it-ran")
		assert.Equal(t, 3, w.call("status", "--exit-code").code, "it stays on")
	})
}

// On Heroku, and wherever else each process has a disk of its own, the state
// must not be kept in a file. Here the two processes share a Redis and nothing
// else.
func TestHerokuTwoProcessesWithNoFileInCommon(t *testing.T) {
	t.Parallel()
	store := kinds["redis"](t)
	web, worker := at(t, store), at(t, store)
	m := service(t, store, "web-1")

	web.ok("on", "--message", "Back at two")
	assert.Equal(t, 3, worker.call("status", "--exit-code").code)
	assert.Eventually(t, func() bool { return m.Level() == maintenance.On }, patience, 5_000_000)
	assert.Equal(t, "Back at two", m.State().Message)
	worker.ok("off")
	assert.Zero(t, web.call("status", "--exit-code").code)
	for _, w := range []*terminal{web, worker} {
		assert.NoFileExists(t, w.dir+"/maintenance_mode.json")
	}
}

func TestWatchAndWait(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		watching, lines, waiting := w.start("watch"), w.start("watch", "--json"), w.start("status", "--wait", "on")
		prints(t, watching.out, "it was never switched here.\n")
		prints(t, lines.out, `"level":"off"`)
		w.ok("on", "--by", "alice", "--reason", "why")
		prints(t, watching.out, "Maintenance is on until it is switched off. (")
		prints(t, watching.out, "revision 1, by alice: why)\n")
		prints(t, lines.out, `"changed_by":"alice"`)
		got := waiting.wait()
		assert.Zero(t, got.code, got.stderr)
		assert.Contains(t, got.stdout, "Maintenance is on")
		waiting = w.start("status", "--wait", "off")
		w.ok("pass", "create", "guest", "--for", "1h", "--by", "bob")
		prints(t, watching.out, "  pass guest made by bob (command), revision 2\n")
		w.ok("off")
		assert.Zero(t, waiting.wait().code)
		prints(t, watching.out, "Maintenance is off. (")

		got = w.call("status", "--wait", "on", "--timeout", "100ms")
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stderr, "maintenance is off after 100ms, not on")
	})
}

func TestWatchReplicas(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		s := w.start("replicas", "--watch")
		prints(t, s.out, "no replica follows this store\n")
		m := service(t, store, "web-1")
		prints(t, s.out, " web-1: off, idle, in flight: -\n")
		begun(t, m, maintenance.Write)()
		w.ok("on")
		prints(t, s.out, " web-1: on, current, in flight: -\n")
		assert.NoError(t, m.Close())
		prints(t, s.out, ": gone\n")
	})
}
