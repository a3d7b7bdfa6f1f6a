package filestore

import (
	"encoding/json"
	"errors"
	"io/fs"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The witness is a file beside the roster that outlives it: the entry that will stand for
// those who are lost with the present roster, if any of them has no presence. It names the
// incarnation that it speaks of. Where that is not the present one, a roster was lost,
// perhaps while every replica was paused, so that nobody comes back to say so.

// testify writes the witness before the first entry of a roster that no presence shows.
// The caller holds the lock.
func (s *entries) testify(of maintenance.Replica) error {
	if last, found, err := s.witness(); err != nil || found && last.Incarnation == of.Incarnation {
		return err
	}
	text, err := json.Marshal(unknownLike(of))
	if err == nil {
		err = replace(s.witnessPath(), append(text, '\n'), s.perm)
	}
	return s.fault(err)
}

// witness returns what the witness says, if there is one. One that is damaged speaks of no
// incarnation, so that it counts as a loss.
func (s *entries) witness() (last maintenance.Replica, found bool, err error) {
	text, err := readText(s.witnessPath())
	if errors.Is(err, fs.ErrNotExist) {
		return maintenance.Replica{}, false, nil
	}
	if json.Unmarshal(text, &last) != nil {
		last = maintenance.Replica{}
	}
	return last, true, s.fault(err)
}

// ended returns the entry that stands for those who were lost with an earlier roster than
// this one, if the witness knows of any.
func (s *entries) ended(incarnation string) (lost maintenance.Replica, found bool, err error) {
	last, found, err := s.witness()
	if err != nil || !found || last.Incarnation == incarnation {
		return maintenance.Replica{}, false, err
	}
	lost = unknownLike(last)
	lost.Incarnation, lost.RenewedAt = incarnation, time.Now().UTC()
	return lost, true, nil
}

// succeed adds the entry for those who were lost with an earlier roster to this one, and
// only then has the witness speak of this one: it may be lost as well. The caller holds
// the lock.
func (s *entries) succeed(incarnation string) error {
	lost, found, err := s.ended(incarnation)
	if err != nil || !found {
		return err
	}
	if err := s.addUnknown(lost); err != nil {
		return err
	}
	return s.testify(lost)
}
