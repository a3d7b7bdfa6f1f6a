package filestore

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

func TestConformance(t *testing.T) {
	folder := sync.OnceValue(t.TempDir)
	storetest.Run(t, storetest.Harness{
		Open: func(_ *testing.T, name string) maintenance.Store {
			return New(filepath.Join(folder(), name+".json"))
		},
	})
}
