package filestore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The cost of each call, beside what the disk takes for one synced write.

func BenchmarkLoad(b *testing.B) {
	s := New(filepath.Join(b.TempDir(), DefaultPath))
	_, err := s.Save(b.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(b, err)
	for b.Loop() {
		if _, err := s.Load(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSave(b *testing.B) {
	s := New(filepath.Join(b.TempDir(), DefaultPath))
	state := maintenance.State{Level: maintenance.On}
	for b.Loop() {
		var err error
		if state, err = s.Save(b.Context(), state); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSyncedWrite(b *testing.B) {
	folder := b.TempDir()
	text := make([]byte, 100)
	for b.Loop() {
		path := filepath.Join(folder, "x")
		f, err := os.Create(path + ".tmp")
		if err != nil {
			b.Fatal(err)
		}
		if err := fill(f, text); err != nil {
			b.Fatal(err)
		}
		if err := rename(path+".tmp", path); err != nil {
			b.Fatal(err)
		}
		if err := syncFolder(folder); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarked returns the store of a switch that somebody has used.
func benchmarked(b *testing.B) *Store {
	b.Helper()
	s := New(filepath.Join(b.TempDir(), DefaultPath))
	_, err := s.Save(b.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(b, err)
	return s
}

func BenchmarkRenew(b *testing.B) {
	s := benchmarked(b)
	r, err := s.Join(b.Context(), maintenance.Replica{ID: "A", Name: "host:1"})
	require.NoError(b, err)
	for b.Loop() {
		r.Renewals++
		if _, err := s.Renew(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, s.Remove(b.Context(), "A"))
}

func BenchmarkReplicas(b *testing.B) {
	s := benchmarked(b)
	ids := []string{"A", "B", "C", "D", "E", "F", "G", "H"}
	for _, id := range ids {
		_, err := s.Join(b.Context(), maintenance.Replica{ID: id})
		require.NoError(b, err)
	}
	for b.Loop() {
		if _, err := s.Replicas(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	for _, id := range ids {
		require.NoError(b, s.Remove(b.Context(), id))
	}
}
