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
	ID string `json:"id"`
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
	i = incarnation{rand.Text()}
	_, err = f.WriteString("\n")
	if err == nil {
		err = writeRecord(f, i)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return incarnation{}, r.fault(err)
	}
	return i, nil
}

// addUnknown adds the entry that stands for replicas lost with an earlier
// roster.
func (r *roster) addUnknown(of maintenance.Replica, present string, perm fs.FileMode) error {
	if _, err := os.Stat(r.entryPath(unknownID)); err == nil {
		return nil
	}
	lost := maintenance.UnknownReplica(unknownID, of)
	lost.Incarnation, lost.RenewedAt = present, time.Now().UTC()
	return r.create(lost, perm)
}
