package ginmaint

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// DefaultMode returns the Mode that New uses if the Config names none. It follows the
// file maintenance_mode.json in the working folder. A process has one for each such
// file, opened by the first call. Nothing is written until somebody switches.
//
// Close it when the process or the test ends. From then on the engines that use it
// refuse everything, and the next call opens another. It returns the error of
// maintenance.Open.
func DefaultMode() (*maintenance.Mode, error) { return defaultModes.open(slog.Default()) }

// defaultModes are the Modes that are open on a default file.
var defaultModes modes

type modes struct {
	mu     sync.Mutex
	byPath map[string]*maintenance.Mode // by absolute path
}

func (m *modes) open(logger *slog.Logger) (*maintenance.Mode, error) {
	path, err := filepath.Abs(filestore.DefaultPath)
	if err != nil {
		return nil, fmt.Errorf("ginmaint: the working folder can't be found: %w; set Config.Mode", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if mode, ok := m.byPath[path]; ok {
		select {
		case <-mode.Done():
		default:
			return mode, nil
		}
	}
	mode, err := maintenance.Open(context.Background(), filestore.New(path), maintenance.Logger(logger))
	if err != nil {
		return nil, fmt.Errorf("ginmaint: %w", err)
	}
	if m.byPath == nil {
		m.byPath = make(map[string]*maintenance.Mode)
	}
	m.byPath[path] = mode
	return mode, nil
}
