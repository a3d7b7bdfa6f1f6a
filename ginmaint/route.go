package ginmaint

import (
	"net/http"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// ForceOff marks a route that is never refused, and that no drain waits for:
// health checks, the login, assets of the page. Write it among the route's own
// handlers: r.GET("/healthz", ginmaint.ForceOff, h). Itself it does nothing.
func ForceOff(*gin.Context) {}

// ForceOn marks a route that is always refused, while maintenance is off too,
// and whoever asks: it wins over every exemption. Inside a handler that wraps it
// the middleware does not know of it; there it refuses itself, with the
// built-in answer, whatever the Config says.
func ForceOn(c *gin.Context) {
	newRefusal().write(c, new(maintenance.Snapshot), maintenance.On)
}

// Reads marks a route that only reads, whatever its method: a search by POST.
// A read-only level admits it. Itself it does nothing.
func Reads(*gin.Context) {}

// Writes marks a route that writes, whatever its method. Itself it does
// nothing.
func Writes(*gin.Context) {}

// traits is what the markers say of a route.
type traits struct {
	forceOff, forceOn, endpoint bool
	access                      maintenance.Access
}

// The names by which a route's handlers are recognised: all that Gin tells a
// middleware of the handlers after it.
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

// readTraits asks Gin once for the names of the route's handlers.
func readTraits(c *gin.Context) traits {
	t := traits{access: accessOf(c.Request.Method)}
	for _, name := range c.HandlerNames() {
		switch name {
		case forceOffName:
			t.forceOff = true
		case forceOnName:
			t.forceOn = true
		case endpointName:
			t.endpoint, t.forceOff = true, true
		case readsName:
			t.access = maintenance.Read
		case writesName:
			t.access = maintenance.Write
		}
	}
	return t
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

// routes remembers the traits of each registered route. It grows to the number
// of routes and no further: a path or a method that a visitor makes up has no
// route. Readers take no lock.
type routes struct {
	known sync.Map // route → *entry
	quick [slots]atomic.Pointer[entry]
}

type route struct{ method, path string }

type entry struct {
	route
	traits traits
}

// slots is how many routes are found without hashing their path: Gin hands out
// the same string for a route each time, so its address will do. A route whose
// slot is taken is found in the map, at some 20 ns more.
const slots = 1024

func (r *routes) of(c *gin.Context) traits {
	path, method := c.FullPath(), c.Request.Method
	if path == "" { // 404 and 405 share it, and have no handlers of their own
		return traits{access: accessOf(method)}
	}
	slot := &r.quick[slotOf(path, method)]
	e := slot.Load()
	if e == nil || e.path != path || e.method != method {
		e = r.find(c, route{method, path})
		slot.CompareAndSwap(nil, e)
	}
	return e.traits
}

func (r *routes) find(c *gin.Context, key route) *entry {
	if e, ok := r.known.Load(key); ok {
		return e.(*entry)
	}
	e, _ := r.known.LoadOrStore(key, &entry{key, readTraits(c)})
	return e.(*entry)
}

// slotOf mixes the path's address with the method by Fibonacci hashing. It
// only chooses where to look: entries are compared by their text.
func slotOf(path, method string) uint64 {
	address := uint64(uintptr(unsafe.Pointer(unsafe.StringData(path))))
	return (address + uint64(len(method))<<32) * 0x9E3779B97F4A7C15 >> (64 - 10)
}
