package filestore

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
)

// presence shows every process that a replica lives, without writing anything. It
// is the folder, open, with a byte of it locked. What the byte holds does not
// matter. The kernel frees the lock when the process ends.
//
// Each switch in the folder has a window of bytes, found by the name of its file. In
// each half of it every replica has a byte, found by its ID. The replica locks the
// first when it joins, the second when it learns a document.
type presence struct {
	folder *os.File
	at     int64
	knows  bool // a document, so the replica can write it back if it is missing
}

// presences are those of one folder.
type presences struct {
	place
	local func(folder string) bool // whether only one kernel can have the folder mounted
}

const (
	window = 1 << 40
	half   = window / 2
)

func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// window is where the bytes of this switch begin; their numbers have 63 bits.
func (s *presences) window() int64 { return int64(hash(filepath.Base(s.path)) >> 42 * window) }

func byteOf(id string) int64 { return int64(hash(id) % half) }

// appear makes the presence of a replica, or returns nil where the folder is not
// local or its locks are not what they should be: the entry then has a lock file.
func (s *presences) appear(id string) *presence {
	folder, err := s.look()
	if err != nil || folder == nil {
		return nil
	}
	at := s.window() + byteOf(id)
	if lockByte(folder, at) == nil {
		if other, err := s.look(); err == nil {
			seen, err := s.isPresent(other, id)
			other.Close()
			if seen && err == nil {
				return &presence{folder: folder, at: at}
			}
		}
	}
	folder.Close()
	return nil
}

func (p *presence) know() error {
	if p.knows {
		return nil
	}
	err := lockByte(p.folder, p.at+half)
	p.knows = err == nil
	return err
}

// stands tells whether the folder is still the one at its path.
func (p *presence) stands() bool { return isAt(p.folder, p.folder.Name()) }

// look opens the folder to see which replicas are present. It returns nil where
// presences are not used, because the folder is not local.
func (s *presences) look() (*os.File, error) {
	if !s.local(s.folder()) {
		return nil, nil
	}
	folder, err := os.OpenFile(s.folder(), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, s.unseen(err)
	}
	return folder, nil
}

// isPresent tells whether a replica lives, in whatever process.
func (s *presences) isPresent(folder *os.File, id string) (bool, error) {
	at := s.window() + byteOf(id)
	return s.taken(folder, at, at+1)
}

// strangers tells whether replicas live that have none of these IDs, and whether
// one of those knows a document.
func (s *presences) strangers(folder *os.File, ids []string) (some, know bool, err error) {
	if some, err = s.gaps(folder, s.window(), ids); some && err == nil {
		know, err = s.gaps(folder, s.window()+half, ids)
	}
	return some, know, err
}

// gaps tells whether somebody has locked a byte between those of the IDs.
func (s *presences) gaps(folder *os.File, from int64, ids []string) (bool, error) {
	known := []int64{from + half}
	for _, id := range ids {
		known = append(known, from+byteOf(id))
	}
	slices.Sort(known)
	for _, at := range known {
		if from < at {
			if found, err := s.taken(folder, from, at); found || err != nil {
				return found, err
			}
		}
		from = at + 1
	}
	return false, nil
}

// taken tells whether somebody has locked one of the bytes: true also beside an
// error, as somebody may have.
func (s *presences) taken(folder *os.File, from, until int64) (bool, error) {
	found, err := lockedBytes(folder, from, until)
	if err != nil {
		return true, s.unseen(err)
	}
	return found, nil
}

func (s *presences) unseen(cause error) error {
	return fmt.Errorf("filestore: the replicas that live can't be seen in the folder %s: %w; let this process read it", s.folder(), cause)
}
