package ginmaint

import (
	"encoding/gob"
	"fmt"
	"log/slog"
	"reflect"
	"sync"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
)

// The session stores write what a session holds by encoding/gob, which has to know
// the type of a Role.
func init() { gob.Register(Role(0)) }

// sessionReader finds a visitor's session, and says once what keeps it from doing
// so: who forgets the middleware for sessions lets nobody in, and wonders why.
type sessionReader struct {
	name   string // among those of sessions.SessionsMany; "": there is one
	logger *slog.Logger

	missing, strange sync.Once
	unsaved          outage // of clear
}

// value returns what the visitor's session holds under key, and nil where there is
// none, or none that can be read.
func (r *sessionReader) value(c *gin.Context, key string) (value any) {
	s, _ := r.find(c)
	if s == nil {
		return nil
	}
	// A store that can't be reached may hand out a nil session inside s.
	defer func() {
		if recover() != nil {
			value = nil
		}
	}()
	return s.Get(key)
}

// clear empties the visitor's session. The visitor is refused also where that
// fails.
func (r *sessionReader) clear(c *gin.Context) {
	s, fault := r.find(c)
	if s == nil {
		r.once(&r.missing, fault)
		return
	}
	if err := emptied(s); err != nil {
		r.unsaved.failed(err)
		return
	}
	r.unsaved.worked()
}

// emptied saves the session without what it held.
func emptied(s sessions.Session) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it can't be read: %v", p)
		}
	}()
	s.Clear()
	return s.Save()
}

// find returns the visitor's session; where there is none it says why.
func (r *sessionReader) find(c *gin.Context) (sessions.Session, string) {
	value, _ := c.Get(sessions.DefaultKey)
	switch found := value.(type) {
	case sessions.Session:
		return found, ""
	case map[string]sessions.Session:
		if s, ok := found[r.name]; ok {
			return s, ""
		}
		return nil, fmt.Sprintf("none of the request's sessions has the name %q, so everybody is Anonymous: set Config.SessionName to the one that holds the role", r.name)
	}
	return nil, "the request has no session, so everybody is Anonymous: use sessions.Sessions in front of ginmaint.New, or set Config.Role"
}

func (r *sessionReader) once(said *sync.Once, sentence string) {
	said.Do(func() { r.logger.Warn("ginmaint: " + sentence) })
}

// textHeld returns the text that a session holds, also as a string type of the
// application's own.
func textHeld(value any) (string, bool) {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.String {
		return "", false
	}
	return v.String(), true
}
