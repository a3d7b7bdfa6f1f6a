package ginmaint

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/gin-gonic/gin"
)

// longestCall is how long a function of the Config may take. It is called while the
// database may be under migration, for every request that is refused.
const longestCall = 2 * time.Second

var errLate = fmt.Errorf("it took longer than %s; it runs while maintenance is on and has to obey its request's context", longestCall)

// bounded calls a function of the application's, whose request has a deadline
// meanwhile. It returns errLate where the function took longer; nothing can end it.
func bounded(c *gin.Context, call func()) error {
	request := c.Request
	ctx, cancel := context.WithTimeout(request.Context(), longestCall)
	defer cancel()
	c.Request = request.WithContext(ctx)
	defer func() { c.Request = request }()
	call()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && request.Context().Err() == nil {
		return errLate
	}
	return nil
}

// consult calls a function of the application's on a request that is refused. It
// returns what the function wrote, which goes to nobody as it is, and takes over the
// headers that it set. Where the function panics or is late it is as if it had not
// been called.
func consult(c *gin.Context, call func()) ([]byte, error) {
	w := c.Writer
	defer func() { c.Writer = w }()
	var header http.Header
	body, err := capture(w.Header().Clone(), func(captured *capturing) error {
		captured.status, header = w.Status(), captured.header
		c.Writer = captured
		return bounded(c, call)
	})
	if err != nil {
		return nil, err
	}
	clear(w.Header())
	maps.Copy(w.Header(), header)
	return body, nil
}

// capture runs a rendering and returns what it wrote. It makes an error of a panic:
// Gin's debug renderer panics on a template that does not parse, and every renderer
// does where there is none.
func capture(header http.Header, rendering func(*capturing) error) (body []byte, err error) {
	w := &capturing{header: header}
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

// panicked is a panic made an error.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// isRuntime tells whether Go itself panicked, as on a nil pointer.
func (p panicked) isRuntime() bool {
	_, ok := p.value.(runtime.Error)
	return ok
}

// capturing is a gin.ResponseWriter that keeps what is written. The status is not
// the writer's to choose.
type capturing struct {
	header http.Header
	body   bytes.Buffer
	status int // that is shown to the writer; 0: 200
}

var _ gin.ResponseWriter = (*capturing)(nil)

func (w *capturing) Header() http.Header               { return w.header }
func (w *capturing) Write(b []byte) (int, error)       { return w.body.Write(b) }
func (w *capturing) WriteString(s string) (int, error) { return w.body.WriteString(s) }
func (w *capturing) WriteHeader(int)                   {}
func (w *capturing) WriteHeaderNow()                   {}
func (w *capturing) Status() int                       { return max(w.status, http.StatusOK) }
func (w *capturing) Size() int                         { return w.body.Len() }
func (w *capturing) Written() bool                     { return w.body.Len() > 0 }
func (w *capturing) Flush()                            {}
func (w *capturing) Pusher() http.Pusher               { return nil }
func (w *capturing) CloseNotify() <-chan bool          { return nil }

func (w *capturing) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}
