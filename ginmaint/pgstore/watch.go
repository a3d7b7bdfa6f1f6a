package pgstore

import (
	"context"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Watch implements maintenance.Store. It holds a connection of its own, beyond
// those that the pool counts. A connection whose other end is gone is noticed
// within 5 seconds. A document of 8000 bytes and more is too long for a
// notification, and comes as the zero State.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return s.listen(ctx, s.sql.changed, func(payload string) { changed(pushed(payload)) })
}

// pushed reads a notification. What is not a document that this release reads
// becomes the zero State, so that Load decides and reports what is wrong.
func pushed(payload string) maintenance.State {
	var state maintenance.State
	if payload == "" || state.UnmarshalJSON([]byte(payload)) != nil || state.ID == "" || state.Revision == 0 {
		return maintenance.State{}
	}
	return state
}

// WatchReplicas implements maintenance.Roster. It holds a connection as Watch
// does.
func (s *Store) WatchReplicas(ctx context.Context, changed func()) error {
	return s.listen(ctx, s.sql.reported, func(string) { changed() })
}
