package filestore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// place is where the files of one switch lie, and how new ones are made.
type place struct {
	path string      // of the document
	perm fs.FileMode // of new files
}

// untouched tells whether nobody has ever switched, or asked who follows.
func (p place) untouched() bool {
	for _, path := range []string{p.lockPath(), p.path, p.roster()} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

func (p place) folder() string { return filepath.Dir(p.path) }

func (p place) lockPath() string { return p.path + ".lock" }

func (p place) roster() string { return p.path + ".replicas" }

func (p place) inRoster(id, suffix string) string { return filepath.Join(p.roster(), id+suffix) }

func (p place) incarnationPath() string { return filepath.Join(p.roster(), "incarnation") }
