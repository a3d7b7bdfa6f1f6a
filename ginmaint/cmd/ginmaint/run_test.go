package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestRunSucceeds(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		m := service(t, store, "web-1")
		end := begun(t, m, maintenance.Write)
		s := w.start("run", "--drain", "--", binary, "status", "--json")
		prints(t, s.err, "  web-1: busy with 1 write")
		assert.Empty(t, s.out.String(), "the command does not run before the drain is done")
		end()
		got := s.wait()
		require.Zero(t, got.code, got.stderr)
		inside := viewed(t, got.stdout)
		assert.Equal(t, "on", inside.Level)
		assert.Equal(t, "run ginmaint", inside.State.Reason)
		assert.Contains(t, got.stderr, "Drained after ")
		assert.Contains(t, got.stderr, "The command succeeded. Maintenance is off.\n")
		assert.Zero(t, w.call("status", "--exit-code").code)
	})
}

func TestRunWithoutADrain(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	got := w.call("run", "--", binary, "status", "--exit-code", "--quiet")
	assert.Equal(t, 3, got.code, "the command's own code")
	assert.Contains(t, got.stderr, "warning: not draining; requests that began before may still run, --drain waits for them\n")
	assert.Contains(t, got.stderr, "ginmaint: the command failed: exit status 3\n"+
		"Maintenance stays on. Run it again once that is repaired; to open again: ginmaint off\n")
	assert.Equal(t, 3, w.call("status", "--exit-code").code)

	got = w.call("run", "--", binary, "status")
	assert.Zero(t, got.code)
	assert.Contains(t, got.stderr, "Taken over from a run that failed (")
	assert.Contains(t, got.stderr, "The command succeeded. Maintenance is off.\n")
	assert.Zero(t, w.call("status", "--exit-code").code, "it was off before the first run")

	w.ok("on")
	got = w.call("run", "--", binary, "status")
	assert.Zero(t, got.code)
	assert.Contains(t, got.stderr, "The command succeeded. Maintenance is on until it is switched off.\nThat is the state from before; to open: ginmaint off\n")
	assert.Equal(t, 3, w.call("status", "--exit-code").code, "it was on before")
	got = w.call("--quiet", "run", "--", binary, "status", "--quiet")
	assert.Empty(t, got.stdout+got.stderr)
}

// The end is taken out first, and a window that was announced is put back.
func TestRunPutsBack(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	w.ok("on", "--start", "2099-03-01 01:00", "--end", "2099-03-01 02:00", "--message", "in March")
	before := viewed(t, w.ok("status", "--json")).State
	got := w.call("run", "--message", "now", "--read-only", "--", binary, "status", "--json")
	require.Zero(t, got.code, got.stderr)
	during := viewed(t, got.stdout).State
	assert.Equal(t, maintenance.ReadOnly, during.Level)
	assert.Equal(t, "now", during.Message)
	assert.True(t, during.Start.IsZero() && during.End.IsZero())
	after := viewed(t, w.ok("status", "--json")).State
	assert.Equal(t, before.Level, after.Level)
	assert.Equal(t, before.Message, after.Message)
	assert.True(t, before.Start.Equal(after.Start) && before.End.Equal(after.End))
}

func TestRunThatSomebodyOvertakes(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		w := at(t, store)
		got := w.call("run", "--", binary, "on", "--message", "longer", "--by", "bob")
		assert.Equal(t, 5, got.code)
		assert.Contains(t, got.stderr, "the command succeeded, and somebody else changed the state meanwhile: theirs is left")
		assert.Equal(t, "bob", viewed(t, w.ok("status", "--json")).State.ChangedBy)
	})
}

// The same in Go: an order during During stands.
func TestOnDuringDuring(t *testing.T) {
	everywhere(t, func(t *testing.T, store string) {
		m, other := service(t, store, "web-1"), service(t, store, "web-2")
		for _, before := range []maintenance.Level{maintenance.Off, maintenance.On} {
			t.Run("over "+before.String(), func(t *testing.T) {
				_, err := other.Set(t.Context(), maintenance.State{Level: before, ChangedBy: "alice"})
				require.NoError(t, err)
				var theirs maintenance.State
				err = m.During(t.Context(), maintenance.State{Level: maintenance.On}, func(ctx context.Context) error {
					require.NoError(t, other.On(ctx))
					theirs = other.State()
					return nil
				})
				require.ErrorIs(t, err, maintenance.ErrConflict)
				assert.Equal(t, "web-2", theirs.ChangedBy)
				for _, mode := range []*maintenance.Mode{m, other} {
					state, err := mode.Load(t.Context())
					require.NoError(t, err)
					assert.Equal(t, theirs.ChangedAt, state.ChangedAt)
					assert.Equal(t, theirs.ChangedBy, state.ChangedBy)
					assert.Equal(t, maintenance.On, mode.Level())
				}
			})
		}
	})
}

func TestRunRefusesToOpen(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	w.ok("on")
	got := w.call("run", "--read-only", "--", "touch", "it-ran")
	assert.Equal(t, 5, got.code)
	assert.Contains(t, got.stderr, "maintenance is on, and --read-only would open it; leave that flag out")
	assert.NoFileExists(t, filepath.Join(w.dir, "it-ran"))
	assert.Equal(t, "on", viewed(t, w.ok("status", "--json")).Level)
}

func TestRunOfNothing(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	script := filepath.Join(w.dir, "not-executable")
	require.NoError(t, os.WriteFile(script, []byte("echo"), 0o644))
	for _, test := range []struct {
		name, command string
		code          int
	}{
		{"no such name", "no-such-command", 127},
		{"no such path", "./no-such-command", 127},
		{"not executable", script, 126},
		{"a folder", w.dir, 126},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := w.call("run", "--", test.command)
			assert.Equal(t, test.code, got.code, got.stderr)
			assert.Contains(t, got.stderr, "the command can't be run, and nothing was changed")
		})
	}
	assert.Contains(t, w.ok("status"), "it was never switched here")

	// It is a program by its permissions alone.
	require.NoError(t, os.WriteFile(script, []byte("\x7fELF"), 0o644))
	require.NoError(t, os.Chmod(script, 0o755))
	got := w.call("run", "--", script)
	assert.Equal(t, 126, got.code, got.stderr)
	assert.Contains(t, got.stderr, "the command can't be started")
	assert.Contains(t, got.stderr, "Maintenance stays on.")
}

func TestBinaryLinksWhatItNeeds(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), "github.com/spf13/cobra")
	for _, path := range []string{"gin-gonic/gin", "stretchr/testify", "gin-maintenance-mode/ginmaint\n", "gin-maintenance-mode/ginmaint/internal/proc"} {
		assert.NotContains(t, string(out), path)
	}
}
