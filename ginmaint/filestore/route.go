package filestore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many symbolic links may lie on the way to the file, as on
// Linux.
const maxLinks = 40

// route walks to the file as the operating system does, link by link. It
// returns where the file is, or would be if it were there, and every name on
// the way whose exchange leads to another file: those of the links, wherever
// they stand on it, and at last the file's own. A folder that stands on the way
// by itself is no such name.
//
// In a mounted ConfigMap the links are maintenance_mode.json and ..data.
func route(path string) (target string, names []string, err error) {
	at, todo := split(path)
	links := 0
	for len(todo) > 0 {
		step := todo[0]
		todo = todo[1:]
		if step == ".." {
			at = filepath.Dir(at)
			continue
		}
		at = filepath.Join(at, step)
		link, err := os.Readlink(at)
		if err != nil {
			continue // no link; or not there, which whoever opens it will find
		}
		names = append(names, at)
		if links++; links > maxLinks {
			return "", nil, fmt.Errorf("filestore: the way to %s leads through more than %d symbolic links; correct them", path, maxLinks)
		}
		root, steps := split(link)
		if at = filepath.Dir(at); root != "" {
			at = root
		}
		todo = append(steps, todo...)
	}
	return at, append(names, at), nil
}

// split returns the root of a path, empty where it is relative, and its steps.
func split(path string) (root string, steps []string) {
	volume := filepath.VolumeName(path)
	rest := path[len(volume):]
	if rest != "" && os.IsPathSeparator(rest[0]) {
		root = volume + string(filepath.Separator)
	}
	for step := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r < 128 && os.IsPathSeparator(uint8(r)) }) {
		if step != "." {
			steps = append(steps, step)
		}
	}
	return root, steps
}
