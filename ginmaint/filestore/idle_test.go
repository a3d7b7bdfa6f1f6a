package filestore

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// What an idle replica costs: before anybody has ever switched it writes nothing, and
// afterwards its own entry, once for each Poll.
func TestWritesOfAnIdleReplica(t *testing.T) {
	const poll, polls = 50 * time.Millisecond, 10
	path := newPath(t)
	store := New(path)
	mode, err := maintenance.Open(t.Context(), store, maintenance.Poll(poll), maintenance.FreshStore())
	require.NoError(t, err)
	defer func() { require.NoError(t, mode.Close()) }()

	look := func() map[string]time.Time {
		written := make(map[string]time.Time)
		folder := filepath.Dir(path)
		require.NoError(t, fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err == nil {
				written[name] = info.ModTime()
			}
			return err
		}))
		return written
	}
	before := look()
	<-time.After(3 * poll)
	assert.Equal(t, before, look(), "nobody has ever switched")

	require.NoError(t, mode.On(t.Context()))
	require.NoError(t, mode.Off(t.Context()))
	<-time.After(3 * poll) // what the switch asked for is over
	renewals := func() (own string, n uint64) {
		listed, err := store.Replicas(t.Context())
		require.NoError(t, err)
		require.Len(t, listed.Replicas, 1)
		return filepath.Base(store.roster()) + "/" + listed.Replicas[0].ID + entrySuffix, listed.Replicas[0].Renewals
	}
	own, first := renewals()
	before = look()
	<-time.After(polls * poll) // what is measured
	after := look()
	_, last := renewals()
	assert.InDelta(t, polls, last-first, 3)
	assert.NotEqual(t, before[own], after[own])
	delete(before, own)
	delete(after, own)
	assert.Equal(t, before, after)
}
