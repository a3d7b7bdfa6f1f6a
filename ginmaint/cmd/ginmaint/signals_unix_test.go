//go:build unix

package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// telling is a call of run with a command that tells which signals it gets, and
// ends with this code.
func telling(t *testing.T, code int) (*terminal, *started) {
	t.Helper()
	w := at(t, "")
	return w, w.tell(code)
}

func (w *terminal) tell(code int) *started {
	w.t.Helper()
	self, err := os.Executable()
	require.NoError(w.t, err)
	child := *w
	child.env = append(slices.Clone(w.env), fmt.Sprintf("%s=%d", childEnv, code))
	s := child.start("run", "--", self)
	prints(w.t, s.out, "ready")
	return s
}

// The run that ends first does not open under the other: the last one opens.
func TestRunBesideARun(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		service(t, store, "web-1")
		first, second := w.tell(0), w.tell(0)
		require.NoError(t, first.cmd.Process.Signal(syscall.SIGTERM))
		got := first.wait()
		assert.Equal(t, 6, got.code, got.stderr)
		assert.Contains(t, got.stderr, "the command succeeded, and the service is not opened. Maintenance is on until it is switched off.\n")
		assert.Regexp(t, `\n\S+ \(since \S+: run \S+\) works under it, and who ends last opens it unless that was killed; to open: ginmaint off --force\n`, got.stderr)
		assert.Equal(t, 3, w.call("status", "--exit-code").code, "the second still runs")
		assert.Equal(t, 5, w.call("off").code)
		require.NoError(t, second.cmd.Process.Signal(syscall.SIGTERM))
		got = second.wait()
		assert.Zero(t, got.code, got.stderr)
		assert.NotContains(t, got.stderr, "somebody else")
		assert.Zero(t, w.call("status", "--exit-code").code)
	})
}

// edit changes the state's file as a person does.
func (w *terminal) edit(from, to string) {
	w.t.Helper()
	path := filepath.Join(w.dir, "maintenance_mode.json")
	text, err := os.ReadFile(path)
	require.NoError(w.t, err)
	require.Contains(w.t, string(text), from)
	require.NoError(w.t, os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600))
}

// An order of somebody else, and a run that fails, take nothing away from who works.
func TestOffUnderWork(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(w *terminal){
		"after another's order":       func(w *terminal) { w.ok("on") },
		"after an edit of the file":   func(w *terminal) { w.edit(`"level"`, `"message": "Back at two.", "level"`) },
		"beside a run that fails":     func(w *terminal) { assert.Equal(t, 7, w.call("run", "--", "sh", "-c", "exit 7").code) },
		"beside a run that succeeded": func(w *terminal) { assert.Equal(t, 6, w.call("run", "--", "true").code) },
	} {
		w, run := telling(t, 0)
		other(w)
		for _, order := range []string{"off", "on --read-only", "on --for 1h"} {
			assert.Equal(t, 5, w.call(strings.Fields(order)...).code, "%s: %s", name, order)
		}
		require.NoError(t, run.cmd.Process.Signal(syscall.SIGTERM))
		run.wait()
		w.ok("off")
	}
}

// The order given last stands: the end of a run does not open the service under
// somebody who has switched on meanwhile, whatever was in force before the run.
func TestOnDuringARun(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		for _, before := range []string{"off", "on"} {
			t.Run("over "+before, func(t *testing.T) {
				w := at(t, store)
				m := service(t, store, "web-1")
				w.ok(before, "--by", "alice")
				run := w.tell(0)
				during := viewed(t, w.ok("status", "--json")).State
				assert.Contains(t, during.Reason, "run ", "run saves a state of its own also over %s", before)
				assert.NotEqual(t, "alice", during.ChangedBy)

				on := w.ok("on", "--drain", "--by", "bob")
				assert.Contains(t, on, "It was on already (")
				assert.Contains(t, on, during.ChangedBy+": "+during.Reason+"); this order replaces that one.\n")
				assert.Contains(t, on, "nothing that is refused runs any more (1 replica).")
				bobs := viewed(t, w.ok("status", "--json")).State

				require.NoError(t, run.cmd.Process.Signal(syscall.SIGTERM))
				got := run.wait()
				assert.Equal(t, 5, got.code, got.stderr)
				assert.Contains(t, got.stderr, "ginmaint: the command succeeded, and somebody else changed the state meanwhile: theirs is left\n"+
					"Maintenance is on until it is switched off. (")
				assert.Contains(t, got.stderr, "by bob)\n")
				left := viewed(t, w.ok("status", "--json")).State
				assert.Equal(t, bobs.ChangedAt, left.ChangedAt)
				assert.Equal(t, "bob", left.ChangedBy)
				assert.Empty(t, left.Work())
				_, admitted := m.Enter(maintenance.Read)
				assert.False(t, admitted)
			})
		}
	})
}

// An order that would open the service under a run, now or later, is refused; by force
// it is given, and the run says so at once.
func TestOrdersUnderARun(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		run := w.tell(0)
		during := viewed(t, w.ok("status", "--json")).State
		for _, args := range []string{"off", "on --read-only", "on --start +1h", "on --for 1h"} {
			got := w.call(append(strings.Fields(args), "--by", "bob")...)
			assert.Equal(t, 5, got.code, args)
			assert.Contains(t, got.stderr, "ginmaint: nothing was changed: "+during.ChangedBy+" (since ", args)
			assert.Contains(t, got.stderr, ": "+during.Reason+") works under this state, and this order would open the service meanwhile", args)
			assert.Contains(t, got.stderr, "add --force", args)
		}
		assert.Equal(t, during, viewed(t, w.ok("status", "--json")).State)
		assert.Regexp(t, `\n  work     \S+ \(since \S+: run \S+\) works under it; where that was killed, to open: ginmaint off --force\n`, w.call("status").stdout)

		w.ok("on", "--read-only", "--force", "--by", "bob")
		prints(t, run.err, "by bob). Maintenance is read-only until it is switched off")
		assert.NotContains(t, run.out.String(), "got ", "the command goes on")
		require.NoError(t, run.cmd.Process.Signal(syscall.SIGTERM))
		assert.Equal(t, 5, run.wait().code)
		assert.Equal(t, "read-only", viewed(t, w.ok("status", "--json")).Level)
	})
}

// Where the command fails, what is said to hold does hold.
func TestOffDuringARunThatFails(t *testing.T) {
	t.Parallel()
	w, run := telling(t, 7)
	for _, order := range [][]string{{"off"}, {"on", "--read-only"}, {"on", "--start", "+1h"}, {"on", "--for", "1h"}} {
		got := w.call(order...)
		assert.Equal(t, 5, got.code, order)
		assert.Regexp(t, `nothing was changed: \S+ \(since \S+: run \S+\) works under this state`, got.stderr, order)
		assert.Contains(t, got.stderr, "add --force\n", order)
	}
	w.ok("off", "--by", "bob", "--force")
	prints(t, run.err, "warning: somebody else has changed the state while the command runs (")
	require.NoError(t, run.cmd.Process.Signal(syscall.SIGTERM))
	got := run.wait()
	assert.Equal(t, 7, got.code)
	assert.Regexp(t, `(?m)^ginmaint: the command failed: exit status 7\nSomebody else has changed the state meanwhile: theirs is left\. Maintenance is off\. \(\S+, revision 2, by bob\)\n$`, got.stderr)
	assert.NotContains(t, got.stderr, "stays on")
}

func TestSignalsReachTheCommand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		signal syscall.Signal
		code   int
		stays  bool
	}{
		{"SIGTERM, and the command fails", syscall.SIGTERM, 7, true},
		{"SIGTERM, and the command succeeds", syscall.SIGTERM, 0, false},
		{"SIGHUP, and the command fails", syscall.SIGHUP, 7, true},
		{"SIGHUP, and the command succeeds", syscall.SIGHUP, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, s := telling(t, test.code)
			require.NoError(t, s.cmd.Process.Signal(syscall.SIGINT))
			prints(t, s.out, "got interrupt\n")
			require.NoError(t, s.cmd.Process.Signal(test.signal))
			got := s.wait()
			assert.Equal(t, test.code, got.code, got.stderr)
			assert.Equal(t, 2, strings.Count(got.stdout, "got "), got.stdout)
			assert.Equal(t, test.stays, w.call("status", "--exit-code").code == 3)
			assert.Equal(t, test.stays, strings.Contains(got.stderr, "Maintenance stays on."))
		})
	}
}

func TestRunOfACommandThatIsKilled(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	got := w.call("run", "--", "sh", "-c", "kill -KILL $$")
	assert.Equal(t, 128+9, got.code)
	assert.Contains(t, got.stderr, "the command was killed: signal: killed\nMaintenance stays on.")
	assert.Equal(t, 3, w.call("status", "--exit-code").code)
}

// Whoever starts a process with nohup wants it to live on.
func TestSignalsThatAreIgnoredStayIgnored(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := w.command()
	sh, err := filepath.Abs("/bin/sh")
	require.NoError(t, err)
	cmd.Path, cmd.Args = sh, []string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`, binary, "run", "--", self}
	cmd.Env = append(cmd.Env, childEnv+"=0")
	out := new(proc.Output)
	cmd.Stdout = out
	child, err := proc.Start(cmd)
	require.NoError(t, err)
	t.Cleanup(child.Kill)
	prints(t, out, "ready")
	require.NoError(t, child.Signal(syscall.SIGHUP))
	require.NoError(t, child.Signal(syscall.SIGTERM))
	require.NoError(t, child.Wait())
	assert.NotContains(t, out.String(), "hangup")
	assert.Contains(t, out.String(), "got terminated")
}

// Before the command has begun a signal ends the drain.
func TestSignalsDuringTheDrain(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			w := at(t, kinds["file"](t))
			begun(t, service(t, strings.TrimPrefix(w.env[len(w.env)-1], "GINMAINT_STORE="), "web-1"), maintenance.Write)
			for _, args := range [][]string{{"run", "--drain", "--", "touch", "it-ran"}, {"on", "--drain"}} {
				s := w.start(args...)
				prints(t, s.err, "  web-1: busy with 1 write")
				require.NoError(t, s.cmd.Process.Signal(sig))
				got := s.wait()
				assert.Equal(t, 4, got.code, got.stderr)
				assert.Contains(t, got.stderr, "interrupted: not drained after")
				assert.Contains(t, got.stderr, "Maintenance stays on")
			}
			assert.NoFileExists(t, filepath.Join(w.dir, "it-ran"))
			assert.Equal(t, 3, w.call("status", "--exit-code").code)
		})
	}
}

func TestInterruptEndsWatching(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"watch"}, {"replicas", "--watch"}} {
		w := at(t, "")
		s := w.start(args...)
		prints(t, s.out, "\n")
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGINT))
		got := s.wait()
		assert.Zero(t, got.code, got.stderr)
		assert.Empty(t, got.stderr)
	}
}

// A store that does not answer does not keep the operator from stopping.
func TestInterruptWhileConnecting(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"redis://", "postgres://"} {
		for _, args := range [][]string{{"run", "--", "true"}, {"on"}, {"off"}, {"replicas", "--watch"}} {
			t.Run(scheme+args[0], func(t *testing.T) {
				t.Parallel()
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				defer listener.Close()
				s := at(t, scheme+listener.Addr().String()+"/0").start(append([]string{"--connect-timeout", "25s"}, args...)...)
				conn, err := listener.Accept()
				require.NoError(t, err)
				defer conn.Close()
				require.NoError(t, s.cmd.Process.Signal(syscall.SIGINT))
				got := s.wait()
				assert.Equal(t, 1, got.code)
				assert.Contains(t, got.stderr, "ginmaint: interrupted: ")
			})
		}
	}
}
