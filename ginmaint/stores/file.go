package stores

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func openFile(a *address) (maintenance.Store, func() error, error) {
	path, err := filePath(a.url, filestore.DefaultPath)
	if err != nil {
		return nil, nil, err
	}
	if len(a.params) > 0 {
		return nil, nil, errors.New("stores: a file: URL takes no parameters; a file is one switch: for another one name another file, " +
			"and write a ? in its name as %3F")
	}
	return filestore.New(path), func() error { return nil }, nil
}

// filePath returns the path that a file: or sqlite: URL names, in the form of this system.
func filePath(u *url.URL, example string) (string, error) {
	path := u.Path
	switch {
	case u.User != nil || u.Host != "" && u.Host != "localhost":
		return "", fmt.Errorf("stores: a %[1]s: URL names no host; write %[1]s:%[2]s for a file in the working directory, "+
			"%[1]s:///folder/%[2]s for one from the root", u.Scheme, example)
	case u.Opaque != "":
		decoded, err := url.PathUnescape(u.Opaque)
		if err != nil {
			return "", fmt.Errorf("stores: the path of the %s: URL can't be read; write %% as %%25", u.Scheme)
		}
		path = decoded
	}
	if path == "" {
		return "", fmt.Errorf("stores: the %[1]s: URL names no file; write %[1]s:%[2]s", u.Scheme, example)
	}
	if strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("stores: the path of the %s: URL has a zero byte in it, which no file name has; leave it out", u.Scheme)
	}
	if local := strings.TrimPrefix(path, "/"); filepath.VolumeName(local) != "" {
		path = local // file:///C:/folder/name.json
	}
	return filepath.FromSlash(path), nil
}
