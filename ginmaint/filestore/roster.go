package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Join implements maintenance.Roster. The entry stays locked until this
// process ends or removes it. In a folder that this process may not write to it
// is an error: a roster that others can't see would prove nothing.
func (s *Store) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	if !validID(r.ID) {
		return maintenance.Replica{}, fmt.Errorf("filestore: %s is no ID of a replica; take 1 to %d letters and digits", quote(r.ID), maxID)
	}
	err := s.exclusively(ctx, func(*lock) error {
		if err := s.roster.make(s.perm); err != nil {
			return err
		}
		i, err := s.roster.incarnate(s.perm)
		if err != nil {
			return err
		}
		if r.Incarnation != "" && r.Incarnation != i.ID {
			if err := s.roster.addUnknown(r, i.ID, s.perm); err != nil {
				return err
			}
		}
		r.Incarnation, r.RenewedAt, r.Unknown = i.ID, time.Now().UTC(), false
		if err := s.enter(r); err != nil {
			return err
		}
		return s.roster.ring(s.perm)
	})
	if err != nil {
		return maintenance.Replica{}, err
	}
	return r, nil
}

// Renew implements maintenance.Roster. It costs some forty system calls and
// no sync of the disk: what is reported lives as long as the process.
func (s *Store) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	if err := ctx.Err(); err != nil {
		return maintenance.State{}, err
	}
	if !validID(r.ID) || !s.roster.exists() {
		return maintenance.State{}, maintenance.ErrUnlisted
	}
	var state maintenance.State
	err := s.exclusively(ctx, func(l *lock) error {
		i, err := s.roster.incarnation()
		if err != nil {
			return err
		}
		if i.ID != r.Incarnation {
			return maintenance.ErrUnlisted
		}
		if state, _, err = s.settle(ctx, l); err != nil {
			return err
		}
		r.RenewedAt, r.Unknown = time.Now().UTC(), false
		news, err := s.roster.rewrite(r)
		if err == nil && news {
			err = s.roster.ring(s.perm)
		}
		return err
	})
	if err != nil {
		return maintenance.State{}, err
	}
	return state, nil
}

// Remove implements maintenance.Roster. An entry that another process holds goes
// as well; that process is told so by its next Renew.
func (s *Store) Remove(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !validID(id) && id != unknownID {
		return fmt.Errorf("filestore: %s is no ID of a replica: %w", quote(id), maintenance.ErrUnlisted)
	}
	if !s.roster.exists() {
		return maintenance.ErrUnlisted
	}
	return s.exclusively(ctx, func(*lock) error {
		s.leave(id)
		if err := s.roster.remove(id); err != nil {
			return err
		}
		return s.roster.ring(s.perm)
	})
}

// Replicas implements maintenance.Roster. An entry whose lock is free goes: its
// process has ended, so nothing runs there any more.
func (s *Store) Replicas(ctx context.Context) (maintenance.Listing, error) {
	state, err := s.Load(ctx)
	if err != nil {
		return maintenance.Listing{}, err
	}
	// The roster is looked at after the document, so who joins from here on
	// loads this document or a later one. A look alone writes nothing.
	if !s.roster.exists() {
		return maintenance.Listing{State: state}, nil
	}
	var snapshot maintenance.Listing
	err = s.exclusively(ctx, func(l *lock) error {
		i, err := s.roster.incarnation()
		if err != nil {
			return err
		}
		snapshot.Incarnation = i.ID
		if snapshot.State, _, err = s.settle(ctx, l); err != nil {
			return err
		}
		snapshot.Replicas, err = s.roster.list()
		return err
	})
	if err != nil {
		return maintenance.Listing{}, err
	}
	return snapshot, nil
}

// list returns all entries of living processes, and deletes the others. The
// caller holds the lock.
func (r *roster) list() ([]maintenance.Replica, error) {
	files, err := os.ReadDir(r.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, r.fault(err)
	}
	var all []maintenance.Replica
	for _, file := range files {
		id, ok := strings.CutSuffix(file.Name(), entrySuffix)
		if !ok || !validID(id) && id != unknownID {
			continue
		}
		entry, err := r.look(id)
		if errors.Is(err, maintenance.ErrUnlisted) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, entry)
	}
	return all, nil
}

func (r *roster) fault(cause error) error {
	return fmt.Errorf("filestore: the roster in %s can't be used: %w; check the disk and who may write there", r.folder, cause)
}

func (r *roster) entryPath(id string) string { return filepath.Join(r.folder, id+entrySuffix) }
