package ginmaint

import (
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// passPrivately lets an exempt request go on. Its answer is for this visitor alone:
// no cache may keep it for those who are refused, whatever the handler says.
func passPrivately(c *gin.Context, s *maintenance.Snapshot) {
	c.Set(exemptKey, true)
	unconditional(c.Request)
	w := &privateWriter{c.Writer}
	c.Writer = w // for good: middleware in front may write when the handlers have returned
	defer w.seal()
	pass(c, s)
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
