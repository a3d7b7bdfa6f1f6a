package fire

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Run is a unit of work, from after its Enter until before its Leave.
type Run struct {
	Replica  string
	Access   maintenance.Access
	From, To time.Duration // by Now
}

// journal is one worker's record. Every entry is one write, so that what was
// written survives kill -9.
type journal struct {
	file   *os.File
	access maintenance.Access
}

// entrySize is the kind of an entry and its time, eight bytes each.
const entrySize = 16

const (
	began = iota
	ended
)

func openJournal(dir, replica string, worker int, a maintenance.Access) (*journal, error) {
	file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s.%s.%d", replica, a, worker)))
	return &journal{file, a}, err
}

func (j *journal) note(kind uint64) {
	var entry [entrySize]byte
	binary.LittleEndian.PutUint64(entry[:8], kind)
	binary.LittleEndian.PutUint64(entry[8:], uint64(Now()))
	if _, err := j.file.Write(entry[:]); err != nil {
		panic(err) // without a record the test would prove nothing
	}
}

// ReadRuns reads all journals in dir. A run without an end ended with its
// process: gone says when that was.
func ReadRuns(dir string, gone map[string]time.Duration) ([]Run, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var runs []Run
	for _, file := range files {
		parts := strings.Split(file.Name(), ".")
		access := maintenance.Read
		if parts[1] == maintenance.Write.String() {
			access = maintenance.Write
		}
		entries, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return nil, err
		}
		last := time.Duration(math.MaxInt64)
		if at, ok := gone[parts[0]]; ok {
			last = at
		}
		for ; len(entries) >= entrySize; entries = entries[entrySize:] {
			at := time.Duration(binary.LittleEndian.Uint64(entries[8:]))
			if binary.LittleEndian.Uint64(entries) == began {
				runs = append(runs, Run{parts[0], access, at, last})
			} else {
				runs[len(runs)-1].To = at
			}
		}
	}
	return runs, nil
}
