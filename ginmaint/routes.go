package ginmaint

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gin-gonic/gin"
)

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
