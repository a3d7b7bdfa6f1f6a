package filestore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// open opens a regular file, and nothing else: opening a device may have effects.
func open(path string, flag int) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil {
		err = expect(path, info, 0)
	}
	if err != nil {
		return nil, err
	}
	return openNow(path, flag)
}

// openNow never waits, even if a named pipe has taken the file's place: opening or
// reading one waits for its other end.
func openNow(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|nonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = expect(path, info, 0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

var kinds = map[fs.FileMode]string{0: "a file", fs.ModeDir: "a folder", fs.ModeNamedPipe: "a named pipe (FIFO)", fs.ModeSocket: "a socket"}

// expect returns an error if what is at path has another type than it should.
func expect(path string, info fs.FileInfo, want fs.FileMode) error {
	is := info.Mode().Type()
	if is == want {
		return nil
	}
	return fmt.Errorf("%s is %s where %s should be; move it away, or name another path", path, cmp.Or(kinds[is], "a device"), kinds[want])
}

// isAt tells whether an open file is still the one at this path.
func isAt(f *os.File, path string) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(ours, there)
}

// create makes a new file, with these permissions whatever the umask, and owned
// like its folder if possible: a file that root makes must not lock out the account
// of the service.
func create(path string, perm fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, perm); err != nil { // before the owner: after that it may be refused
		f.Close()
		return nil, err
	}
	if folder, err := os.Stat(filepath.Dir(path)); err == nil {
		keepOwner(path, folder)
	}
	return f, nil
}

// overwrite replaces what f holds from offset on. f stays the same file, so readers
// must be able to recognise a half-written one.
func overwrite(f *os.File, text []byte, offset int64) error {
	_, err := f.WriteAt(text, offset)
	if err == nil {
		err = f.Truncate(offset + int64(len(text)))
	}
	return err
}

// replace writes text to the file at path in one step: a reader finds the old
// content or the new one, also after a crash. The temporary file has a fixed name,
// so that the next save cleans up one that a crash left behind; only the holder of
// the lock uses it.
func replace(path string, text []byte, perm fs.FileMode) (err error) {
	temporary := path + ".tmp"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	before, err := os.Stat(path)
	if err == nil {
		perm = before.Mode().Perm()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := create(temporary, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary)
		}
	}()
	if err := fill(f, text); err != nil {
		return err
	}
	if before != nil {
		keepOwner(temporary, before)
	}
	return rename(temporary, path)
}

// fill writes f and closes it. The content has to be on the disk before the
// name is: otherwise a loss of power can leave the name with an empty file.
func fill(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func noFolder(folder string, cause error) error {
	if errors.Is(cause, fs.ErrNotExist) {
		return fmt.Errorf("filestore: the folder %s does not exist: %w; create it, or correct the path", folder, cause)
	}
	return fmt.Errorf("filestore: the folder %s can't be used: %w; make it accessible, or correct the path", folder, cause)
}

// unwritable tells whether err means that this process may not write there: a
// file system mounted read-only, or permissions.
func unwritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || writeProtected(err)
}
