package ginmaint

import (
	"net/http"
	"reflect"
	"runtime"

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
	standalone().refuse(c, maintenance.On)
}

// Reads marks a route that only reads, whatever its method: a search by POST.
// A read-only level admits it. Itself it does nothing.
func Reads(*gin.Context) {}

// Writes marks a route that writes, whatever its method. Itself it does
// nothing.
func Writes(*gin.Context) {}

// standalone refuses where no middleware is known, with an empty Config. It is
// made for each refusal: one that is shared would show the page that it keeps,
// of one engine, to the visitors of another.
func standalone() *guard {
	g, err := compile(Config{})
	if err != nil {
		panic(err) // the empty Config is valid
	}
	return g
}

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
			t.endpoint = true
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
