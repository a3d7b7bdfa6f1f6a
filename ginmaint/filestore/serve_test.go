package filestore

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// childServe follows a file as an application does. Once it serves, it writes
// "ready", and then answers each line that it reads with "admitted" or
// "refused". Work that it admits ends with it. Its second argument is how often
// it asks for the state by itself, a third one says that the folder is shared.
func childServe(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	poll, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	s := New(args[0])
	if len(args) > 2 {
		s = onShare(args[0])
	}
	mode, err := maintenance.Open(ctx, s, maintenance.Name("child"), maintenance.Poll(poll))
	if err != nil {
		return err
	}
	return answer(mode)
}

func answer(mode *maintenance.Mode) error {
	if ticket, ok := mode.Enter(maintenance.Read); ok { // from here on it serves
		ticket.Leave()
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, ok := mode.Enter(maintenance.Write); ok {
			fmt.Println("admitted")
		} else {
			fmt.Println("refused")
		}
	}
	return mode.Close()
}

// serve starts a process that follows the file, and returns once it serves.
func serve(t *testing.T, path string, poll time.Duration) *child {
	t.Helper()
	c := start(t, "serve", path, poll.String())
	require.Equal(t, "ready", c.line())
	return c
}

func (c *child) ask() string {
	c.t.Helper()
	_, err := fmt.Fprintln(c.stdin, "enter")
	require.NoError(c.t, err)
	return c.line()
}

// open opens a Mode on a store, and closes it with the test.
func openMode(t *testing.T, s *Store, opts ...maintenance.Option) *maintenance.Mode {
	t.Helper()
	opts = append([]maintenance.Option{maintenance.Logger(slog.New(slog.DiscardHandler))}, opts...)
	mode, err := maintenance.Open(t.Context(), s, opts...)
	require.NoError(t, err)
	if ticket, ok := mode.Enter(maintenance.Read); ok { // what is idle holds no drain
		ticket.Leave()
	}
	t.Cleanup(func() { _ = mode.Close() })
	return mode
}

// pending drains until somebody holds that up, and returns the IDs of those who
// do; none where the drain is proven.
func pending(t *testing.T, mode *maintenance.Mode) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	report, err := mode.Drain(ctx, maintenance.OnProgress(func(r maintenance.Report) {
		if len(r.Pending) > 0 {
			cancel()
		}
	}))
	if err == nil {
		return nil
	}
	require.ErrorIs(t, err, maintenance.ErrNotDrained)
	require.NotEmpty(t, report.Pending, "%v", report)
	var ids []string
	for _, p := range report.Pending {
		ids = append(ids, p.Replica.ID)
	}
	return ids
}

// drains drains, and fails the test where that takes longer than patience.
func drains(t *testing.T, mode *maintenance.Mode) maintenance.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	report, err := mode.Drain(ctx)
	require.NoError(t, err)
	return report
}

// remove deletes all that belongs to a switch, as rm -rf maintenance_mode.json*
// does.
func remove(t *testing.T, path string) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 4)
	for _, file := range files {
		require.NoError(t, os.RemoveAll(file))
	}
}
