package storetest

import (
	"context"
	"slices"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// remembers makes History return what change makes of the true records.
func remembers(change func([]maintenance.Record) []maintenance.Record) func(*altered) {
	return func(a *altered) {
		a.history = func(ctx context.Context) ([]maintenance.Record, error) {
			records, err := a.sound.History(ctx)
			return change(records), err
		}
	}
}

// edits changes what the engine keeps of the history after each save.
func edits(change func(*kept)) func(*altered) {
	return func(a *altered) {
		a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
			saved, err := a.sound.Save(ctx, s)
			return saved, a.do(ctx, func(k *kept) error {
				if err == nil {
					change(k)
				}
				return err
			})
		}
	}
}

func brokenHistories() []broken {
	return []broken{
		{"history is empty before the first save", "begins with nothing", "History returned 1 records", remembers(func(records []maintenance.Record) []maintenance.Record {
			return append(records, maintenance.Record{})
		})},
		{"history keeps what each save replaced", "drops a record", "History returned 1 records, want 4", edits(func(k *kept) {
			if len(k.history)%2 == 0 {
				k.history = k.history[:len(k.history)-1]
			}
		})},
		{"history keeps what each save replaced", "rewrites one", "record 2, after", edits(func(k *kept) {
			if n := len(k.history); n > 1 {
				k.history[n-2].After = k.state
			}
		})},
		{"history keeps what each save replaced", "the oldest first", "record 1, before", remembers(func(records []maintenance.Record) []maintenance.Record {
			slices.Reverse(records)
			return records
		})},
		{"history has nothing of a save that was refused", "keeps it", "History returned 3 records, want 1", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				saved, err := a.sound.Save(ctx, s)
				if err != nil {
					_ = a.do(ctx, func(k *kept) error {
						k.history = append(k.history, maintenance.Record{Before: k.state, After: s})
						return nil
					})
				}
				return saved, err
			}
		}},
		{"history keeps the last hundred", "keeps fewer", "History returned 99 records, want 100", edits(func(k *kept) {
			k.history = k.history[max(0, len(k.history)-maintenance.MaxHistory+1):]
		})},
		{"history keeps the last hundred", "keeps the first", "the newest record", func(a *altered) {
			var first []maintenance.Record
			edits(func(k *kept) {
				if len(first) < maintenance.MaxHistory {
					first = slices.Clone(k.history)
				}
				k.history = slices.Clone(first)
			})(a)
		}},
		// What reads the state before its own step, as a trigger elsewhere would.
		{"history of eight writers is complete", "written beside the save", "after", func(a *altered) {
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				before, err := a.Load(ctx)
				if err != nil {
					return maintenance.State{}, err
				}
				before.Message += " perhaps" // another's save came in between
				saved, err := a.sound.Save(ctx, s)
				return saved, a.do(ctx, func(k *kept) error {
					if n := len(k.history); err == nil && n > 0 {
						k.history[n-1].Before = before
					}
					return err
				})
			}
		}},
	}
}
