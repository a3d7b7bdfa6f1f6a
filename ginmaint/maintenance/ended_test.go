package maintenance

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatWasEndedByForceIsTold(t *testing.T) {
	eachStore(t, func(t *testing.T, store Store, local bool) {
		var told bytes.Buffer
		m, err := Open(t.Context(), store, Name("shop-1"), Logger(slog.New(slog.NewTextHandler(&told, nil))))
		require.NoError(t, err)
		ticket, ok := m.Enter(Write)
		require.True(t, ok)
		require.NoError(t, m.On(t.Context()))
		done := draining(t.Context(), m)
		synctest.Wait()
		for range 2 {
			m.TellEnded("POST /upload", 3*time.Second)
		}
		m.TellEnded("GET /report", 3*time.Second)
		ticket.Leave()
		d := <-done
		require.NoError(t, d.err)
		require.Len(t, d.report.Ended, 1)
		assert.Equal(t, "shop-1", d.report.Ended[0].Name)
		want := []Running{{Work: "POST /upload", Count: 2, For: 3 * time.Second}, {Work: "GET /report", Count: 1, For: 3 * time.Second}}
		assert.Equal(t, want, d.report.Ended[0].Ended)
		assert.Contains(t, d.report.String(), "): ended by force: 2 × POST /upload, for 3s; GET /report, for 3s")
		replicas, err := m.Replicas(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, replicas[0].Ended)

		time.Sleep(2 * endedSummary)
		m.TellEnded("GET /late", 3*time.Second)
		require.NoError(t, m.Off(t.Context()))
		synctest.Wait()
		assert.Equal(t, 1, strings.Count(told.String(), "ended by force"), told.String())
		assert.Contains(t, told.String(), "2 × POST /upload, for 3s; GET /report")
		require.NoError(t, m.On(t.Context()))
		report, err := m.Drain(t.Context())
		require.NoError(t, err)
		assert.Empty(t, report.Ended, "another drain")

		m.TellEnded("GET /last", time.Second)
		require.NoError(t, m.Close())
		synctest.Wait()
		assert.Contains(t, told.String(), "GET /last", "also of a process that stops at once")
	})
}

func TestWhatWasEndedStaysShort(t *testing.T) {
	var e forced
	for i := range 100 {
		e.add(Running{Work: fmt.Sprint("GET /", i%10), Count: 1})
	}
	assert.Len(t, e.list, mostRunning+1)
	assert.Equal(t, Running{Work: otherWork, Count: 50}, e.list[mostRunning])
}
