package storetest

import (
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Bench measures what a Mode asks of a store, an operation each: Load, Save, and
// for a maintenance.Roster the heartbeat, Renew, and the look of whoever
// drains, Replicas, on a roster of a hundred. open is as in Harness.
func Bench(b *testing.B, open func(b *testing.B, name string) maintenance.Store) {
	b.Run("Load", func(b *testing.B) {
		s := open(b, newName())
		saved(b, s)
		for b.Loop() {
			if _, err := s.Load(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Save", func(b *testing.B) {
		s := open(b, newName())
		state := saved(b, s)
		for b.Loop() {
			var err error
			if state, err = s.Save(b.Context(), state); err != nil {
				b.Fatal(err)
			}
		}
	})
	if _, ok := open(b, newName()).(maintenance.Roster); !ok {
		return
	}
	b.Run("Renew", func(b *testing.B) {
		roster, replicas := crowded(b, open)
		for b.Loop() {
			replicas[0].Renewals++
			if _, err := roster.Renew(b.Context(), replicas[0]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Replicas", func(b *testing.B) {
		roster, _ := crowded(b, open)
		for b.Loop() {
			if _, err := roster.Replicas(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// saved gives s an ordinary document.
func saved(b *testing.B, s maintenance.Store) maintenance.State {
	b.Helper()
	state, err := s.Save(b.Context(), maintenance.State{
		Level: maintenance.On, Message: "The database moves. We are back at one o'clock.", End: epoch, ChangedBy: "operator",
	})
	if err != nil {
		b.Fatal(err)
	}
	return state
}

// crowded opens a store with a document and a hundred replicas.
func crowded(b *testing.B, open func(*testing.B, string) maintenance.Store) (maintenance.Roster, []maintenance.Replica) {
	b.Helper()
	s := open(b, newName())
	saved(b, s)
	roster := s.(maintenance.Roster)
	replicas := make([]maintenance.Replica, 100)
	for i := range replicas {
		var err error
		if replicas[i], err = roster.Join(b.Context(), newReplica()); err != nil {
			b.Fatal(err)
		}
	}
	return roster, replicas
}
