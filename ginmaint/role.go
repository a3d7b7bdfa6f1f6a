package ginmaint

import (
	"fmt"
	"slices"

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
	key      string                  // of the session
	lookup   func(*gin.Context) Role // replaces the session; nil: it decides
	passing  [Superuser + 1]bool     // Anonymous: those alone; else the role and the ones above it
	logout   []Role
	late     outage // of lookup
}

// includes tells whether the visitor's role passes. One whose role is to be
// logged out is, and is Anonymous from then on.
func (r *roles) includes(c *gin.Context) bool {
	if r.passing == [Superuser + 1]bool{} && len(r.logout) == 0 {
		return false
	}
	role := r.of(c)
	if slices.Contains(r.logout, role) {
		r.sessions.clear(c)
		role = Anonymous
	}
	return role == Anonymous && r.passing[Anonymous] || role > Anonymous && slices.Contains(r.passing[Authenticated:role+1], true)
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
func (r *roles) lookUp(c *gin.Context) (role Role) {
	if err := bounded(c, func() { role = r.lookup(c) }); err != nil {
		r.late.failed(err)
		return Anonymous
	}
	r.late.worked()
	if role > Superuser {
		return Anonymous
	}
	return role
}
