package ginmaint

import (
	"fmt"
	"log/slog"
	"slices"

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

// sessionText returns the text that the visitor's session holds under key, and
// "" where there is none, no session middleware, a session of another shape,
// or one that can't be read.
func sessionText(c *gin.Context, key string) (text string) {
	s := session(c)
	if s == nil {
		return ""
	}
	// A store that can't be reached may hand out a nil session inside s.
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	text, _ = s.Get(key).(string)
	return text
}

func session(c *gin.Context) sessions.Session {
	value, _ := c.Get(sessions.DefaultKey)
	s, _ := value.(sessions.Session)
	return s
}

// roles says who a visitor is, and which roles pass.
type roles struct {
	key     string                  // of the session
	lookup  func(*gin.Context) Role // replaces the session; nil: it decides
	passing [Superuser + 1]bool     // Anonymous: those alone; else the role and the ones above it
	logout  []Role
	logger  *slog.Logger
}

// includes tells whether the visitor's role passes. One whose role is to be
// logged out is, and is Anonymous from then on.
func (r *roles) includes(c *gin.Context) bool {
	if r.passing == [Superuser + 1]bool{} && len(r.logout) == 0 {
		return false
	}
	role := r.of(c)
	if slices.Contains(r.logout, role) {
		r.logOut(c)
		role = Anonymous
	}
	return role == Anonymous && r.passing[Anonymous] || role > Anonymous && slices.Contains(r.passing[Authenticated:role+1], true)
}

// of returns the visitor's role. One that does not exist is not above all others,
// but Anonymous.
func (r *roles) of(c *gin.Context) Role {
	if r.lookup == nil {
		return roleNamed(sessionText(c, r.key))
	}
	if role := r.lookup(c); role <= Superuser {
		return role
	}
	return Anonymous
}

// logOut empties the visitor's session. A session that can't be saved is
// logged: the visitor is refused all the same.
func (r *roles) logOut(c *gin.Context) {
	s := session(c)
	if s == nil {
		return
	}
	defer func() {
		if fault := recover(); fault != nil {
			r.logger.Error("ginmaint: a session can't be cleared", "fault", fmt.Sprint(fault))
		}
	}()
	s.Clear()
	if err := s.Save(); err != nil {
		r.logger.Error("ginmaint: a session can't be cleared", "error", err)
	}
}
