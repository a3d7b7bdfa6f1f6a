package ginmaint

import (
	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// middleware is a Config, compiled: the way of every request, and the three
// parts that it asks. They know neither it nor each other.
type middleware struct {
	mode       *maintenance.Mode
	routes     routes
	exemptions *exemptions
	sessions   *sessionReader
	hold       holding
	refusal    *refusal
	admin      *admin
	end        ending
}

// middlewareName is how Gin names it among a route's handlers.
var middlewareName = handlerName((&middleware{}).handle)

// handle takes one snapshot of the switch for each request, and hands it on: the
// one by which the gate has decided.
func (m *middleware) handle(c *gin.Context) {
	route, access := m.routes.of(c)
	var snapshot *maintenance.Snapshot
	var refused, exempt bool
	level := maintenance.On // of the refusal
	switch {
	case route.forceOn:
		snapshot, refused = m.mode.Snapshot(), true
	case route.forceOff: // no drain waits for it
		snapshot = m.mode.Snapshot()
	default:
		ticket, admitted := m.mode.Enter(access)
		defer ticket.Leave()
		if !admitted {
			ticket, admitted, exempt = m.without(c, route, access, ticket)
			defer ticket.Leave()
		}
		snapshot = ticket.Snapshot()
		level = snapshot.InForce
		refused = !admitted && !exempt
		if admitted && m.end.watches {
			defer m.end.watch(c, access)()
		}
	}
	switch {
	case refused:
		m.refusal.write(c, snapshot, level)
		return
	case exempt:
		passPrivately(c, snapshot)
		return
	case route.endpoint:
		m.admin.handOver(c)
	}
	pass(c, snapshot)
}

// without is the way of a request that the level refuses: it is exempt, or waits until
// it is admitted by another ticket, or is refused in the end.
func (m *middleware) without(
	c *gin.Context, route *route, access maintenance.Access, refused maintenance.Ticket,
) (ticket maintenance.Ticket, admitted, exempt bool) {
	exempt, leaving := m.exemptions.include(c, route)
	ticket = refused
	if !exempt {
		ticket, admitted = m.hold.enter(c, access, refused)
	}
	if !admitted && leaving {
		m.sessions.clear(c)
	}
	return ticket, admitted, exempt
}
