package fire

import (
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
)

// trouble is one kind of what can happen, to one replica or to the store, and
// how often it does beside the others.
type trouble struct {
	name   string
	weight int
	strike func(r *replica)
}

// trouble does one thing, and undoes it: each kind once, in any order, and from then on
// by weight. It tells whether each kind has happened.
func (a *arena) trouble() bool {
	var all, missing []trouble
	for _, t := range a.troubles() {
		for range t.weight {
			all = append(all, t)
		}
		if a.events[t.name] == 0 {
			missing = append(missing, t)
		}
	}
	if len(missing) > 0 {
		all = missing
	}
	t := all[rand.IntN(len(all))]
	a.events[t.name]++
	t.strike(a.replicas[rand.IntN(len(a.replicas))])
	return len(missing) == 0
}

// troubles returns the kinds that this store can have.
func (a *arena) troubles() []trouble {
	kinds := []trouble{
		{"kill", 15, func(r *replica) { a.remove(r, syscall.SIGKILL); a.start() }},
		{"leave", 15, func(r *replica) { a.remove(r, syscall.SIGTERM); a.start() }},
		{"short pause", 25, func(r *replica) { a.stop(r, short()) }},
		{"long pause", 3, func(r *replica) { a.stop(r, Lease+short()) }},
		{"peace", 3, func(*replica) { pause(short()) }},
	}
	if a.proxies != nil {
		for name, harm := range map[string]func(*toxitest.Proxy){
			"cut":     func(p *toxitest.Proxy) { p.Cut(a.t) },
			"slow":    func(p *toxitest.Proxy) { p.Latency(a.t, short()/5) },
			"deaf":    func(p *toxitest.Proxy) { p.Deafen(a.t) },
			"mute":    func(p *toxitest.Proxy) { p.Mute(a.t) },
			"silence": func(p *toxitest.Proxy) { p.Silence(a.t) },
		} {
			kinds = append(kinds, trouble{name, 6, func(r *replica) {
				harm(r.proxy)
				pause(short())
				r.proxy.Heal(a.t)
			}})
		}
	}
	if a.engine.restart != nil {
		kinds = append(kinds, trouble{"restart", 3, func(*replica) { a.restart(false) }})
	}
	if a.engine.forgets {
		kinds = append(kinds, trouble{"restart empty", 3, func(*replica) { a.restart(true) }})
	}
	return kinds
}

// stop freezes a replica, as a debugger or a moved virtual machine does.
func (a *arena) stop(r *replica, d time.Duration) {
	require.NoError(a.t, r.process.Signal(syscall.SIGSTOP))
	pause(d)
	require.NoError(a.t, r.process.Signal(syscall.SIGCONT))
}

// short is shorter than the lease.
func short() time.Duration { return time.Duration(20+rand.IntN(300)) * time.Millisecond }
