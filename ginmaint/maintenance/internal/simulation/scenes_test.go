package simulation

import (
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// scene draws a few orders and the faults that go with them, and returns when the
// next one may begin.
func (a *author) scene(at time.Duration) time.Duration {
	switch n := a.IntN(10); {
	case n < 4:
		return a.switching(at)
	case n < 6 && !a.setup.durable:
		return a.loss(at)
	case n == 6:
		return a.windows(at)
	case n == 7:
		return a.newcomer(at)
	case n == 8 && a.setup.closes:
		return a.silence(at)
	case n == 9 && a.percent(30):
		return a.emptyHouse(at)
	}
	return a.switching(at)
}

// switching is an order, and faults around it: what goes wrong does so where
// something changes.
func (a *author) switching(at time.Duration) time.Duration {
	a.order(at)
	if a.percent(70) {
		for range 1 + a.IntN(3) {
			a.trouble(max(0, at-a.setup.poll+a.upTo(4*a.setup.poll)))
		}
	}
	a.look(at)
	if a.percent(40) {
		return at + a.upTo(2*a.setup.poll)
	}
	return at + a.upTo(4*time.Second)
}

// loss is a store that loses what it had, among quick orders.
func (a *author) loss(at time.Duration) time.Duration {
	s := a.setup
	if a.percent(40) {
		return a.back(at)
	}
	if a.percent(70) { // so that there is a promise to break
		a.add(event{at: at, kind: switches, host: a.anybody(), level: maintenance.On, plain: true, drain: true, bound: 3 * time.Second})
		at += a.upTo(2*s.poll + time.Second)
	}
	victim, author := a.IntN(s.replicas), a.anybody()
	if a.percent(30) {
		author = victim
	}
	// Who hears of the next orders, and when.
	for h := range s.replicas + s.observers {
		if f := []fault{pushless, pushless, pushesLate, slow, oneWay, cutOff}[a.IntN(6)]; h != victim && a.percent(60) {
			a.fault(at, f, h, a.upTo(time.Second))
		}
	}
	if a.percent(40) {
		a.fault(at, pushesLate, victim, 3*time.Second)
	}
	hurry := at
	for range a.IntN(4) {
		hurry += a.upTo(150 * time.Millisecond)
		e := event{at: hurry, kind: switches, host: author, plain: true, level: maintenance.Level(a.IntN(3)), bound: time.Second}
		if a.percent(20) {
			e.level, e.end = maintenance.On, s.skew+a.upTo(3*time.Second)
		}
		a.add(e)
	}
	lost := hurry + a.upTo(150*time.Millisecond)
	a.lose(lost, a.upTo(lost-at+50*time.Millisecond))
	if a.percent(50) {
		a.fault(lost-20*time.Millisecond+a.upTo(100*time.Millisecond), cutOff, victim, a.between(time.Second, 9*time.Second))
	}
	if a.percent(40) && author != victim {
		a.add(event{at: lost - 20*time.Millisecond + a.upTo(100*time.Millisecond), kind: kills, host: author})
	}
	if a.percent(50) {
		a.add(event{at: lost + a.upTo(200*time.Millisecond), kind: starts, host: a.spare()})
		if a.percent(30) {
			a.add(event{at: lost + a.between(50*time.Millisecond, 500*time.Millisecond), kind: kills, host: a.spare()})
		}
	}
	if a.percent(30) { // somebody who knows nothing
		host := s.replicas + a.IntN(s.observers)
		a.add(event{at: lost - a.upTo(100*time.Millisecond), kind: kills, host: host})
		a.add(event{at: lost + a.upTo(100*time.Millisecond), kind: starts, host: host})
	}
	if a.percent(25) {
		a.lose(lost+a.upTo(time.Second), a.upTo(time.Second))
	}
	drainsOnly := a.percent(40)
	for next := lost + a.upTo(300*time.Millisecond); next < lost+5*time.Second; next += a.upTo(3 * time.Second) {
		if a.percent(70) {
			a.add(event{at: next, kind: looks, host: a.anybody(), bound: 2 * time.Second})
		}
		e := event{at: next + a.upTo(100*time.Millisecond), kind: drains, host: a.anybody(), bound: a.between(2*time.Second, 9*time.Second)}
		if !drainsOnly && a.percent(70) {
			e.kind, e.level, e.plain, e.drain = switches, maintenance.On, true, true
		}
		a.add(e)
	}
	if a.percent(25) {
		return lost + a.upTo(time.Second)
	}
	return lost + a.upTo(6*time.Second)
}

// back is a store that goes back to what it held before the latest orders, of which
// hardly anybody has heard.
func (a *author) back(at time.Duration) time.Duration {
	s := a.setup
	victim, operator := a.IntN(s.replicas), s.replicas+a.IntN(s.observers)
	author := operator
	if a.percent(50) {
		author = victim
	}
	a.add(event{at: at, kind: switches, host: author, level: maintenance.On, plain: true, drain: true, bound: 2 * time.Second})
	if at += a.between(200*time.Millisecond, 1500*time.Millisecond); a.percent(40) {
		a.look(at)
	}
	const soon = 200 * time.Millisecond
	for h := range s.replicas + s.observers {
		if h != victim {
			a.fault(at, pushless, h, 2*soon)
		} else if author != victim {
			a.fault(at, pushesLate, h, 2*soon)
		}
	}
	lost := at
	for range 1 + a.IntN(2) {
		lost += a.upTo(soon / 2)
		e := event{at: lost, kind: switches, host: author, plain: true, bound: time.Second}
		if a.percent(25) {
			e.level, e.end, e.plain = maintenance.On, s.skew+a.upTo(3*time.Second), false
		}
		a.add(e)
	}
	lost += a.upTo(soon / 2)
	a.add(event{at: lost, kind: fails, most: lost - at, silent: a.percent(80)})
	if author == operator {
		a.add(event{at: lost - a.upTo(soon/4), kind: kills, host: operator})
		a.add(event{at: lost + a.upTo(soon), kind: starts, host: operator})
	} else {
		a.fault(lost-a.upTo(soon/4), cutOff, victim, a.between(2*time.Second, 9*time.Second))
	}
	if a.percent(30) {
		a.add(event{at: lost + a.between(soon, 10*soon), kind: switches, host: a.anybody(), level: maintenance.On, plain: true, bound: time.Second})
	}
	for next := lost + a.upTo(time.Second); next < lost+5*time.Second; next += a.upTo(1500 * time.Millisecond) {
		a.add(event{at: next, kind: looks, host: a.anybody(), bound: time.Second})
		a.add(event{at: next + a.upTo(soon), kind: drains, host: a.anybody(), bound: a.between(time.Second, 5*time.Second)})
	}
	return lost + a.between(2*time.Second, 6*time.Second)
}

// windows is a window, with drains and newcomers around its edges.
func (a *author) windows(at time.Duration) time.Duration {
	s := a.setup
	e := event{at: at, kind: switches, host: a.anybody(), level: maintenance.On, drain: true, bound: 8 * time.Second}
	if a.percent(20) {
		e.level = maintenance.ReadOnly
	}
	if a.percent(50) {
		e.begin = a.upTo(s.skew + time.Second)
	}
	if e.begin == 0 || a.percent(60) {
		e.end = e.begin + s.skew + a.upTo(2*s.skew+2*time.Second)
	}
	a.add(e)
	around := func(edge time.Duration) {
		for range 1 + a.IntN(3) {
			a.add(event{at: edge - s.skew + a.upTo(2*s.skew), kind: drains, host: a.anybody(), bound: 2 * time.Second})
		}
		if a.percent(60) {
			host := a.IntN(s.replicas)
			down := edge - s.skew/2 - a.upTo(s.skew)
			a.add(event{at: down, kind: kills, host: host})
			a.add(event{at: down + a.upTo(100*time.Millisecond), kind: looks, host: a.anybody(), bound: time.Second})
			a.add(event{at: edge + a.upTo(s.skew), kind: starts, host: host})
		}
		a.trouble(edge - s.poll + a.upTo(2*s.poll))
	}
	if e.begin != 0 {
		around(at + e.begin)
	}
	if e.end != 0 {
		around(at + e.end)
	}
	return at + max(e.begin, e.end) + a.upTo(time.Second)
}

// newcomer is a process that starts slowly while somebody switches.
func (a *author) newcomer(at time.Duration) time.Duration {
	s := a.setup
	host := a.spare()
	a.add(event{at: at, kind: switches, host: a.anybody(), level: maintenance.On, plain: true, bound: time.Second})
	a.add(event{at: at, kind: []kind{kills, shuts}[a.IntN(2)], host: host, bound: time.Second})
	a.look(at)
	at += a.between(500*time.Millisecond, 2*time.Second)
	a.add(event{at: at, kind: switches, host: a.anybody(), level: maintenance.Off, plain: true, bound: time.Second})
	a.fault(at, slow, host, a.upTo(4*time.Second))
	a.add(event{at: at + a.upTo(100*time.Millisecond), kind: starts, host: host})
	a.add(event{at: at + a.upTo(s.poll), kind: switches, host: a.anybody(), level: maintenance.On, plain: true, drain: true, bound: 4 * time.Second})
	return at + a.upTo(4*time.Second)
}

// silence is a replica that is cut off while it works, and an operator who relies on
// its lease.
func (a *author) silence(at time.Duration) time.Duration {
	s := a.setup
	host := a.IntN(s.replicas)
	a.add(event{at: at, kind: switches, host: a.anybody(), level: maintenance.Off, plain: true, bound: time.Second})
	at += a.between(s.poll, 3*s.poll)
	a.fault(at, []fault{cutOff, oneWay, turnedAway, slow}[a.IntN(4)], host, a.between(s.lease, s.lease+6*time.Second))
	operator := s.replicas + a.IntN(s.observers)
	if a.percent(60) {
		a.fault(at, slow, operator, 8*time.Second)
	}
	a.add(event{at: at + a.upTo(2*s.poll), kind: switches, host: operator, level: maintenance.On, plain: true, drain: true, bound: 10 * time.Second, grace: -1})
	return at + a.upTo(8*time.Second)
}

// emptyHouse is a service of which all replicas go, and one comes.
func (a *author) emptyHouse(at time.Duration) time.Duration {
	s := a.setup
	for i := range s.replicas {
		a.add(event{at: at + a.upTo(50*time.Millisecond), kind: shuts, host: i, bound: time.Second})
	}
	at += a.between(500*time.Millisecond, 1500*time.Millisecond)
	a.look(at)
	operator := s.replicas + a.IntN(s.observers)
	a.add(event{at: at, kind: switches, host: operator, level: maintenance.On, plain: true, drain: true, bound: time.Second})
	a.add(event{at: at + a.upTo(50*time.Millisecond), kind: starts, host: a.IntN(s.replicas)})
	for range 3 {
		at += a.upTo(30 * time.Millisecond)
		a.add(event{at: at, kind: switches, host: operator, level: maintenance.Level(2 * a.IntN(2)), plain: true, drain: a.percent(50), bound: time.Second})
	}
	return at + a.upTo(3*time.Second)
}
