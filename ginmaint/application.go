package ginmaint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
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
// returns what the function wrote, which goes to nobody as it is, and takes over those
// of the headers that it set which middleware in front could have set. Where the
// function panics or is late it is as if it had not been called.
func consult(c *gin.Context, call func()) (written, error) {
	w := c.Writer
	defer func() { c.Writer = w }()
	var header http.Header
	body, err := capture(w.Header().Clone(), func(captured *capturing) error {
		captured.status, header = w.Status(), captured.header
		c.Writer = captured
		return bounded(c, call)
	})
	if err != nil {
		return written{}, err
	}
	contentType := header["Content-Type"]
	drop(header, misleads)
	drop(w.Header(), func(name string) bool { return !misleads(name) })
	maps.Copy(w.Header(), header)
	return written{body, contentType}, nil
}

// roleInTime makes Config.Role tell when it was late. It is nil where there is none; so
// are the others.
func roleInTime(role func(*gin.Context) Role) func(*gin.Context) (Role, error) {
	if role == nil {
		return nil
	}
	return func(c *gin.Context) (r Role, err error) {
		err = bounded(c, func() { r = role(c) })
		return r, err
	}
}

// contextApart has Config.TemplateContext do nothing to the answer but add headers.
func contextApart(context func(*gin.Context) gin.H) func(*gin.Context) (gin.H, error) {
	if context == nil {
		return nil
	}
	return func(c *gin.Context) (data gin.H, err error) {
		_, err = consult(c, func() { data = context(c) })
		return data, err
	}
}

// answerApart has Config.Answer write to nobody but us.
func answerApart(answer func(*gin.Context, maintenance.State)) func(*gin.Context, maintenance.State) (written, error) {
	if answer == nil {
		return nil
	}
	return func(c *gin.Context, s maintenance.State) (written, error) {
		return consult(c, func() { answer(c, s) })
	}
}
