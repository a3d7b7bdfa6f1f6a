package ginmaint

import (
	"encoding/gob"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
)

// Role says how much a visitor is trusted. Each role includes the ones before
// it.
type Role uint8

// The roles, from least to most. The zero value is Anonymous.
const (
	Anonymous     Role = iota // not logged in
	Authenticated             // logged in
	Staff                     // works for the service
	Superuser                 // may switch maintenance on and off
)

var roleNames = [...]string{
	Anonymous:     "anonymous",
	Authenticated: "authenticated",
	Staff:         "staff",
	Superuser:     "superuser",
}

// String returns the text form, in lower case: what the session holds.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// MarshalText implements encoding.TextMarshaler. A role that does not exist is
// an error.
func (r Role) MarshalText() ([]byte, error) {
	if int(r) >= len(roleNames) {
		return nil, fmt.Errorf("ginmaint: there is no role %d", uint8(r))
	}
	return []byte(roleNames[r]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. Unlike a session, it
// takes only the four names.
func (r *Role) UnmarshalText(text []byte) error {
	for role, name := range roleNames {
		if string(text) == name {
			*r = Role(role)
			return nil
		}
	}
	return fmt.Errorf("ginmaint: unknown role %.40q: write anonymous, authenticated, staff or superuser", text)
}

// roleNamed reads what a session holds. Whoever has some role that this
// package does not know is logged in, and no more.
func roleNamed(text string) Role {
	var r Role
	if text == "" || r.UnmarshalText([]byte(text)) == nil {
		return r
	}
	return Authenticated
}

// roleHeld reads the role of a session: its text, or a Role itself. Whatever else is
// there is not understood.
func roleHeld(value any) (Role, bool) {
	if r, ok := value.(Role); ok && r <= Superuser {
		return r, true
	}
	text, ok := textHeld(value)
	return roleNamed(text), ok
}

// roles says who a visitor is, and which roles pass.
type roles struct {
	sessions *sessionReader
	key      string                           // of the session
	lookup   func(*gin.Context) (Role, error) // replaces the session; nil: it decides
	passing  [Superuser + 1]bool              // Anonymous: those alone; else the role and the ones above it
	logout   []Role
	late     outage // of lookup
}

// include tells whether the visitor's role passes. One whose role is to be logged out
// is Anonymous from then on, and leaving.
func (r *roles) include(c *gin.Context, v *visitor) (passes, leaving bool) {
	if r.passing == [Superuser + 1]bool{} && len(r.logout) == 0 {
		return false, false
	}
	var role Role
	if v != nil {
		role = v.role
	} else {
		role = r.of(c)
	}
	if slices.Contains(r.logout, role) {
		role, leaving = Anonymous, true
	}
	passes = role == Anonymous && r.passing[Anonymous] || role > Anonymous && slices.Contains(r.passing[Authenticated:role+1], true)
	return passes, leaving
}

// of returns the visitor's role. One that does not exist is not above all others,
// but Anonymous.
func (r *roles) of(c *gin.Context) Role {
	if r.lookup != nil {
		return r.lookUp(c)
	}
	if s, fault := r.sessions.find(c); s == nil {
		r.sessions.once(&r.sessions.missing, fault)
		return Anonymous
	}
	value := r.sessions.value(c, r.key)
	role, ok := roleHeld(value)
	if !ok && value != nil {
		r.sessions.once(&r.sessions.strange, fmt.Sprintf("the session holds a %T under %q, which is no role, so the visitor is Anonymous: "+
			"store a text such as \"staff\", or a ginmaint.Role, or set Config.Role", value, r.key))
	}
	return role
}

// lookUp asks the application. An answer that comes late is not believed: the
// visitor is Anonymous.
func (r *roles) lookUp(c *gin.Context) Role {
	role, err := r.lookup(c)
	if err != nil {
		r.late.failed(err)
		return Anonymous
	}
	r.late.worked()
	if role > Superuser {
		return Anonymous
	}
	return role
}

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
