package ginmaint

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestIgnoreRoles(t *testing.T) {
	all := []Role{Anonymous, Authenticated, Staff, Superuser}
	cases := map[string]struct {
		cfg    Config
		passes []Role
	}{
		"nobody":                         {Config{}, nil},
		"anonymous, and only those":      {Config{IgnoreAnonymous: true}, []Role{Anonymous}},
		"authenticated and above":        {Config{IgnoreAuthenticated: true}, []Role{Authenticated, Staff, Superuser}},
		"staff and above":                {Config{IgnoreStaff: true}, []Role{Staff, Superuser}},
		"superuser":                      {Config{IgnoreSuperuser: true}, []Role{Superuser}},
		"anonymous and superuser":        {Config{IgnoreAnonymous: true, IgnoreSuperuser: true}, []Role{Anonymous, Superuser}},
		"everybody":                      {Config{IgnoreAnonymous: true, IgnoreAuthenticated: true}, all},
		"one who is met and logged out":  {Config{IgnoreStaff: true, Logout: []Role{Staff}}, []Role{Superuser}},
		"logged out, anonymous may pass": {Config{IgnoreAnonymous: true, Logout: []Role{Staff}}, []Role{Anonymous, Staff}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.cfg.Mode, tc.cfg.Role = at(t, maintenance.On), roleOf
			s := serving(t, tc.cfg)
			var passed []Role
			for _, r := range all {
				if ask(s, http.MethodGet, "/", as(r)).Code == http.StatusOK {
					passed = append(passed, r)
				}
			}
			assert.Equal(t, tc.passes, passed)
		})
	}
}

func TestReadOnlyAsksForTheRoleOfWritersAlone(t *testing.T) {
	asked := 0
	s := serving(t, Config{Mode: at(t, maintenance.ReadOnly), IgnoreStaff: true, Role: func(c *gin.Context) Role {
		asked++
		return roleOf(c)
	}})
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
	assert.Zero(t, asked, "reads go on without a look at the session")
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodPost, "/", as(Authenticated)).Code)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, "/", as(Staff)).Code)
	assert.Equal(t, 2, asked)
}

func TestARoleThatDoesNotExistIsAnonymous(t *testing.T) {
	m := at(t, maintenance.On)
	s := serving(t, Config{Mode: m, IgnoreAuthenticated: true, Role: func(*gin.Context) Role { return 200 }})
	Routes(s.Group("/maintenance-mode"))
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/").Code)
	assert.Equal(t, http.StatusForbidden, ask(s, http.MethodPost, "/maintenance-mode/off").Code)
	assert.Equal(t, maintenance.On, m.Level())
}

func TestRoleText(t *testing.T) {
	for _, r := range []Role{Anonymous, Authenticated, Staff, Superuser} {
		text, err := r.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, r.String(), string(text))
		var back Role
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, r, back)
	}
	_, err := Role(4).MarshalText()
	assert.EqualError(t, err, "ginmaint: there is no role 4")
	assert.Equal(t, "Role(4)", Role(4).String())
	r := Staff
	assert.EqualError(t, r.UnmarshalText([]byte("admin")),
		`ginmaint: unknown role "admin": write anonymous, authenticated, staff or superuser`)
	assert.Equal(t, Staff, r, "what can't be read changes nothing")
}
