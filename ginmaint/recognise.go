package ginmaint

import (
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The names by which package runtime calls what lies on the stack of a request.
var (
	handleName = strings.TrimSuffix(middlewareName, "-fm") // there it is no method value
	passName   = runtime.FuncForPC(reflect.ValueOf(pass).Pointer()).Name()
)

const nextName = "github.com/gin-gonic/gin.(*Context).Next"

// recognise is a maintenance.Recogniser. It finds the requests that hold a ticket, and
// the handler and the route of each, by what lies on a goroutine's stack: so a request
// notes nothing while it runs.
func (m *middleware) recognise(functions []string, l maintenance.Level) (at int, route string, ok bool) {
	handle := slices.Index(functions, handleName)
	if handle < 0 {
		return 0, "", false
	}
	const none = -1
	if handle == 0 || functions[handle-1] != passName {
		return none, "", true // it is refused, exempt, or held
	}
	var handlers []string // that the request is in, the outermost first
	at = none
	for i := handle - 1; i > 0; i-- {
		if functions[i] == nextName {
			at = i - 1
			handlers = append(handlers, functions[at])
		}
	}
	if at == none {
		return none, "", true // it has none, or they have returned
	}
	route, counted := m.routes.among(handlers, l)
	if !counted {
		return none, "", true
	}
	return at, route, true
}

// among returns the route that these handlers belong to, and whether a drain at this
// level waits for it. Handlers that several routes share name none; where one of these
// is refused they count, since the stack does not tell which it is.
func (r *routes) among(handlers []string, l maintenance.Level) (name string, counted bool) {
	var found []*route
	empty := true // in a Gin whose routes can't be read
	r.known.Range(func(_, value any) bool {
		empty = false
		if each := value.(*route); each.has(handlers) {
			found = append(found, each)
		}
		return true
	})
	counted = empty || slices.ContainsFunc(found, func(r *route) bool { return r.countsAt(l) })
	if len(found) == 1 {
		name = strings.TrimSpace(found[0].method + " " + found[0].path)
	}
	return name, counted
}

// has tells whether these are among the route's handlers, in this order.
func (r *route) has(handlers []string) bool {
	for _, name := range r.handlers {
		if len(handlers) > 0 && strings.TrimSuffix(name, "-fm") == handlers[0] {
			handlers = handlers[1:]
		}
	}
	return len(handlers) == 0
}

// countsAt tells whether a drain at the level waits for requests to the route. Those
// to NoRoute may have any method.
func (r *route) countsAt(l maintenance.Level) bool {
	switch {
	case r.forceOff, r.forceOn:
		return false
	case r.method == "" && !r.marked:
		return l != maintenance.Off
	}
	return l.Refuses(r.access)
}
