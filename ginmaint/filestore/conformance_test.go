package filestore

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

func TestConformance(t *testing.T) {
	for name, open := range map[string]func(path string) *Store{
		"the folder shows who lives": func(path string) *Store { return New(path) },
		"lock files show who lives":  onShare,
	} {
		t.Run(name, func(t *testing.T) {
			folder := sync.OnceValue(t.TempDir)
			storetest.Run(t, storetest.Harness{
				Open: func(_ *testing.T, name string) maintenance.Store {
					return open(filepath.Join(folder(), name+".json"))
				},
			})
		})
	}
}

// onShare returns a store that takes its folder for one which several hosts may
// have mounted.
func onShare(path string) *Store {
	s := New(path)
	s.entries.local = func(string) bool { return false }
	return s
}
