package ginmaint

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// TestTheZeroConfig switches as a newcomer does: by editing the file.
func TestTheZeroConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	s := &service{Engine: gin.New()}
	var mode *maintenance.Mode
	s.Use(New(Config{}))
	s.GET("/", s.handle)
	s.GET("/mode", func(c *gin.Context) { // an endpoint, for the Mode that New opened
		a, ok := adminOf(c)
		require.True(t, ok)
		mode = a.mode
	}, endpoint)
	ask(s, http.MethodGet, "/mode")
	require.NotNil(t, mode)
	defer func() { assert.NoError(t, mode.Close()) }()

	answers := func(want int) func() bool {
		return func() bool { return ask(s, http.MethodGet, "/").Code == want }
	}
	require.True(t, answers(http.StatusOK)(), "no file is off")
	write(t, "maintenance_mode.json", `{"level": "on", "message": "By hand"}`)
	require.Eventually(t, answers(http.StatusServiceUnavailable), 10*time.Second, 5*time.Millisecond)
	assert.Contains(t, ask(s, http.MethodGet, "/").Body.String(), "By hand")
	assert.Equal(t, "3600", ask(s, http.MethodGet, "/").Header().Get("Retry-After"))

	require.NoError(t, mode.Off(t.Context()))
	require.True(t, answers(http.StatusOK)())
	require.NoError(t, mode.On(t.Context()))
	written, err := os.ReadFile("maintenance_mode.json")
	require.NoError(t, err)
	assert.Contains(t, string(written), `"on"`)

	require.NoError(t, os.Remove("maintenance_mode.json"))
	require.Eventually(t, answers(http.StatusOK), 10*time.Second, 5*time.Millisecond, "no file is off again")
}
