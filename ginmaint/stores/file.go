package stores

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func openFile(a *address) (maintenance.Store, func() error, error) {
	path, err := filePath(a.url)
	if err != nil {
		return nil, nil, err
	}
	if len(a.params) > 0 {
		return nil, nil, errors.New("stores: a file: URL takes no parameters; a file is one switch: for another one name another file, " +
			"and write a ? in its name as %3F")
	}
	return filestore.New(path), func() error { return nil }, nil
}

// filePath returns the path that a file: URL names, in the form of this system.
func filePath(u *url.URL) (string, error) {
	path := u.Path
	switch {
	case u.User != nil || u.Host != "" && u.Host != "localhost":
		return "", errors.New("stores: a file: URL names no host; write file:name.json for a file in the working directory, " +
			"file:///folder/name.json for one from the root")
	case u.Opaque != "":
		decoded, err := url.PathUnescape(u.Opaque)
		if err != nil {
			return "", errors.New("stores: the path of the file: URL can't be read; write % as %25")
		}
		path = decoded
	}
	if path == "" {
		return "", errors.New("stores: the file: URL names no file; write file:" + filestore.DefaultPath)
	}
	if strings.ContainsRune(path, 0) {
		return "", errors.New("stores: the path of the file: URL has a zero byte in it, which no file name has; leave it out")
	}
	if local := strings.TrimPrefix(path, "/"); filepath.VolumeName(local) != "" {
		path = local // file:///C:/folder/name.json
	}
	return filepath.FromSlash(path), nil
}
