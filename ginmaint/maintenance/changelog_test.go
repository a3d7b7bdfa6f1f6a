package maintenance

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const reminded = "maintenance: the level stays in force"

func TestLogHasOneLineForEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := newScripted(), new(journal)
		m := opened(t, store, Logger(slog.New(log)), Name("web-1"), Poll(10*time.Second), FailClosed(time.Minute))
		synctest.Wait()
		assert.Empty(t, log.lines, "nothing is in force, which needs no line")

		start := time.Now().Add(time.Minute).UTC()
		end := start.Add(30 * time.Minute)
		saved, err := m.Set(t.Context(), State{Level: On, Start: start, End: end, Message: "for visitors", Reason: "index", ChangedBy: "ann"})
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)
		store.fail() // the end comes while nothing is sure
		time.Sleep(40 * time.Minute)
		store.heal()
		time.Sleep(time.Minute)

		for _, line := range []struct {
			message              string
			level                slog.Level
			from, to, origin, at string
		}{
			{"maintenance: the state has changed", slog.LevelInfo, "off", "off", "here", "on"},
			{"maintenance: the window has begun", slog.LevelInfo, "off", "on", "clock", "on"},
			{"maintenance: the window has ended, the service is open, and nobody has switched off", slog.LevelWarn, "on", "off", "trust", "on"},
		} {
			found := log.with(line.message)
			require.Len(t, found, 1, line.message)
			got := make(map[string]any)
			found[0].Attrs(func(a slog.Attr) bool { got[a.Key] = a.Value.Any(); return true })
			assert.Equal(t, line.level, found[0].Level)
			assert.Equal(t, map[string]any{
				"from": line.from, "to": line.to, "level": line.at, "origin": line.origin, "replica": "web-1",
				"revision": uint64(1), "document": saved.ID, "by": "ann", "reason": "index", "start": saved.Start, "end": saved.End,
			}, got)
		}
		assert.Empty(t, log.with(reminded))
	})
}

func TestLogRemindsOfALevelThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := newScripted(), new(journal)
		m := opened(t, store, Logger(slog.New(log)), Poll(10*time.Minute), FailClosed(time.Hour))
		require.NoError(t, m.On(t.Context()))
		time.Sleep(2 * time.Hour)
		store.fail() // an outage of the store begins nothing anew
		time.Sleep(2 * time.Hour)
		store.heal()
		require.Len(t, log.with(reminded), 1)
		assert.Equal(t, time.Hour, attr(log.with(reminded)[0], "for").Duration())
		time.Sleep(69*time.Hour + time.Minute)
		assert.Len(t, log.with(reminded), 4, "after 1, 25, 49 and 73 hours")

		_, err := m.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		time.Sleep(time.Hour + time.Minute)
		last := log.with(reminded)
		require.Len(t, last, 5, "another order begins the hour anew")
		assert.Equal(t, "read-only", attr(last[4], "to").String())
		require.NoError(t, m.Off(t.Context()))
		time.Sleep(48 * time.Hour)
		assert.Len(t, log.with(reminded), 5)
	})
}

// A pass leaves the order in force as it is, and is somebody else's doing.
func TestLogTellsOfPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := newScripted(), new(journal)
		m := opened(t, store, Logger(slog.New(log)), Name("web-1"))
		_, err := m.Set(t.Context(), State{Level: On, ChangedBy: "ann", Reason: "disks"})
		require.NoError(t, err)
		time.Sleep(30 * time.Minute)
		_, _, err = m.IssuePass(t.Context(), Pass{Name: "guest", Until: time.Now().Add(time.Hour), By: "bob"})
		require.NoError(t, err)
		time.Sleep(29 * time.Minute)
		require.NoError(t, m.RevokePass(t.Context(), "guest", Revocation{By: "cleo"}))
		time.Sleep(2 * time.Minute)

		assert.Len(t, log.with("maintenance: the state has changed"), 1)
		for message, by := range map[string]string{"maintenance: a pass was made": "bob", "maintenance: a pass was revoked": "cleo"} {
			lines := log.with(message)
			require.Len(t, lines, 1, message)
			assert.Equal(t, by, attr(lines[0], "by").String())
			assert.Equal(t, "guest", attr(lines[0], "pass").String())
			assert.Equal(t, "web-1", attr(lines[0], "replica").String())
		}
		reminders := log.with(reminded)
		require.Len(t, reminders, 1, "the level has been in force for an hour all the same")
		assert.Equal(t, time.Hour, attr(reminders[0], "for").Duration())
		assert.Equal(t, uint64(3), attr(reminders[0], "revision").Uint64())
		assert.Equal(t, "ann", attr(reminders[0], "by").String())
	})
}

func TestLogSaysWhatAProcessHasFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := NewMemoryStore(), new(journal)
		require.NoError(t, opened(t, store).On(t.Context()))
		observer := new(journal)
		opened(t, store, Logger(slog.New(log)))
		opened(t, store, Logger(slog.New(observer)), Observer())
		synctest.Wait()
		assert.Len(t, log.with("maintenance: the state as this process has found it"), 1)
		assert.Empty(t, observer.lines, "a command says what it has to say itself")
	})
}
