package filestore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// maxSize bounds how much of a file is read, in bytes. An ordinary document is
// below 10 000; the rest is room for members that this release does not know.
const maxSize = 1 << 20

// document is what the file holds: its state, with the revision and the ID
// that stand in it, and the hash of its content. A file that is not there is
// the zero document.
type document struct {
	state maintenance.State
	sum   string
}

// read returns the document in the file at path, following links. A file that
// is not there in a folder that is not there either is an error.
func read(path string) (document, error) {
	text, err := readText(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, err := target(path)
		return document{}, err
	case err != nil:
		return document{}, fmt.Errorf("filestore: the state can't be read: %w", err)
	}
	return parse(path, text)
}

func readText(path string) ([]byte, error) {
	f, err := open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(text) > maxSize {
		return nil, fmt.Errorf("%s is longer than %d bytes, so it is no state; name another file", path, maxSize)
	}
	return text, err
}

// parse reads text as the public JSON of a state. Some editors begin a file
// with a byte order mark, which JSON does not know.
func parse(path string, text []byte) (document, error) {
	hash := sha256.Sum256(text)
	d := document{sum: hex.EncodeToString(hash[:])}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(bytes.TrimSpace(text)) == 0 {
		return document{}, fmt.Errorf("filestore: %s is empty; write {\"level\":\"off\"} into it, or delete it", path)
	}
	if err := d.state.UnmarshalJSON(text); err != nil {
		return document{}, fmt.Errorf("filestore: %s can't be read: %w; correct the file, or delete it, which means off", path, err)
	}
	return d, nil
}

// render writes s for people: indented, with a final newline. It returns the
// document as a reader will find it.
func render(path string, s maintenance.State) ([]byte, document, error) {
	text, err := s.MarshalJSON()
	if err != nil {
		return nil, document{}, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, document{}, fmt.Errorf("filestore: the state can't be written as JSON: %w", err)
	}
	out.WriteByte('\n')
	if out.Len() > maxSize {
		return nil, document{}, fmt.Errorf("filestore: the state has %d bytes, a file holds at most %d; take unknown members out", out.Len(), maxSize)
	}
	d, err := parse(path, out.Bytes())
	return out.Bytes(), d, err
}
