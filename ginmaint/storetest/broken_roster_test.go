package storetest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// joining makes edit change what Join is given.
func joining(edit func(*maintenance.Replica)) func(*altered) {
	return func(a *altered) {
		a.join = func(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
			edit(&r)
			return a.sound.Join(ctx, r)
		}
	}
}

// listing makes edit change what Replicas returns.
func listing(edit func(*maintenance.Listing)) func(*altered) {
	return func(a *altered) {
		a.replicas = func(ctx context.Context) (maintenance.Listing, error) {
			shot, err := a.sound.Replicas(ctx)
			edit(&shot)
			return shot, err
		}
	}
}

// creating makes Renew write its entry where it should refuse.
func creating(refuse error) func(*altered) {
	return func(a *altered) {
		a.report = func(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
			state, err := a.sound.Renew(ctx, r)
			if errors.Is(err, maintenance.ErrUnlisted) {
				_, err = a.sound.Join(ctx, r)
				return state, errors.Join(err, refuse)
			}
			return state, err
		}
	}
}

func brokenRosters() []broken {
	return []broken{
		{"roster is empty before the first join", "made up", "Replicas before any join", listing(func(s *maintenance.Listing) {
			s.Replicas = append(s.Replicas, maintenance.Replica{ID: "any"})
		})},
		{"roster lists who joined until they are removed", "join not committed", "the roster lists 0 replicas, want 1", func(a *altered) {
			a.join = func(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
				r.Incarnation = present
				return r, ctx.Err()
			}
		}},
		{"roster lists who joined until they are removed", "removal not done", "the roster lists 2 replicas, want 1", func(a *altered) {
			a.remove = func(ctx context.Context, _ string) error { return ctx.Err() }
		}},
		{"roster lists who joined until they are removed", "two incarnations", "two joins returned the incarnations", func(a *altered) {
			a.join = func(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
				r, err := a.sound.Join(ctx, r)
				r.Incarnation = r.ID
				return r, err
			}
		}},
		{"roster keeps every field", "field dropped", "replica 1 of the roster: Since: got", joining(func(r *maintenance.Replica) {
			r.Since = time.Time{}
		})},
		{"roster keeps every field", "numbers as floating point", "replica 1 of the roster: Renewals: got", joining(func(r *maintenance.Replica) {
			r.Renewals = uint64(float64(r.Renewals))
		})},
		{"roster keeps every field", "report merges", "replica 1 of the roster: Name: got", func(a *altered) {
			a.report = func(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
				shot, err := a.sound.Replicas(ctx)
				if err == nil && r.Name == "" {
					r.Name = shot.Replicas[0].Name
				}
				state, failed := a.sound.Renew(ctx, r)
				return state, errors.Join(err, failed)
			}
		}},
		{"roster keeps every field", "time of the report unknown", "the store did not say when it reported", listing(func(s *maintenance.Listing) {
			for i := range s.Replicas {
				s.Replicas[i].RenewedAt = time.Time{}
			}
		})},
		{"roster is sorted by ID", "backwards", "replica 1 of the roster: ID: got", listing(func(s *maintenance.Listing) {
			slices.Reverse(s.Replicas)
		})},
		{"joining again replaces", "a second entry", "the roster lists 2 replicas, want 1", joining(func(r *maintenance.Replica) {
			r.ID += r.Name
		})},
		{"joining again replaces", "taken for a loss", "and nothing was lost", joining(func(r *maintenance.Replica) {
			r.Unknown = r.Incarnation != ""
		})},
		{"renew returns the document", "an older one", "what Renew returned: Revision: got 0, want 1", func(a *altered) {
			a.report = func(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
				_, err := a.sound.Renew(ctx, r)
				return maintenance.State{}, err
			}
		}},
		{"renew returns the document", "half of it", "the document of Replicas: members that", listing(func(s *maintenance.Listing) {
			known(&s.State)
		})},
		{"renew never creates", "creates", "Renew where nobody ever joined returned <nil>", creating(nil)},
		{"renew never creates", "creates and refuses", "the roster lists 1 replicas, want 0", creating(maintenance.ErrUnlisted)},
		{"renew is refused once removed", "creates", "Renew after Remove returned <nil>", creating(nil)},
		{"renew under another incarnation is refused", "not looked at", "Renew to the incarnation \"another\" returned <nil>", func(a *altered) {
			a.report = func(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
				r.Incarnation = present
				return a.sound.Renew(ctx, r)
			}
		}},
		{"renew under another incarnation is refused", "kept all the same", "Renewals: got 1, want 0", creating(maintenance.ErrUnlisted)},
		{"removing who is not listed", "no error", "Remove of who did not join returned <nil>", func(a *altered) {
			a.remove = func(ctx context.Context, id string) error {
				if err := a.sound.Remove(ctx, id); !errors.Is(err, maintenance.ErrUnlisted) {
					return err
				}
				return nil
			}
		}},
		{"removing who has renewed since", "not looked at", "RemoveUnrenewed of who has renewed since returned <nil>", func(a *altered) {
			a.removeUnrenewed = func(ctx context.Context, r maintenance.Replica) error { return a.sound.Remove(ctx, r.ID) }
		}},
		{"removing who has renewed since", "any incarnation", "incarnation returned <nil>", func(a *altered) {
			a.removeUnrenewed = func(ctx context.Context, r maintenance.Replica) error {
				r.Incarnation = present
				return a.sound.RemoveUnrenewed(ctx, r)
			}
		}},
		{"removing who has renewed since", "never", "RemoveUnrenewed of the entry as it is: ", func(a *altered) {
			a.removeUnrenewed = func(context.Context, maintenance.Replica) error { return maintenance.ErrUnlisted }
		}},
		{"two rosters side by side", "one roster", "the roster lists 1 replicas, want 0", func(a *altered) {
			a.kept = a.engine.open("one").kept
		}},
		{"fifty replicas renew at once", "whole list rewritten", "the roster lists", func(a *altered) {
			a.join = func(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
				shot, err := a.sound.Replicas(ctx)
				for range 20 { // time for somebody else
					runtime.Gosched()
				}
				r.Incarnation, r.RenewedAt = present, time.Now()
				return r, errors.Join(err, a.do(ctx, func(k *kept) error {
					clear(k.replicas)
					for _, other := range append(shot.Replicas, r) {
						k.replicas[other.ID] = other
					}
					return nil
				}))
			}
		}},
		{"document and roster in one snapshot", "document first", "two moments in one snapshot", twoMoments(
			func(first, second *maintenance.Listing) { second.State = first.State },
		)},
		{"document and roster in one snapshot", "roster first", "two moments in one snapshot", twoMoments(
			func(first, second *maintenance.Listing) { second.Replicas = first.Replicas },
		)},
	}
}

// twoMoments puts a snapshot together from two, between which others work.
func twoMoments(mix func(first, second *maintenance.Listing)) func(*altered) {
	return func(a *altered) {
		a.replicas = func(ctx context.Context) (maintenance.Listing, error) {
			first, err := a.sound.Replicas(ctx)
			if err != nil {
				return first, err
			}
			for {
				runtime.Gosched()
				second, err := a.sound.Replicas(ctx)
				if err != nil {
					return second, err
				}
				if second.State.Revision >= min(first.State.Revision+3, 40) {
					mix(&first, &second)
					return second, nil
				}
			}
		}
	}
}
