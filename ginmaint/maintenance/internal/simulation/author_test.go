package simulation

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// author draws a script from one seed.
type author struct {
	*rand.Rand
	setup   setup
	events  []event
	paused  time.Duration // in all
	happens map[kind]bool
	strikes [faults]bool
	long    int // of ten units of work, how many at most last long
}

// write draws the setup and everything that will happen in the run of a seed.
func write(seed uint64, without string) script {
	a := &author{Rand: rand.New(rand.NewPCG(seed, 0)), happens: map[kind]bool{}}
	a.setup.without = without
	a.setup.tells = seed%2 == 1
	a.setup.blind = seed%16 == 13
	a.setup.confirms = seed%16 == 3
	a.setup.kernels = seed%16 == 9
	a.draw()
	a.choose()
	s := a.setup
	for i := range s.replicas + s.observers {
		if i < 2 || i >= s.replicas || a.percent(60) {
			a.add(event{at: a.upTo(20 * time.Millisecond), kind: starts, host: i})
		}
	}
	begin := s.poll
	if !s.old {
		begin += 4 * s.poll
	}
	for at := begin; at < s.horizon; {
		at = a.scene(at)
	}
	for at := begin; at < s.horizon; at += a.upTo(4 * time.Second) {
		a.trouble(at)
	}
	a.traffic(begin)
	slices.SortStableFunc(a.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	a.allowances()
	return script{seed, a.setup, a.events}
}

func (a *author) percent(p int) bool { return a.IntN(100) < p }

// upTo returns a time from 1 ns to most.
func (a *author) upTo(most time.Duration) time.Duration {
	return time.Duration(a.Int64N(int64(most))) + 1
}

func (a *author) between(least, most time.Duration) time.Duration { return least + a.upTo(most-least) }

func (a *author) add(e event) {
	if e.at < a.setup.horizon {
		a.events = append(a.events, e)
	}
}

func (a *author) draw() {
	polls := []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, time.Second}
	skews := []time.Duration{200 * time.Millisecond, time.Second, 2 * time.Second}
	s := &a.setup
	s.replicas, s.observers = 2+a.IntN(3), 1+a.IntN(2)
	s.poll, s.skew = polls[a.IntN(3)], skews[a.IntN(3)]
	for range s.replicas + s.observers {
		// Whole microseconds: documents keep nothing finer.
		s.offsets = append(s.offsets, a.upTo(s.skew).Truncate(time.Microsecond)-s.skew/2)
	}
	s.closes = a.percent(30)
	s.lease = time.Duration(3+a.IntN(3)) * s.poll
	s.fallback = a.percent(20)
	s.durable = a.percent(15)
	s.hints = a.percent(20)
	s.old = a.percent(80)
	s.ageFromLoss = a.percent(50)
	s.horizon = a.between(7*time.Second, 15*time.Second)
	if s.closes {
		s.horizon += 8 * time.Second
	}
}

// choose decides which faults this run has at all: runs that have all of them are
// as much alike as runs that have none.
func (a *author) choose() {
	for _, k := range []kind{starts, shuts, kills, pauses, hangsUp, falls, restarts, fails, empties, reborn, evicts} {
		a.happens[k] = a.percent(50)
	}
	a.long = []int{0, 3, 5}[a.IntN(3)]
	for f := range a.strikes {
		a.strikes[f] = a.percent(50)
	}
}

// order is what an operator may want at any time.
func (a *author) order(at time.Duration) {
	s := a.setup
	e := event{at: at, kind: switches, host: a.anybody(), bound: a.between(2*time.Second, 12*time.Second)}
	switch a.IntN(10) {
	case 0, 1, 2, 3:
		e.level, e.drain, e.plain = maintenance.On, a.percent(80), a.percent(80)
	case 4, 5, 6:
		e.level, e.plain = maintenance.Off, a.percent(90)
	case 7:
		e.level, e.drain = maintenance.ReadOnly, a.percent(80)
	case 8:
		e.kind, e.level, e.last = engages, maintenance.On, a.upTo(2*time.Second)
		if a.percent(20) {
			e.level = maintenance.ReadOnly
		}
	case 9:
		e.kind = drains
	}
	if e.level != maintenance.Off && a.percent(50) {
		e.hold = a.upTo(5 * time.Second)
	}
	if s.closes && a.percent(30) {
		e.grace = -1 // until all pauses are known
	}
	a.add(e)
}

func (a *author) look(at time.Duration) {
	if a.percent(60) {
		a.add(event{at: at + a.upTo(2*time.Second), kind: looks, host: a.anybody(), bound: 3 * time.Second})
	}
}

// longestWork is how long work lasts at most in a run in which an operator relies on
// that.
const longestWork = 3 * time.Second

// allowances gives AllowLost a grace that covers the longest work and all pauses, and
// some replicas a WorkLimit that does.
func (a *author) allowances() {
	if a.setup.closes && !a.setup.tells {
		a.setup.limit = longestWork + a.paused
	}
	for i := range a.events {
		if a.events[i].grace < 0 {
			a.events[i].grace = longestWork + a.paused
			a.events[i].bound += longestWork + a.setup.lease
		}
	}
}

func (a *author) traffic(begin time.Duration) {
	for i := range a.setup.replicas {
		for at := begin; at < a.setup.horizon; at += a.upTo(400 * time.Millisecond) {
			e := event{at: at, kind: plainWork, host: i, last: a.upTo(300 * time.Millisecond), access: maintenance.Access(a.IntN(2))}
			switch n := a.IntN(10); {
			case n == 0:
				e.kind, e.last = streamingWork, a.upTo(5*time.Second)
			case n == 1:
				e.kind, e.bound = waitingWork, a.upTo(5*time.Second)
			case n == 9:
				e.kind, e.bound = heldWork, a.upTo(5*time.Second)
			case n < a.long:
				e.last = a.upTo(4 * time.Second)
			}
			if e.kind == plainWork && a.percent(20) {
				e.most = a.upTo(time.Second)
			}
			if a.setup.closes {
				e.last, e.most = min(e.last, longestWork/2), min(e.most, longestWork/2)
			}
			e.at += a.upTo(time.Millisecond)
			a.add(e)
		}
	}
}

// lose has the store lose something.
func (a *author) lose(at, lag time.Duration) {
	all := []kind{fails, fails, fails, empties, empties, reborn, evicts}
	a.add(event{at: at, kind: all[a.IntN(len(all))], most: min(lag, remembered), silent: a.percent(60)})
}

// spare is a host that may have no process yet.
func (a *author) spare() int {
	if a.percent(70) {
		return a.setup.replicas - 1
	}
	return a.IntN(a.setup.replicas)
}

// anybody is the host of whoever gives an order.
func (a *author) anybody() int {
	if a.percent(50) {
		return a.setup.replicas + a.IntN(a.setup.observers)
	}
	return a.IntN(a.setup.replicas)
}

// trouble draws one fault of those that this run has.
func (a *author) trouble(at time.Duration) {
	s := a.setup
	e := event{at: at, host: a.IntN(s.replicas + s.observers)}
	if a.percent(50) {
		if f := fault(a.IntN(int(faults))); a.strikes[f] {
			a.fault(at, f, e.host, a.howLong())
		}
		return
	}
	all := []kind{starts, starts, shuts, kills, pauses, pauses, hangsUp, falls, restarts, fails, empties, reborn, evicts}
	e.kind = all[a.IntN(len(all))]
	if !a.happens[e.kind] {
		return
	}
	switch e.kind {
	case kills, shuts:
		e.bound = a.upTo(4 * time.Second)
		if a.percent(60) { // and comes back
			a.add(event{at: at + a.upTo(3*time.Second), kind: starts, host: e.host})
		}
	case pauses:
		e.last = a.howLong()
		if s.closes {
			e.last = min(e.last, time.Second)
		}
		a.paused += e.last
	case falls:
		e.last = a.upTo(3 * time.Second)
	case fails, empties, reborn, evicts:
		if s.durable {
			return
		}
		e.silent = a.percent(30)
		e.most = a.upTo(remembered)
		if a.percent(60) {
			e.most = a.upTo(2 * s.poll)
		}
	}
	a.add(e)
}

func (a *author) fault(at time.Duration, f fault, host int, last time.Duration) {
	e := event{at: at, kind: strikes, host: host, fault: f, last: last}
	switch f {
	case slow:
		e.most = a.between(10*time.Millisecond, 3*a.setup.poll)
	case repeating, pushesLate:
		e.most = a.between(10*time.Millisecond, 5*time.Second)
	}
	a.add(e)
}

// howLong is how long a fault lasts: short, as long as a question may take, or long.
func (a *author) howLong() time.Duration {
	switch a.IntN(3) {
	case 0:
		return a.upTo(a.setup.poll)
	case 1:
		return a.upTo(4 * a.setup.poll)
	}
	return a.upTo(8 * time.Second)
}
