package ginmaint

import (
	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// middleware is a Config, compiled: the way of every request, and the three
// parts that it asks. They know neither it nor each other.
type middleware struct {
	mode       *maintenance.Mode
	languages  *languages
	routes     routes
	exemptions *exemptions
	sessions   *sessionReader
	hold       holding
	refusal    *refusal
	admin      *admin
	end        ending
	tally      tally
	shadows    shadows
}

// middlewareName is how Gin names it among a route's handlers.
var middlewareName = handlerName((&middleware{}).handle)

// handle takes one snapshot of the switch for each request, and hands it on: the
// one by which the gate has decided.
func (m *middleware) handle(c *gin.Context) {
	route, access := m.routes.of(c)
	d := m.decide(c, route, access, nil)
	defer d.ticket.Leave()
	if d.rule == byLevel && d.snapshot.InForce == maintenance.Off && !m.end.watches {
		pass(c, d.snapshot, m.languages) // most requests: nothing is in force
		return
	}
	m.obey(c, route, access, d)
}

// obey does what was decided.
func (m *middleware) obey(c *gin.Context, route *route, access maintenance.Access, d verdict) {
	level := maintenance.On // of the refusal
	if d.rule == byNone {
		var ticket maintenance.Ticket
		ticket, d.rule = m.wait(c, access, d)
		defer ticket.Leave()
		d.snapshot = ticket.Snapshot()
		level = d.snapshot.InForce
	}
	if d.snapshot.InForce != maintenance.Off || !d.rule.passes() {
		m.tally.count(c, route, d)
	}
	switch d.rule {
	case byForceOn, byNone:
		m.refusal.write(c, d.snapshot, level)
	case byLevel:
		// Read-only admits the link itself; what its bearer does next is refused.
		if d.snapshot.InForce != maintenance.Off && m.exemptions.passes.redeem(c, route, d.snapshot) {
			return
		}
		if m.end.watches {
			defer m.end.watch(c, access)()
		}
		pass(c, d.snapshot, m.languages)
	case byForceOff:
		if route.endpoint {
			m.admin.handOver(c)
		} else if d.snapshot.InForce != maintenance.Off && m.exemptions.passes.redeem(c, route, d.snapshot) {
			return // a link may lead to the home page that everybody sees, and on from there
		}
		pass(c, d.snapshot, m.languages)
	default:
		if m.exemptions.passes.redeem(c, route, d.snapshot) {
			return
		}
		if d.leaving {
			m.sessions.clear(c)
		}
		passPrivately(c, d.snapshot, m.languages)
	}
}

// verdict is what becomes of a request, and by which rule.
type verdict struct {
	rule     rule
	leaving  bool               // the visitor is to be logged out, unless the request is let in after a wait
	ticket   maintenance.Ticket // of a request that was admitted; else it does nothing when it leaves
	snapshot *maintenance.Snapshot
}

// decide is the one place where it is decided who passes. handle obeys it, and explain
// tells it for a visitor that it has made up; of others it is nil.
func (m *middleware) decide(c *gin.Context, r *route, a maintenance.Access, v *visitor) (d verdict) {
	switch {
	case r.forceOn:
		d.rule, d.snapshot = byForceOn, m.mode.Snapshot()
	case r.forceOff: // no drain waits for it
		d.rule, d.snapshot = byForceOff, m.mode.Snapshot()
	default:
		var admitted bool
		d.ticket, admitted = m.mode.Enter(a)
		d.snapshot = d.ticket.Snapshot()
		if !admitted {
			d.rule, d.leaving = m.exemptions.include(c, r, d.snapshot, v)
		}
	}
	return d
}

// wait lets a request wait that no rule lets pass, and returns the ticket by which it was
// admitted or refused in the end.
func (m *middleware) wait(c *gin.Context, a maintenance.Access, d verdict) (maintenance.Ticket, rule) {
	ticket, admitted := m.hold.enter(c, a, d.ticket)
	if admitted {
		return ticket, byLevel
	}
	if d.leaving {
		m.sessions.clear(c)
	}
	return ticket, byNone
}
