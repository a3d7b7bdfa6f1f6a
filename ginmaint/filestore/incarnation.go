package filestore

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// incarnation is the identity of a roster. It lies in the roster's folder, so
// it is lost together with the entries.
type incarnation struct {
	ID    string    `json:"id"`
	Began time.Time `json:"began"`
}

func (r *roster) incarnationPath() string { return filepath.Join(r.folder, "incarnation") }

// incarnation returns the present one, or the zero one where there is none or
// where it is damaged: then the entries prove nothing, and their processes join
// anew.
func (r *roster) incarnation() (incarnation, error) {
	var i incarnation
	f, err := os.Open(r.incarnationPath())
	if errors.Is(err, fs.ErrNotExist) {
		return i, nil
	}
	if err != nil {
		return i, r.fault(err)
	}
	defer f.Close()
	switch err := readRecord(f, &i); {
	case errors.Is(err, io.EOF), errors.Is(err, errTorn):
		return incarnation{}, nil
	case err != nil:
		return incarnation{}, r.fault(err)
	}
	return i, nil
}

// incarnate returns the present incarnation, and begins one where there is
// none.
func (r *roster) incarnate(perm fs.FileMode) (incarnation, error) {
	i, err := r.incarnation()
	if err != nil || i.ID != "" {
		return i, err
	}
	if err := os.Remove(r.incarnationPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return i, r.fault(err)
	}
	f, err := create(r.incarnationPath(), perm)
	if err != nil {
		return i, r.fault(err)
	}
	i = incarnation{rand.Text(), time.Now().UTC()}
	_, err = f.WriteString("\n")
	if err == nil {
		err = writeRecord(f, i)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return incarnation{}, r.fault(err)
	}
	return i, nil
}

// age returns how old the incarnation is, never zero for one that exists: that
// would mean unknown. Where the clock was set back to before its beginning it
// counts from now on: a drain waits a while rather than for hours, or not at
// all. The caller holds the lock.
func (r *roster) age(i incarnation, now time.Time) (time.Duration, error) {
	switch {
	case i.ID == "":
		return 0, nil
	case now.After(i.Began):
		return now.Sub(i.Began), nil
	}
	i.Began = now.UTC()
	f, err := os.OpenFile(r.incarnationPath(), os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(writeRecord(f, i), f.Close())
	}
	if err != nil {
		return 0, r.fault(err)
	}
	return 1, nil
}

// addUnknown adds the entry that stands for replicas lost with an earlier
// roster. It has the lease of r, since replicas of one service have the same.
func (r *roster) addUnknown(of maintenance.Replica, present string, perm fs.FileMode) error {
	if _, err := os.Stat(r.entryPath(unknownID)); err == nil {
		return nil
	}
	return r.create(maintenance.Replica{
		ID:          unknownID,
		Name:        "lost with an earlier roster",
		Lease:       of.Lease,
		Incarnation: present,
		ReportedAt:  time.Now().UTC(),
		Unknown:     true,
	}, perm)
}
