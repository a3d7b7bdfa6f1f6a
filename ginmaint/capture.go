package ginmaint

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
)

// panicked is a panic made an error.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// capturing collects a rendering, with headers of its own.
type capturing struct {
	gin.ResponseWriter // nil: a renderer writes, and does nothing else
	header             http.Header
	body               bytes.Buffer
}

func (w *capturing) Header() http.Header               { return w.header }
func (w *capturing) Write(b []byte) (int, error)       { return w.body.Write(b) }
func (w *capturing) WriteString(s string) (int, error) { return w.body.WriteString(s) }
func (w *capturing) WriteHeader(int)                   {}
func (w *capturing) WriteHeaderNow()                   {}
func (w *capturing) Status() int                       { return http.StatusOK }
func (w *capturing) Size() int                         { return w.body.Len() }
func (w *capturing) Written() bool                     { return w.body.Len() > 0 }

// capture runs a rendering, and makes an error of a panic: Gin's debug
// renderer panics on a template that does not parse, and every renderer does
// where there is none.
func capture(rendering func(*capturing) error) (body []byte, err error) {
	w := &capturing{header: make(http.Header)}
	defer func() {
		switch fault := recover(); fault {
		case nil:
		case http.ErrAbortHandler:
			panic(fault)
		default:
			body, err = nil, panicked{fault}
		}
	}()
	if err := rendering(w); err != nil {
		return nil, err
	}
	return w.body.Bytes(), nil
}
