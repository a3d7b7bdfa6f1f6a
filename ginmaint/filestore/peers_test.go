package filestore

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A peer deletes the old file before it saves the new one: who looks in between
// reads "off".
func TestNobodyReadsOffBetweenTwoSaves(t *testing.T) {
	path := newPath(t)
	writer := New(path)
	state, err := writer.Save(t.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		reader := New(path)
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				seen, err := reader.Load(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, maintenance.On, seen.Level)
			}
		})
	}
	for range 50 {
		state, err = writer.Save(t.Context(), state)
		require.NoError(t, err)
	}
	close(done)
	readers.Wait()
}
