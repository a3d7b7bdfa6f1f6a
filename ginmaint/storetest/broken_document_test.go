package storetest

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// saving makes edit change what Save is given.
func saving(edit func(*maintenance.State)) func(*altered) {
	return func(a *altered) {
		a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
			edit(&s)
			return a.sound.Save(ctx, s)
		}
	}
}

// loading makes edit change what Load returns.
func loading(edit func(*maintenance.State)) func(*altered) {
	return func(a *altered) {
		a.load = func(ctx context.Context) (maintenance.State, error) {
			s, err := a.sound.Load(ctx)
			edit(&s)
			return s, err
		}
	}
}

// known drops the members that this release does not know.
func known(s *maintenance.State) {
	*s = maintenance.State{
		Level: s.Level, Start: s.Start, End: s.End, Message: s.Message, Reason: s.Reason,
		ChangedBy: s.ChangedBy, ChangedAt: s.ChangedAt, Via: s.Via, Hold: s.Hold, Revision: s.Revision, ID: s.ID,
	}
}

// force stores s over whatever is there, under this ID.
func force(ctx context.Context, a *altered, s maintenance.State, id string) (saved maintenance.State, err error) {
	err = a.do(ctx, func(k *kept) error {
		s.ID = id
		saved, err = k.put(s)
		return err
	})
	return saved, err
}

func brokenDocuments() []broken {
	return []broken{
		{"zero state before the first save", "made up", "want the zero State", loading(func(s *maintenance.State) {
			if s.Revision == 0 {
				s.ID = "made up"
			}
		})},
		{"every field kept", "field dropped", "Load: Reason: got", saving(func(s *maintenance.State) { s.Reason = "" })},
		{"every field kept", "Save returns another", "what Save returned: ChangedAt: got", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				s, err := a.sound.Save(ctx, s)
				s.ChangedAt = time.Now().UTC()
				return s, err
			}
		}},
		{"every level kept", "no read-only", "saved read-only, loaded on", saving(func(s *maintenance.State) {
			if s.Level != maintenance.Off {
				s.Level = maintenance.On
			}
		})},
		{"times in UTC, whole to the microsecond", "another zone", "not told in UTC", loading(func(s *maintenance.State) {
			s.Start = s.Start.In(time.FixedZone("east", 3600))
		})},
		{"times in UTC, whole to the microsecond", "milliseconds", "nanoseconds cut: Load: Start: got", saving(func(s *maintenance.State) {
			s.Start = s.Start.Truncate(time.Millisecond)
		})},
		{"long and odd texts kept", "trimmed", "blanks at the ends: Load returned", saving(func(s *maintenance.State) {
			s.Message = strings.TrimSpace(s.Message)
		})},
		{"long and odd texts kept", "cut", "quotes: Load returned", saving(func(s *maintenance.State) {
			s.Message = s.Message[:min(len(s.Message), 2000)]
		})},
		{"unknown members kept", "dropped by Save", "members that this release does not know", saving(known)},
		{"unknown members kept", "dropped by Load", "members that this release does not know", loading(known)},

		{"revision grows by one", "by two", "save 1 returned the revision 2", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				s.Revision++
				return force(ctx, a, s, "any")
			}
		}},
		{"new ID with each save", "kept", "the ID that it was given", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				return force(ctx, a, s, s.ID)
			}
		}},
		{"new ID with each save", "from the content", "the ID of another switch", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				return force(ctx, a, s, s.Level.String()+strconv.FormatUint(s.Revision, 10))
			}
		}},
		{"conflict on another revision", "overwrites", "Save returned <nil>, want ErrConflict", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				return force(ctx, a, s, "any")
			}
		}},
		{"conflict on another revision", "stores all the same", "Load after the conflict", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				saved, err := a.sound.Save(ctx, s)
				if err != nil {
					_, _ = force(ctx, a, s, "any")
				}
				return saved, err
			}
		}},
		{"conflict on another revision", "another error", "want ErrConflict", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				saved, err := a.sound.Save(ctx, s)
				if err != nil {
					err = errors.New("somebody else was first")
				}
				return saved, err
			}
		}},
		{"state that is not valid refused", "repaired", "no such level: Save returned no error", saving(func(s *maintenance.State) {
			s.Level = min(s.Level, maintenance.On)
		})},
		{"state that is not valid refused", "stored first", "Load after the refusal", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				if err := s.Validate(); err != nil {
					_, _ = force(ctx, a, maintenance.State{Revision: s.Revision}, "any")
					return maintenance.State{}, err
				}
				return a.sound.Save(ctx, s)
			}
		}},
		{"no update of eight writers lost", "look, then write", "increments the document counts", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				if stored, err := a.sound.Load(ctx); err != nil || stored.Revision != s.Revision {
					return stored, errors.Join(err, maintenance.ErrConflict)
				}
				for range 20 { // time for somebody else
					runtime.Gosched()
				}
				return force(ctx, a, s, "any")
			}
		}},

		{"cancelled context", "Load does not look", "Load returned <nil>", func(a *altered) {
			a.load = func(ctx context.Context) (maintenance.State, error) {
				return a.sound.Load(context.WithoutCancel(ctx))
			}
		}},
		{"cancelled context", "Save stores all the same", "Load: Revision: got 2, want 1", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				saved, err := a.sound.Save(context.WithoutCancel(ctx), s)
				return saved, errors.Join(err, ctx.Err())
			}
		}},
		{"cancelled context", "Watch hangs", "Watch did not return within", func(a *altered) {
			a.watch = func(_ context.Context, changed func(maintenance.State)) error {
				return a.sound.Watch(a.life, changed)
			}
		}},
		{"expired context", "cause not wrapped", "Load returned too late, want an error that wraps context deadline exceeded", func(a *altered) {
			a.load = func(ctx context.Context) (maintenance.State, error) {
				s, err := a.sound.Load(ctx)
				if err != nil {
					err = errors.New("too late")
				}
				return s, err
			}
		}},
		{"expired context", "Restore does not look", "Restore returned <nil>", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				return a.sound.Restore(context.WithoutCancel(ctx), s, over)
			}
		}},
		{"expired context", "Renew does not look", "Renew returned <nil>", func(a *altered) {
			a.report = func(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
				return a.sound.Renew(context.WithoutCancel(ctx), r)
			}
		}},

		{"restore over nothing", "new ID", "what Restore returned: ID", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				s.ID += "x"
				return a.sound.Restore(ctx, s, over)
			}
		}},
		{"restore over nothing", "revision as floating point", "Revision: got 1152921504606846976, want 1152921504606846977", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				s.Revision = uint64(float64(s.Revision+1)) - 1
				return a.sound.Restore(ctx, s, over)
			}
		}},
		{"restore over the document expected", "own revision", "Revision: got 3, want 7", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				return force(ctx, a, s, s.ID)
			}
		}},
		{"restore conflicts with another document", "overwrites", "Restore returned <nil>, want ErrConflict", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				return force(ctx, a, s, s.ID)
			}
		}},
		{"restore conflicts with another document", "only revisions compared", "over another ID with the same revision", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				if stored, err := a.sound.Load(ctx); err != nil || stored.Revision != over.Revision {
					return stored, errors.Join(err, maintenance.ErrConflict)
				}
				return force(ctx, a, s, s.ID)
			}
		}},
		{"restore keeps every field", "dropped", "members that this release does not know", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				known(&s)
				return a.sound.Restore(ctx, s, over)
			}
		}},
		{"restore refuses a state that is not valid", "repaired", "returned no error", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
				s.Level = min(s.Level, maintenance.On)
				return a.sound.Restore(ctx, s, over)
			}
		}},
		{"restore is told to watchers", "silent", "did not tell of the save", func(a *altered) {
			a.restore = func(ctx context.Context, s, over maintenance.State) (saved maintenance.State, err error) {
				return saved, a.do(ctx, func(k *kept) error {
					waiting := k.changed
					k.changed = make(chan struct{})
					saved, err = k.put(s)
					k.changed = waiting
					return err
				})
			}
		}},
	}
}
