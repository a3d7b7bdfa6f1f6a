package filestore

import (
	"io/fs"
	"path/filepath"
)

// place is where the files of one switch lie, and how new ones are made.
type place struct {
	path string      // of the document
	perm fs.FileMode // of new files
}

func (p place) folder() string { return filepath.Dir(p.path) }

func (p place) lockPath() string { return p.path + ".lock" }

func (p place) roster() string { return p.path + ".replicas" }

func (p place) inRoster(id, suffix string) string { return filepath.Join(p.roster(), id+suffix) }

func (p place) incarnationPath() string { return filepath.Join(p.roster(), "incarnation") }
