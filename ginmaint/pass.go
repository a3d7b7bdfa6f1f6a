package ginmaint

import (
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// ContextKey is where Gin's context says, as a bool, whether a level other than
// off is in force, and where templates find the same: {{ if .maintenance_mode }}.
// While maintenance is off and no window is announced the context holds
// nothing.
const ContextKey = "maintenance_mode"

// exemptKey is where Gin's context says that the level refuses the request, which
// passes all the same.
const exemptKey = "github.com/ginmaint/gin-maintenance-mode/exempt"

// stateKey is where Gin's context holds the state for State and H.
const stateKey = "github.com/ginmaint/gin-maintenance-mode/state"

// languagesKey is where Gin's context holds the languages for H.
const languagesKey = "github.com/ginmaint/gin-maintenance-mode/languages"

// pass lets a request go on, and tells its handlers and its client what is in force.
// While there is nothing to tell it does not touch the context, which would cost two
// allocations.
func pass(c *gin.Context, s *maintenance.Snapshot, l *languages) {
	if s.InForce != maintenance.Off || s.Announced {
		c.Set(ContextKey, s.InForce != maintenance.Off)
		c.Set(stateKey, s.State.Public())
		c.Set(languagesKey, l)
		c.Writer.Header()[noticeHeader] = []string{announcement(s)}
	}
	c.Next()
}

// passPrivately lets an exempt request go on. Its answer is for this visitor alone:
// no cache may keep it for those who are refused, whatever the handler says.
func passPrivately(c *gin.Context, s *maintenance.Snapshot, l *languages) {
	c.Set(exemptKey, true)
	unconditional(c.Request)
	w := &privateWriter{c.Writer}
	c.Writer = w // for good: middleware in front may write when the handlers have returned
	defer w.seal()
	pass(c, s, l)
}

// State returns what visitors may know of maintenance, for a handler that answers in
// JSON, and whether a level other than off is in force:
//
//	state, on := ginmaint.State(c)
//	c.JSON(http.StatusOK, gin.H{"maintenance": on, "message": state.Message, "products": list})
//
// The State has no audit fields. It is the zero one while maintenance is off, unless
// a window is announced; then its Start lies ahead.
func State(c *gin.Context) (state maintenance.State, on bool) {
	held, _ := c.Get(stateKey)
	state, _ = held.(maintenance.State)
	return state, c.GetBool(ContextKey)
}

// H returns a copy of data with maintenance_mode, a bool, and maintenance, the
// maintenance.State without its audit fields, for a template:
//
//	c.HTML(http.StatusOK, "index.html", ginmaint.H(c, gin.H{"title": "Home"}))
//
// Both are what State returns. While there is something to tell, maintenance_page has
// the texts for maintenance.html of package templates, in the visitor's language, and
// the answer says that it varies by Accept-Language.
func H(c *gin.Context, data gin.H) gin.H {
	state, on := State(c)
	with := withState(data, on, state)
	if held, ok := c.Get(languagesKey); ok {
		if l, ok := held.(*languages); ok {
			with[pageKey] = l.data(l.of(c.Request.Header))
			if h := c.Writer.Header(); !slices.Contains(h["Vary"], varyByLanguage[0]) {
				varies(h, varyByLanguage)
			}
		}
	}
	return with
}

// withState returns data, unchanged itself, with what every template is given.
func withState(data gin.H, on bool, s maintenance.State) gin.H {
	with := make(gin.H, len(data)+2)
	maps.Copy(with, data)
	with[ContextKey] = on
	with["maintenance"] = s
	return with
}

// unconditional takes the question "has it changed since?" out of a request. The
// answer 304 tells every cache on its way to go on with the page that it kept from
// before the maintenance (RFC 9111, section 4.3.4); nginx does so even where the
// answer is no-store.
func unconditional(r *http.Request) {
	if isRead(r.Method) {
		delete(r.Header, "If-None-Match")
		delete(r.Header, "If-Modified-Since")
	}
}

// privateWriter is what the handlers of an exempt request write to: Gin's writer,
// which sends headers that no shared cache keeps the answer by.
type privateWriter struct{ gin.ResponseWriter }

// seal puts the headers right. Gin itself writes those of an answer without a body
// past c.Writer, so it is called at the end too.
func (w *privateWriter) seal() {
	h := w.Header()
	drop(h, steersCaches)
	h["Cache-Control"] = privateNoStore
}

// beforeFirst seals headers that are not on their way yet.
func (w *privateWriter) beforeFirst() {
	if !w.Written() {
		w.seal()
	}
}

func (w *privateWriter) WriteHeader(status int) {
	w.beforeFirst()
	w.ResponseWriter.WriteHeader(status)
}

func (w *privateWriter) WriteHeaderNow() {
	w.beforeFirst()
	w.ResponseWriter.WriteHeaderNow()
}

func (w *privateWriter) Write(b []byte) (int, error) {
	w.beforeFirst()
	return w.ResponseWriter.Write(b)
}

func (w *privateWriter) WriteString(s string) (int, error) {
	w.beforeFirst()
	return w.ResponseWriter.WriteString(s)
}

func (w *privateWriter) Flush() {
	w.beforeFirst()
	w.ResponseWriter.Flush()
}

// ReadFrom leaves the copying to the writer below, which may have a faster way.
func (w *privateWriter) ReadFrom(r io.Reader) (int64, error) {
	w.beforeFirst()
	return io.Copy(w.ResponseWriter, r)
}

// Unwrap is for http.ResponseController.
func (w *privateWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
