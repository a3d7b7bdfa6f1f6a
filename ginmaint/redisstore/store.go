package redisstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Store keeps the document and the roster of one switch in Redis. Its methods
// may be called at the same time.
type Store struct {
	client  Client
	keys    keys
	vouched bool // AssumeNothingLost

	silence time.Duration // of a connection that listens, before it is asked
	pace    atomic.Int64  // of the Mode, a time.Duration

	mu   sync.Mutex
	seen sighting
}

// sighting is the text found under the state's key last, and what it says. The
// zero sighting is that of a switch that nobody ever saved.
type sighting struct {
	text  string
	state maintenance.State
}

var (
	_ maintenance.Store    = (*Store)(nil)
	_ maintenance.Restorer = (*Store)(nil)
	_ maintenance.Roster   = (*Store)(nil)

	_ maintenance.Historian = (*Store)(nil)
	_ maintenance.Pacer     = (*Store)(nil)
)

// New returns the store of the switch that the options name. It does no I/O and
// can't fail. The caller keeps client open for as long as the store is in use,
// and closes it; the store has nothing to close.
func New(client Client, opts ...Option) *Store {
	settings := settings{prefix: defaultPrefix, name: defaultName}
	for _, opt := range opts {
		opt(&settings)
	}
	return &Store{client: client, keys: settings.keys(database(client)), vouched: settings.vouched, silence: silence}
}

// Load implements maintenance.Store. It asks the master, whichever servers the
// client reads from otherwise; a client that is connected to a replica gets an
// error.
func (s *Store) Load(ctx context.Context) (maintenance.State, error) {
	found, err := s.load(ctx)
	return found.state, err
}

func (s *Store) load(ctx context.Context) (sighting, error) {
	reply, err := s.run(ctx, loadScript, []string{s.keys.state, s.keys.roster})
	if err != nil {
		return sighting{}, explain("the state was not loaded", err)
	}
	return s.read(reply)
}

// read returns what a script found under the state's key.
func (s *Store) read(reply any) (sighting, error) {
	if reply == nil {
		return s.saw(sighting{}), nil
	}
	found := sighting{text: text(reply)}
	if err := found.state.UnmarshalJSON([]byte(found.text)); err != nil {
		return sighting{}, fmt.Errorf("redisstore: the document under the key %q can't be read: %w; DEL it, and running replicas write back what they know, or SET another as the package's documentation says",
			s.keys.state, err)
	}
	return s.saw(found), nil
}

// saw keeps the sighting for the next save, which begins with a guess.
func (s *Store) saw(found sighting) sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = found
	return found
}

func (s *Store) lastSeen() sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}
