package filestore

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Replicas implements maintenance.Roster. It removes entries of processes that have
// ended. Replicas of other processes that have no entry are listed as one, which
// obeys nothing. If this process has no replica itself, it asks them to write their
// entries, and waits up to a quarter of a second for that.
func (s *Store) Replicas(ctx context.Context) (maintenance.Listing, error) {
	if err := s.await(ctx); err != nil {
		return maintenance.Listing{}, err
	}
	defer s.pass()
	listing, err := s.look(ctx)
	if len(s.members) > 0 {
		return listing, err
	}
	strange := func(r maintenance.Replica) bool { return r.ID == unlistedID }
	for wait := gone; err == nil && wait > 0 && slices.ContainsFunc(listing.Replicas, strange); wait -= gone / 10 {
		if s.untouched() {
			_ = s.entries.makeRoster() // which they notice; without it they stay without names
		}
		if err = pause(ctx, gone/10); err == nil {
			listing, err = s.look(ctx)
		}
	}
	return listing, err
}

// look returns the document and the roster. It reads the roster after the document:
// a replica that joins from here on loads this one or a later one.
func (s *Store) look(ctx context.Context) (listing maintenance.Listing, err error) {
	err = s.present(ctx, func(l *lock, state maintenance.State) (err error) {
		listing, err = s.list(state, l != nil)
		return err
	})
	return listing, err
}

// list returns the roster beside this state. With tidy, which needs the lock, it
// deletes what is left of processes that have ended.
func (s *Store) list(state maintenance.State, tidy bool) (listing maintenance.Listing, err error) {
	folder, err := s.entries.look()
	if err != nil {
		return listing, err
	}
	defer folder.Close() // nil, too
	incarnation, err := s.entries.incarnation()
	if err != nil {
		return listing, err
	}
	lost, found, err := s.entries.ended(incarnation)
	if err != nil {
		return listing, err
	}
	if found && tidy {
		switch begun, err := s.entries.incarnate(); {
		case err == nil:
			incarnation, found = begun, false // the roster lists them from now on
		case !unwritable(err):
			return listing, err
		}
	}
	files, err := os.ReadDir(s.roster())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return listing, s.entries.fault(err)
	}
	err = nil
	listing.State, listing.Incarnation = state, incarnation
	var accounted []string // IDs
	for _, file := range files {
		id, ok := strings.CutSuffix(file.Name(), entrySuffix)
		if !ok || !validID(id) && id != unknownID {
			continue
		}
		e, err := s.entries.readEntry(id)
		if errors.Is(err, maintenance.ErrUnlisted) {
			continue // deleted since
		}
		lives := false
		if err == nil {
			lives, err = s.entries.alive(folder, e)
		}
		switch {
		case err != nil:
			return listing, err
		case lives:
			accounted = append(accounted, id)
			if !e.Forgotten {
				listing.Replicas = append(listing.Replicas, e.Replica)
			}
		case tidy:
			if err := s.entries.strike(id); err != nil {
				return listing, err
			}
		}
	}
	if found && !slices.Contains(accounted, unknownID) {
		listing.Replicas = append(listing.Replicas, lost)
	}
	if folder != nil {
		err = s.listPresent(&listing, folder, accounted)
	}
	for i, r := range listing.Replicas {
		if !r.RenewedAt.IsZero() { // else the entry is damaged
			listing.Replicas[i].Silent = max(0, time.Since(r.RenewedAt))
		}
	}
	slices.SortFunc(listing.Replicas, func(a, b maintenance.Replica) int { return strings.Compare(a.ID, b.ID) })
	return listing, err
}

// listPresent adds the replicas that live and have no entry on the disk. Those of
// this process are known; of others the folder only shows that there are some.
func (s *Store) listPresent(listing *maintenance.Listing, folder *os.File, accounted []string) error {
	written := listing.Incarnation
	if listing.State.Revision > 0 || written != "" {
		listing.Age = math.MaxInt64 // no need to wait for others: the folder shows all that live
	}
	if listing.Age > 0 || len(s.members) > 0 {
		listing.Incarnation = cmp.Or(written, unwritten)
	}
	for id, m := range s.members {
		accounted = append(accounted, id)
		if m.presence != nil && (m.listed == "" || m.listed != written) {
			r := m.told
			r.Incarnation = listing.Incarnation
			listing.Replicas = append(listing.Replicas, r)
		}
	}
	some, know, err := s.entries.strangers(folder, accounted)
	if some {
		now := time.Now().UTC()
		r := maintenance.Replica{
			ID: unlistedID, Name: "processes that are not listed; do they write to " + s.folder() + "?", Unlisted: true,
			Incarnation: listing.Incarnation, RenewedAt: now, Renewals: uint64(now.UnixNano()), // the kernel has just told that they live
		}
		if know {
			r.Document = "unknown"
		}
		listing.Replicas = append(listing.Replicas, r)
	}
	return err
}
