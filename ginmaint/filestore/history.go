package filestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The history is a file of JSON lines, the oldest record first. It is replaced as a whole,
// before the document and under the same lock. Where a process was killed in between, the
// last record tells of a document that never came, which readers pass over, and the next
// save drops.

// maxHistory bounds the file, in bytes: two documents of the greatest size, and room.
const maxHistory = 4 * maxSize

// record adds what is about to happen. A history that can't be read is put aside: nobody
// who has to switch waits for its repair.
func (s *Store) record(before, after maintenance.State) error {
	records, err := s.records(before)
	if errors.Is(err, errUnreadable) {
		err = rename(s.historyPath(), s.historyPath()+".damaged")
	}
	if err == nil {
		records = append(records, maintenance.Record{Before: before, After: after})
		err = s.writeHistory(records[max(0, len(records)-maintenance.MaxHistory):])
	}
	if err != nil {
		return fmt.Errorf("filestore: %s was not changed, as its history, %s, can't be written: %w; make room on the disk, or check the permissions of the folder",
			s.path, s.historyPath(), err)
	}
	return nil
}

// writeHistory writes as many of the newest records as fit.
func (s *Store) writeHistory(records []maintenance.Record) error {
	var lines [][]byte // the newest first
	size := 0
	for _, r := range slices.Backward(records) {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if size += len(line) + 1; size > maxHistory {
			break
		}
		lines = append(lines, append(line, '\n'))
	}
	slices.Reverse(lines)
	return replace(s.historyPath(), bytes.Join(lines, nil), s.perm)
}

// errUnreadable is a history that some other program has written to.
var errUnreadable = errors.New("the history can't be read")

// records returns what has happened, the oldest first, up to the document that is present.
func (s *Store) records(present maintenance.State) ([]maintenance.Record, error) {
	f, err := open(s.historyPath(), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var records []maintenance.Record
	for lines := json.NewDecoder(io.LimitReader(f, maxHistory)); ; {
		var r maintenance.Record
		switch err := lines.Decode(&r); {
		case errors.Is(err, io.EOF):
			if last := len(records) - 1; last >= 0 && records[last].After.ID != present.ID && records[last].Before.ID == present.ID {
				records = records[:last]
			}
			return records, nil
		case err != nil:
			return nil, fmt.Errorf("%w: record %d: %w", errUnreadable, len(records)+1, err)
		}
		records = append(records, r)
	}
}

// History implements maintenance.Historian.
func (s *Store) History(ctx context.Context) (records []maintenance.Record, err error) {
	present, err := s.Load(ctx)
	if err == nil {
		records, err = s.records(present)
	}
	if errors.Is(err, errUnreadable) {
		return nil, fmt.Errorf("filestore: %s: %w; delete it, and the history begins anew", s.historyPath(), err)
	}
	slices.Reverse(records)
	return records, err
}
