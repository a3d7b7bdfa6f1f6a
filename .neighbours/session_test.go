package neighbours

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	gormsessions "github.com/gin-contrib/sessions/gorm"
	"github.com/gin-contrib/sessions/memcached"
	"github.com/gin-contrib/sessions/memstore"
	"github.com/gin-contrib/sessions/redis"
	"github.com/gin-gonic/gin"
	"github.com/glebarez/sqlite"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// startRedis starts a server that only this test reaches, and returns its socket.
func startRedis(t *testing.T) string {
	socket := filepath.Join(t.TempDir(), "redis")
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "")
	require.NoError(t, server.Start(), "install Debian's package redis-server")
	t.Cleanup(func() {
		require.NoError(t, server.Process.Kill())
		_ = server.Wait()
	})
	require.Eventually(t, func() bool {
		_, err := os.Stat(socket)
		return err == nil
	}, patience, 10*time.Millisecond)
	return socket
}

// items is what a memcached holds.
type items map[string]string

func (i items) Get(key string) (value string, flags uint32, cas uint64, err error) {
	value, ok := i[key]
	if !ok {
		return "", 0, 0, errors.New("there is no such item")
	}
	return value, 0, 0, nil
}

func (i items) Set(key, value string, _, _ uint32, _ uint64) (cas uint64, err error) {
	i[key] = value
	return 0, nil
}

// A role in a session is the text or the Role itself, whatever the store is.
func TestSessions(t *testing.T) {
	secret := []byte("secret-of-a-test")
	onRedis, err := redis.NewStore(10, "unix", startRedis(t), "", "", secret)
	require.NoError(t, err)
	db, err := gorm.Open(sqlite.Open(filepath.Join(t.TempDir(), "sessions.db")), &gorm.Config{})
	require.NoError(t, err)
	t.Cleanup(func() {
		pool, err := db.DB()
		require.NoError(t, err)
		require.NoError(t, pool.Close())
	})
	for name, store := range map[string]sessions.Store{
		"cookie":    cookie.NewStore(secret),
		"memstore":  memstore.NewStore(secret),
		"redis":     onRedis,
		"memcached": memcached.NewMemcacheStore(items{}, "", secret),
		"gorm":      gormsessions.NewStore(db, false, secret),
	} {
		for form, role := range map[string]any{"text": "staff", "Role": ginmaint.Staff} {
			t.Run(name+", "+form, func(t *testing.T) {
				r := gin.New()
				r.Use(sessions.Sessions("session", store), gate(switchAt(t, maintenance.On), func(c *ginmaint.Config) { c.IgnoreStaff = true }))
				r.GET("/login", ginmaint.ForceOff, func(c *gin.Context) {
					s := sessions.Default(c)
					s.Set("role", role)
					assert.NoError(t, s.Save())
				})
				r.GET("/", ok)
				server := serve(t, r)
				login, _ := ask(t, server, "GET", "/login")
				require.Len(t, login.Cookies(), 1)
				staff, _ := ask(t, server, "GET", "/", "Cookie", login.Cookies()[0].String())
				assert.Equal(t, http.StatusOK, staff.StatusCode)
				assert.Equal(t, "private, no-store", staff.Header.Get("Cache-Control"))
				visitor, _ := ask(t, server, "GET", "/")
				assert.Equal(t, http.StatusServiceUnavailable, visitor.StatusCode)
			})
		}
	}
}

// With tokens the role comes from Config.Role.
func TestJWT(t *testing.T) {
	key := []byte("secret-of-a-test")
	role := func(c *gin.Context) ginmaint.Role {
		text := c.GetHeader("Authorization")
		if len(text) < len("Bearer ") {
			return ginmaint.Anonymous
		}
		token, err := jwt.Parse(text[len("Bearer "):], func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"HS256"}))
		if err != nil {
			return ginmaint.Anonymous
		}
		claims, _ := token.Claims.(jwt.MapClaims)
		var known ginmaint.Role
		name, _ := claims["role"].(string)
		_ = known.UnmarshalText([]byte(name))
		return known
	}
	r := gin.New()
	r.Use(gate(switchAt(t, maintenance.On), func(c *ginmaint.Config) { c.IgnoreStaff, c.Role = true, role }))
	r.GET("/", ok)
	server := serve(t, r)
	signed := func(secret []byte, role string) string {
		text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": role}).SignedString(secret)
		require.NoError(t, err)
		return "Bearer " + text
	}
	for name, c := range map[string]struct {
		header string
		status int
	}{
		"staff":       {signed(key, "staff"), http.StatusOK},
		"a user":      {signed(key, "authenticated"), http.StatusServiceUnavailable},
		"another key": {signed([]byte("other"), "staff"), http.StatusServiceUnavailable},
		"nothing":     {"", http.StatusServiceUnavailable},
	} {
		answer, _ := ask(t, server, "GET", "/", "Authorization", c.header)
		assert.Equal(t, c.status, answer.StatusCode, name)
	}
}
