package main_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// shows waits until the terminal shows what matches.
func (k *keyboard) shows(pattern string) {
	k.t.Helper()
	wanted := regexp.MustCompile(pattern)
	require.Eventually(k.t, func() bool { return wanted.MatchString(k.shown.text()) }, patience, 5*time.Millisecond,
		"%s was never shown", pattern)
}

func TestLiveDrain(t *testing.T) {
	t.Parallel()
	for _, colour := range []bool{true, false} {
		t.Run(fmt.Sprintf("colour %t", colour), func(t *testing.T) {
			t.Parallel()
			store := kinds["file"](t)
			w := at(t, store)
			if !colour {
				w.env = append(w.env, "NO_COLOR=1")
			}
			service(t, store, "web-1")
			end := begun(t, service(t, store, "web-2"), maintenance.Write)
			k := w.sit("on", "--drain")
			k.shows(`^Maintenance is on until it is switched off\.
In .*, followed by 2 replicas\.
Draining: 1 of 2 replicas, \d+s
(  the roster is only .*
)?  web-1  drained
  web-2  busy with 1 write(, the oldest for at least \ds)?$`)
			end()
			assert.Zero(t, k.ends())
			assert.Regexp(t, `^Maintenance is on until it is switched off\.
In .*, followed by 2 replicas\.
Drained: 2 replicas, \d+s
  web-1  drained
  web-2  drained
Drained after \S+: nothing that is refused runs any more \(2 replicas\)\.$`, k.shown.text())
			assert.Equal(t, colour, strings.Contains(k.shown.received(), "\x1b[32mdrained\x1b[0m"))
			assert.Equal(t, colour, strings.Contains(k.shown.received(), "\x1b[31mMaintenance is on"))
			assert.True(t, strings.Count(k.shown.received(), "\x1b[?7l") == strings.Count(k.shown.received(), "\x1b[?7h"), "line wrap is on again")
		})
	}
}

func TestDumbTerminal(t *testing.T) {
	t.Parallel()
	store := kinds["file"](t)
	w := at(t, store)
	service(t, store, "web-1")
	w.env = append(w.env, "TERM=dumb")
	k := w.sit("on", "--drain")
	assert.Zero(t, k.ends())
	assert.NotContains(t, k.shown.received(), "\x1b")
	assert.Contains(t, k.shown.text(), "\n  web-1: drained\n")
}

func TestLiveReplicas(t *testing.T) {
	t.Parallel()
	store := kinds["file"](t)
	w := at(t, store)
	service(t, store, "web-1")
	k := w.sit("replicas", "--watch")
	k.shows(`^NAME +STATE .*\nweb-1  idle   off .*`)
	m := service(t, store, "web-2")
	k.shows(`^NAME +STATE .*\nweb-1  idle   off .*\nweb-2  idle   off .*$`)
	require.NoError(t, m.Close())
	k.shows(`^NAME +STATE .*\nweb-1  idle   off .*$`)
	k.types("\x03")
	assert.Zero(t, k.ends())
}

// An interrupt that is typed reaches the command once, by the terminal itself;
// a second one would make many programs end at once.
func TestTypedInterruptReachesTheCommandOnce(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	self, err := os.Executable()
	require.NoError(t, err)
	w.env = append(w.env, childEnv+"=0")
	k := w.sit("run", "--", self)
	k.shows(`ready \d+`)
	const times = 3
	for i := range times {
		k.types("\x03")
		k.shows(fmt.Sprintf(`(?s)(got interrupt.*){%d}`, i+1))
	}
	require.NoError(t, k.cmd.Process.Signal(syscall.SIGTERM))
	assert.Zero(t, k.ends())
	assert.Equal(t, times, strings.Count(k.shown.text(), "got interrupt"), k.shown.text())
	assert.Contains(t, k.shown.text(), "got terminated")
	assert.Contains(t, k.shown.text(), "The command succeeded. Maintenance is off.")
}

// A command may ask its operator something.
func TestRunLeavesTheTerminalToTheCommand(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	k := w.sit("run", "--", "sh", "-c", `printf 'sure? '; read answer; echo "it was $answer"`)
	k.shows(`sure\?`)
	k.types("yes\n")
	assert.Zero(t, k.ends())
	assert.Contains(t, k.shown.text(), "it was yes")
}

// When the terminal is closed, the command is told, and maintenance stays on
// unless it succeeds.
func TestClosingTheTerminal(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	self, err := os.Executable()
	require.NoError(t, err)
	w.env = append(w.env, childEnv+"=7")
	k := w.sit("run", "--", self)
	k.shows(`ready \d+`)
	require.NoError(t, k.master.Close())
	assert.Equal(t, 7, k.ends())
	w.env = w.env[:len(w.env)-1]
	assert.Equal(t, 3, w.call("status", "--exit-code").code)
}

// Who is asked sees the list first; one that has been heard of meanwhile stays.
func TestForgetAsks(t *testing.T) {
	t.Parallel()
	store := kinds["redis"](t)
	w := at(t, store)
	killed(t, store, "AAAA1111", "web-2")
	killed(t, store, "AAAA2222", "web-3")
	const asks = `^2 entries are silent:
  web-2, silent \ds
  web-3, silent \ds
Have their processes ended, and shall they be forgotten\? \[y/N\]`
	k := w.sit("replicas", "forget", "--silent", "1ms")
	k.shows(asks)
	k.types("\n")
	assert.Zero(t, k.ends())
	assert.Contains(t, k.shown.text(), "Nothing was forgotten.")
	assert.Len(t, w.listed(), 2)

	k = w.sit("replicas", "forget", "--silent", "1ms")
	k.shows(asks)
	k.types("\x03")
	assert.Equal(t, 1, k.ends())
	assert.Len(t, w.listed(), 2)

	k = w.sit("replicas", "forget", "--silent", "1ms")
	k.shows(asks)
	entered(t, store, maintenance.Replica{ID: "AAAA2222", Name: "web-3", Lease: time.Nanosecond, Renewals: 1})
	k.types("y\n")
	assert.Zero(t, k.ends())
	assert.Contains(t, k.shown.text(), "Forgotten: AAAA1111 (web-2")
	assert.Equal(t, []string{"AAAA2222"}, w.listed())
}
