package ginmaint

import (
	"log/slog"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// ForceOff marks a route that is never refused, and that no drain waits for:
// health checks, the login, assets of the page. Write it among the route's own
// handlers: r.GET("/healthz", ginmaint.ForceOff, h), or among those of NoRoute
// and NoMethod. The handler is a no-op; the middleware recognises it. Called
// inside another handler it comes too late, since the request has been decided
// by then; that is logged once for each route.
func ForceOff(c *gin.Context) { warnInside(c, ForceOff, "ForceOff") }

// ForceOn marks a route that is always refused, while maintenance is off too,
// and whoever asks: it wins over every exemption. Inside a handler that wraps it
// the middleware does not know of it; there it refuses itself, with the
// built-in answer, whatever the Config says.
func ForceOn(c *gin.Context) {
	newRefusal().write(c, new(maintenance.Snapshot), maintenance.On)
}

// Reads marks a route that only reads, whatever its method: a search by POST.
// A read-only level admits it. Write it where ForceOff is written.
func Reads(c *gin.Context) { warnInside(c, Reads, "Reads") }

// Writes marks a route that writes, whatever its method. Write it where ForceOff
// is written.
func Writes(c *gin.Context) { warnInside(c, Writes, "Writes") }

// warned holds the chains of handlers whose misplaced marker was logged. It
// grows to the number of routes.
var warned sync.Map // address of the chain → nothing

// warnInside logs once for each route that one of its handlers calls a marker.
// Where the marker is a handler of the route, as it should be, that costs a
// comparison.
func warnInside(c *gin.Context, marker gin.HandlerFunc, name string) {
	caller, ok := current(c)
	if !ok || sameFunction(caller, marker) {
		return
	}
	_, again := warned.LoadOrStore(uintptr(unsafe.Pointer(chainOf(c))), nil)
	if again || slices.Contains(c.HandlerNames(), handlerName(marker)) {
		return
	}
	slog.Default().Warn("ginmaint: "+name+" was called inside a handler, where it does nothing: "+
		"write it among the route's own handlers, r.GET(path, ginmaint."+name+", h)",
		"route", c.FullPath(), "handler", handlerName(caller))
}

// route is what the middleware knows of one chain of handlers: that of a
// registered route, or that of NoRoute or NoMethod.
type route struct {
	chain                       *gin.HandlerFunc // its first handler; held, so that no other chain gets the address
	method, path                string           // as registered; "" for NoRoute and NoMethod
	forceOff, forceOn, endpoint bool
	marked                      bool               // Reads or Writes
	access                      maintenance.Access // where it is marked, or its method writes
	siblings                    []string           // the paths of all routes of the engine
	handlers                    []string           // their names
}

// The names by which a route's handlers are recognised.
var (
	forceOffName = handlerName(ForceOff)
	forceOnName  = handlerName(ForceOn)
	readsName    = handlerName(Reads)
	writesName   = handlerName(Writes)
	endpointName = handlerName(endpoint)
)

func handlerName(h gin.HandlerFunc) string {
	return runtime.FuncForPC(reflect.ValueOf(h).Pointer()).Name()
}

// newRoute reads the markers among a chain's handlers. Of Reads and Writes the
// last one counts.
func newRoute(chain *gin.HandlerFunc, method, path string, handlers []string) *route {
	r := &route{chain: chain, method: method, path: path, handlers: handlers}
	if method != "" {
		r.access = accessOf(method)
	}
	for _, name := range handlers {
		switch name {
		case forceOffName, readyName:
			r.forceOff = true
		case forceOnName:
			r.forceOn = true
		case endpointName:
			r.endpoint, r.forceOff = true, true
		case readsName:
			r.marked, r.access = true, maintenance.Read
		case writesName:
			r.marked, r.access = true, maintenance.Write
		}
	}
	return r
}

// accessBy classes a request to the route. A middleware in front may have
// changed the request's method, on a visitor's word perhaps: that may make a
// write of it, and never a read of what the route has as a write.
func (r *route) accessBy(method string) maintenance.Access {
	if r.marked || r.access == maintenance.Write {
		return r.access
	}
	return accessOf(method)
}

// accessOf classes a request by its method: those that RFC 9110, section
// 9.2.1, calls safe read. A web socket's upgrade is a GET.
func accessOf(method string) maintenance.Access {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return maintenance.Read
	}
	return maintenance.Write
}

// routes remembers each chain of handlers that Gin may choose: those of the
// registered routes, and two for NoRoute and NoMethod. Whatever a visitor makes
// up, Gin chooses one of them, so the table does not grow by it. Readers take no
// lock.
type routes struct {
	known sync.Map // first handler of the chain → *route
	quick [slots]atomic.Pointer[route]

	own     string // the middleware's name among a chain's handlers
	logger  *slog.Logger
	leaving sync.Map // names of handlers that were logged for leaving their work behind
}

// slots is how many chains are found by one comparison. A chain whose slot is
// taken is found in the map, at some 20 ns more.
const slots = 1024

// of returns the route that Gin chose for the request, and the request's class. It tells
// the route by the chain of its handlers, whatever has become of the request's method
// and path since.
func (r *routes) of(c *gin.Context) (*route, maintenance.Access) {
	chain := chainOf(c)
	slot := &r.quick[slotOf(chain)]
	route := slot.Load()
	if route == nil || route.chain != chain {
		var keep bool
		if route, keep = r.find(c, chain); keep {
			slot.CompareAndSwap(nil, route)
		}
	}
	return route, route.accessBy(c.Request.Method)
}

// find reads all routes of the engine when it meets one that it does not know.
// What Gin does not list is not kept: handlers are asked for each time, and the
// method counts that the request has now.
func (r *routes) find(c *gin.Context, chain *gin.HandlerFunc) (_ *route, keep bool) {
	if known, ok := r.known.Load(chain); ok {
		return known.(*route), true
	}
	if chain == nil {
		return routeOf(c), false
	}
	if c.FullPath() == "" {
		known, _ := r.known.LoadOrStore(chain, routeOf(c))
		return known.(*route), true
	}
	listed := registered(c, nil)
	var paths []string
	for _, l := range listed {
		paths = append(paths, l.path)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths) // a route for any method has one for each
	for _, l := range listed {
		each := newRoute(l.chain, l.method, l.path, l.handlers)
		each.siblings = paths
		r.warnLeaving(l)
		r.known.LoadOrStore(l.chain, each)
	}
	if known, ok := r.known.Load(chain); ok {
		return known.(*route), true
	}
	return routeOf(c), false
}

// warnLeaving logs once for each middleware behind this one that answers for a
// handler which is still running: a drain does not wait for what it leaves behind.
// Such a middleware can be told by its name alone.
func (r *routes) warnLeaving(l leaf) {
	at := slices.Index(l.handlers, r.own)
	if at < 0 {
		return
	}
	for _, name := range l.handlers[at+1:] {
		if !strings.Contains(strings.ToLower(name), "timeout") {
			continue
		}
		if _, again := r.leaving.LoadOrStore(name, nil); !again {
			r.logger.Warn("ginmaint: a time-out behind the middleware leaves handlers running that no drain waits for; use it in front of ginmaint.New",
				"handler", name, "route", l.path)
		}
	}
}

// routeOf returns the route that Gin chose, for where no table is at hand. That
// takes a walk through all routes.
func routeOf(c *gin.Context) *route {
	if chain := chainOf(c); chain != nil {
		if c.FullPath() == "" {
			return newRoute(chain, "", "", c.HandlerNames())
		}
		for _, l := range registered(c, chain) {
			return newRoute(l.chain, l.method, l.path, l.handlers)
		}
	}
	return newRoute(nil, c.Request.Method, c.FullPath(), c.HandlerNames())
}

// slotOf mixes a chain's address by Fibonacci hashing.
func slotOf(chain *gin.HandlerFunc) uint64 {
	return uint64(uintptr(unsafe.Pointer(chain))) * 0x9E3779B97F4A7C15 >> (64 - 10)
}
