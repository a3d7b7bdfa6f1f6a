package filestore

import (
	"context"
	"sync"
)

// hearings are the watches of one process on one path.
type hearings struct {
	mu sync.Mutex
	by map[string]*hearing // by what they listen to
}

// hearing is a watch that all who listen in this process share: the system lends
// few of them.
type hearing struct {
	ears   map[chan struct{}]bool
	begun  bool
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // once it has ended
}

// listen calls tell once the hearing of this name listens, and then whenever it
// hears something. With its first listener the hearing begins, with its last it
// ends.
func (s *hearings) listen(ctx context.Context, name string, run func(context.Context, func()) error, tell func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	h := s.by[name]
	if h == nil {
		running, cancel := context.WithCancel(context.Background())
		h = &hearing{ears: make(map[chan struct{}]bool), cancel: cancel, ended: make(chan struct{})}
		s.by[name] = h
		go func() {
			defer close(h.ended)
			h.err = run(running, func() { s.heard(h) })
			s.mu.Lock()
			defer s.mu.Unlock()
			s.drop(name, h)
		}()
	}
	ear := make(chan struct{}, 1)
	h.ears[ear] = true
	if h.begun {
		ear <- struct{}{}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(h.ears, ear)
		last := len(h.ears) == 0
		if last {
			s.drop(name, h)
		}
		s.mu.Unlock()
		if last {
			h.cancel()
			<-h.ended
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.ended:
			return h.err
		case <-ear:
			tell()
		}
	}
}

func (s *hearings) heard(h *hearing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.begun = true
	for ear := range h.ears {
		select {
		case ear <- struct{}{}:
		default: // it is about to be told
		}
	}
}

// drop lets nobody else join a hearing. The caller holds mu.
func (s *hearings) drop(name string, h *hearing) {
	if s.by[name] == h {
		delete(s.by, name)
	}
}
