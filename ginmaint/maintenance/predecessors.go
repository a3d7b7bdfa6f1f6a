package maintenance

import (
	"context"
	"slices"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance/internal/kernel"
)

// succeed removes the entries of processes that this one comes after, so that what was
// killed holds no drain up:
//
//   - those with the same Name that were declared Sole as well. That is what a person
//     would do who knows that their processes are gone, so it may be as wrong as a person.
//   - those of which this machine's kernel says that they have ended, once they were lost
//     too: so a machine that was resumed from the same snapshot as another, and shares its
//     boot ID, removes nobody who renews.
//
// It looks once at the roster, and again where the store did not answer, something is left
// to remove, or the roster has another incarnation, as a copy may list again who has left;
// and once more some three leases later where it has seen somebody idle, who may have
// ended. It rests for a lease or half of one more or less, so that those who have started
// together don't look in step, and asks the kernel each time for those that still run on
// this machine, without a word to the store.
func (m *Mode) succeed(ctx context.Context) {
	p := predecessors{mode: m, sightings: sightings{seen: make(map[string]sighting)}}
	for due := true; ; {
		if m.isPresent() {
			m.part(ctx) // which join may have failed to do
			if due {
				due = !p.remove(ctx)
			}
		}
		wait := m.options.spread(m.options.lease)
		if due && m.options.sole {
			wait = m.options.poll
		}
		if pause(ctx, wait) != nil {
			return
		}
		p.again--
		due = due || p.again == 0 || p.haveEnded() || p.sightings.met != m.joined()
	}
}

// predecessors is what a Mode knows of them.
type predecessors struct {
	mode       *Mode
	sightings  sightings
	own        string   // what our entry calls this process
	neighbours []string // the other processes of this machine that have entries
	looked     bool
	again      int // leases until it looks once more; zero and below: not for this
}

// haveEnded tells whether the kernel says so of any neighbour.
func (p *predecessors) haveEnded() bool {
	return slices.ContainsFunc(p.neighbours, func(process string) bool { return kernel.Ended(p.own, process) })
}

// remove removes all that a listing shows, and tells whether nothing is left to remove.
func (p *predecessors) remove(ctx context.Context) (done bool) {
	m := p.mode
	listing, sent, received, err := m.look(ctx, m.roster)
	if err != nil {
		return false
	}
	p.sightings.meet(listing, received)
	defer p.sightings.forget(listing)
	m.mu.Lock()
	own := [...]string{m.id, m.idleID}
	m.mu.Unlock()
	p.own, p.neighbours, done = "", nil, true
	for _, r := range listing.Replicas {
		if slices.Contains(own[:], r.ID) {
			p.own = r.Process
		}
	}
	for _, r := range listing.Replicas {
		lost := p.sightings.lostFor(r, sent, received) > 0
		if r.Idle && !p.looked && !slices.Contains(own[:], r.ID) {
			p.again = 3
		}
		switch {
		case slices.Contains(own[:], r.ID) || r.Unknown:
		case r.hasExpired():
			done = m.strike(ctx, r, r.Silent, "it had admitted nothing yet, and is silent") && done
		case m.options.sole && r.Sole && r.Name == m.options.name:
			done = m.strike(ctx, r, r.Silent, "this process has replaced it, as both declare that there are never two of this name (Sole)") && done
		case !kernel.Ended(p.own, r.Process):
			if kernel.Neighbours(p.own, r.Process) {
				p.neighbours = append(p.neighbours, r.Process)
			}
		case lost:
			done = m.strike(ctx, r, r.Silent, "its process has ended, as the kernel of this machine says") && done
		default:
			done = false
		}
	}
	p.looked = true
	return done
}
