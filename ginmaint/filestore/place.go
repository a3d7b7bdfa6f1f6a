package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// place is where the files of one switch lie, and how new ones are made.
type place struct {
	path string      // of the document
	perm fs.FileMode // of new files
}

// untouched tells whether nobody has ever switched, or asked for the replicas.
func (p place) untouched() bool {
	for _, path := range []string{p.lockPath(), p.path, p.roster(), p.witnessPath()} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

func (p place) folder() string { return filepath.Dir(p.path) }

func (p place) lockPath() string { return p.path + ".lock" }

func (p place) historyPath() string { return p.path + ".history" }

func (p place) roster() string { return p.path + ".replicas" }

func (p place) witnessPath() string { return p.path + ".witness" }

func (p place) inRoster(id, suffix string) string { return filepath.Join(p.roster(), id+suffix) }

func (p place) incarnationPath() string { return filepath.Join(p.roster(), "incarnation") }

// maxLinks is how many symbolic links may lie on the way to the file, as on
// Linux.
const maxLinks = 40

// target returns where the file at path is, or would be if it were there: behind
// all links, in a folder that exists.
func target(path string) (string, error) {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file, nil
	}
	at := path
	for range maxLinks {
		folder, err := filepath.EvalSymlinks(filepath.Dir(at))
		if err != nil {
			return "", noFolder(filepath.Dir(at), err)
		}
		at = filepath.Join(folder, filepath.Base(at))
		link, err := os.Readlink(at)
		if err != nil {
			return at, nil //nolint:nilerr // it is no link, so it is the end of the way
		}
		if at = link; !filepath.IsAbs(link) {
			at = filepath.Join(folder, link)
		}
	}
	return "", fmt.Errorf("filestore: the way to %s leads through more than %d symbolic links; correct them", path, maxLinks)
}
