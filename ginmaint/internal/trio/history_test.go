package trio

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// writer is a process that saves once for each byte that it is sent, and answers each.
type writer struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	output io.Reader
}

func begin(t *testing.T, p place) *writer {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+p.url, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &writer{cmd, input, output}
}

// TestHistoryOfWritersThatAreKilled: after 200 changes, or 120 in PostgreSQL, by eight
// processes, of which one after another is killed, each revision has one record, which
// begins where the one before has ended. The store keeps a hundred, so the history is read
// meanwhile.
func TestHistoryOfWritersThatAreKilled(t *testing.T) {
	const writers, apart = 8, 5
	onEach(t, func(t *testing.T, p place) {
		changes := uint64(200)
		if strings.HasPrefix(p.url, "postgres:") {
			changes = 120
		}
		m := replica(t, p)
		var running []*writer
		for range writers {
			running = append(running, begin(t, p))
		}
		found := make(map[uint64]maintenance.Record)
		read := func() (newest uint64) {
			records, err := m.History(t.Context())
			require.NoError(t, err)
			require.LessOrEqual(t, len(records), maintenance.MaxHistory)
			for _, r := range records {
				known, ok := found[r.After.Revision]
				require.True(t, !ok || known == r, "a record was rewritten: %v, %v", known, r)
				found[r.After.Revision] = r
				newest = max(newest, r.After.Revision)
			}
			return newest
		}
		for round := 1; read() < changes; round++ {
			for _, w := range running {
				_, err := w.input.Write([]byte{'\n'})
				require.NoError(t, err)
			}
			if round%apart == 0 { // in the middle of its change, or before, or after
				require.NoError(t, running[0].cmd.Process.Kill())
				_ = running[0].cmd.Wait() // it was killed
				running = append(running[1:], begin(t, p))
			}
			for _, w := range running[:writers-1] {
				_, err := io.ReadFull(w.output, make([]byte, 1))
				require.NoError(t, err)
			}
			if last := running[writers-1]; round%apart != 0 {
				_, err := io.ReadFull(last.output, make([]byte, 1))
				require.NoError(t, err)
			}
		}
		for _, w := range running {
			require.NoError(t, w.input.Close())
			require.NoError(t, w.cmd.Wait())
		}

		newest := read()
		var lost []uint64
		for revision := uint64(1); revision <= newest; revision++ {
			if _, ok := found[revision]; !ok {
				lost = append(lost, revision)
			}
		}
		require.Empty(t, lost, "have no record, of %d revisions", newest)
		before := maintenance.State{}
		for revision := uint64(1); revision <= newest; revision++ {
			require.Equal(t, before, found[revision].Before, "of revision %d", revision)
			before = found[revision].After
		}
		stored, err := m.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, stored, before)
		records, err := m.History(t.Context())
		require.NoError(t, err)
		assert.Len(t, records, maintenance.MaxHistory)
		for i, r := range records {
			assert.Equal(t, newest-uint64(i), r.After.Revision, "the newest first")
		}
	})
}
