package ginmaint

import (
	"fmt"

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

// role returns who the visitor is. A role that does not exist is not above all
// others, but Anonymous.
func (g *guard) role(c *gin.Context) Role {
	if g.Role != nil {
		if r := g.Role(c); r <= Superuser {
			return r
		}
		return Anonymous
	}
	return roleNamed(sessionText(c, g.SessionKey))
}

// passes tells whether visitors of this role pass while maintenance is on.
func (g *guard) passes(r Role) bool {
	return g.IgnoreAnonymous && r == Anonymous ||
		g.IgnoreAuthenticated && r >= Authenticated ||
		g.IgnoreStaff && r >= Staff ||
		g.IgnoreSuperuser && r >= Superuser
}

// logOut empties the visitor's session. A session that can't be saved is
// logged: the visitor is refused all the same.
func (g *guard) logOut(c *gin.Context) {
	s := session(c)
	if s == nil {
		return
	}
	defer func() {
		if fault := recover(); fault != nil {
			g.Logger.Error("ginmaint: a session can't be cleared", "fault", fmt.Sprint(fault))
		}
	}()
	s.Clear()
	if err := s.Save(); err != nil {
		g.Logger.Error("ginmaint: a session can't be cleared", "error", err)
	}
}
