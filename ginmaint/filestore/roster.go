package filestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// unwritten is the incarnation of a roster that is not on the disk.
const unwritten = "unwritten"

// Join implements maintenance.Roster. Others see that the replica lives until this
// process ends or removes it. Its entry is written once somebody has switched. In a
// folder that can't be written there is never one, and Join returns r with Unlisted
// set. If the folder can't be locked either, nobody would know of the replica, so
// Join returns an error.
func (s *Store) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	if !validID(r.ID) {
		return maintenance.Replica{}, fmt.Errorf("filestore: %.64q is no ID of a replica; take 1 to %d letters and digits", r.ID, maxID)
	}
	if err := s.await(ctx); err != nil {
		return maintenance.Replica{}, err
	}
	defer s.pass()
	m := s.members[r.ID]
	if m == nil {
		m = &member{}
	}
	// The presence comes before the check whether anybody has switched, so that
	// a later switch sees it.
	m.appear(s.entries, r.ID)
	before := cmp.Or(m.listed, r.Incarnation)
	r.Incarnation, r.RenewedAt, r.Unknown, r.Unlisted = unwritten, time.Now().UTC(), false, false
	if m.presence != nil && (before == "" || before == unwritten) && s.untouched() {
		r.Unlisted = !writable(s.folder())
	} else {
		err := s.locked(ctx, func(*lock) error { return s.enlist(m, r, before) })
		switch {
		case err == nil:
			r.Incarnation = m.listed
		case unwritable(err) && m.presence != nil:
			r.Unlisted = true
		default:
			if m.joined == "" {
				m.release()
			}
			if unwritable(err) {
				err = fmt.Errorf("%w; to follow the file unseen by any drain, hand Open struct{ maintenance.Store }{store}", err)
			}
			return maintenance.Replica{}, err
		}
	}
	m.told, m.joined = r, r.Incarnation
	s.members[r.ID] = m
	return r, nil
}

// enlist writes the entry of a replica that has none under the present
// incarnation. before is the one that it belonged to. The caller holds the lock.
func (s *Store) enlist(m *member, r maintenance.Replica, before string) (err error) {
	if r.Incarnation, err = s.entries.incarnate(); err != nil {
		return err
	}
	if before != "" && before != unwritten && before != r.Incarnation {
		if err := s.entries.addUnknown(r); err != nil {
			return err
		}
	}
	if m.presence == nil {
		if err := s.entries.testify(r); err != nil {
			return err
		}
	}
	if err := m.lockEntry(s.entries, r.ID); err != nil {
		return err
	}
	if err := s.entries.writeEntry(m.entry(s.entries, r), true); err != nil {
		return err
	}
	m.told, m.listed = r, r.Incarnation
	return s.entries.ring(r.Incarnation)
}

// Renew implements maintenance.Roster. It costs some fifty system calls and no
// sync of the disk: an entry need not outlive its process. A replica that has a
// presence is not lost with the roster: its entry is written anew.
func (s *Store) Renew(ctx context.Context, r maintenance.Replica) (state maintenance.State, err error) {
	if err := s.await(ctx); err != nil {
		return maintenance.State{}, err
	}
	defer s.pass()
	m := s.members[r.ID]
	if m == nil || r.Incarnation != m.joined || m.presence != nil && !m.presence.stands() {
		return maintenance.State{}, maintenance.ErrUnlisted
	}
	r.RenewedAt, r.Unknown, r.Unlisted = time.Now().UTC(), false, false
	err = s.present(ctx, func(l *lock, present maintenance.State) error {
		if m.presence != nil && present.Revision > 0 {
			if err := m.presence.know(); err != nil {
				return s.entries.unseen(err)
			}
		}
		state = present
		switch {
		case l != nil:
			return s.renewEntry(m, r)
		case m.presence == nil:
			_, err := s.entries.readEntry(r.ID) // ErrUnlisted if all was deleted
			return cmp.Or(err, s.entries.fault(fs.ErrPermission))
		}
		m.told = r
		return nil
	})
	if err != nil {
		return maintenance.State{}, err
	}
	return state, nil
}

// renewEntry writes what r tells into its entry. The caller holds the lock.
func (s *Store) renewEntry(m *member, r maintenance.Replica) (err error) {
	if r.Incarnation, err = s.entries.incarnation(); err != nil {
		return err
	}
	e, err := s.entries.readEntry(r.ID)
	switch {
	case err != nil && !errors.Is(err, maintenance.ErrUnlisted):
		return err
	case e.Forgotten:
		return maintenance.ErrUnlisted
	case err != nil, m.listed == "", m.listed != r.Incarnation:
		if m.presence == nil {
			return maintenance.ErrUnlisted
		}
		return s.enlist(m, r, "")
	}
	err = s.entries.writeEntry(m.entry(s.entries, r), false)
	if err == nil && m.told.Work() != r.Work() {
		err = s.entries.ring(r.Incarnation)
	}
	m.told = r
	return err
}

// Remove implements maintenance.Roster. It also removes an entry of another process,
// whose next Renew returns ErrUnlisted.
func (s *Store) Remove(ctx context.Context, id string) error {
	return s.removeIf(ctx, id, func(maintenance.Replica) bool { return true })
}

// RemoveUnrenewed implements maintenance.Roster.
func (s *Store) RemoveUnrenewed(ctx context.Context, r maintenance.Replica) error {
	return s.removeIf(ctx, r.ID, func(there maintenance.Replica) bool {
		return there.Renewals == r.Renewals && there.Incarnation == r.Incarnation
	})
}

// removeIf removes an entry that is as it should be.
func (s *Store) removeIf(ctx context.Context, id string, is func(maintenance.Replica) bool) error {
	if id == unlistedID {
		return fmt.Errorf("filestore: processes that are not listed live, so they can't be removed; let them write to the folder %s, or end them", s.folder())
	}
	if !validID(id) && id != unknownID {
		return fmt.Errorf("filestore: no replica has the ID %.64q: %w", id, maintenance.ErrUnlisted)
	}
	if err := s.await(ctx); err != nil {
		return err
	}
	defer s.pass()
	m := s.members[id]
	leave := func() {
		if m != nil {
			m.release()
			delete(s.members, id)
		}
	}
	if s.untouched() || m != nil && m.listed == "" {
		if m == nil || !is(m.told) {
			return maintenance.ErrUnlisted
		}
		leave()
		return nil
	}
	return s.locked(ctx, func(*lock) error {
		if e, err := s.entries.readEntry(id); err == nil && !is(e.Replica) {
			return maintenance.ErrUnlisted
		}
		leave()
		if err := s.entries.forget(id); err != nil {
			return err
		}
		incarnation, err := s.entries.incarnation()
		if err == nil && incarnation != "" {
			err = s.entries.ring(incarnation)
		}
		return err
	})
}
