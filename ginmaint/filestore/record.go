package filestore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A record is one small JSON value in a file that is written in place, because
// a lock hangs on that file. It carries a checksum, so that a write cut short
// by the end of its process is noticed.
//
// Records begin at the second byte. The first is what flock locks on Windows,
// where nobody else can then read or write it.
const recordStart = 1

// errTorn means that a file holds no record that can be trusted.
var errTorn = errors.New("the record is damaged")

type record struct {
	Sum   uint32          `json:"sum"`
	Value json.RawMessage `json:"value"`
}

// writeRecord puts v in the place of what f holds, in one write.
func writeRecord(f *os.File, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	text := fmt.Appendf(nil, "{\"sum\":%d,\"value\":%s}", crc32.ChecksumIEEE(value), value)
	// Blanks cover what is left of a longer one before.
	if rest := int(info.Size()) - recordStart - len(text) - 1; rest > 0 {
		text = append(text, bytes.Repeat([]byte(" "), rest)...)
	}
	_, err = f.WriteAt(append(text, '\n'), recordStart)
	return err
}

// readRecord reads into v what f holds. It returns io.EOF for a file without a
// record, and errTorn for one with a damaged record.
func readRecord(f *os.File, v any) error {
	text, err := io.ReadAll(io.NewSectionReader(f, recordStart, maxSize))
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return io.EOF
	}
	var r record
	if json.Unmarshal(text, &r) != nil || crc32.ChecksumIEEE(r.Value) != r.Sum || json.Unmarshal(r.Value, v) != nil {
		return errTorn
	}
	return nil
}
