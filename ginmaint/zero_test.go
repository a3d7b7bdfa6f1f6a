package ginmaint

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// TestTheZeroConfig switches as a newcomer does: by editing the file.
func TestTheZeroConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	s := &service{Engine: gin.New()}
	s.Use(New(Config{Logger: quiet}))
	s.GET("/", s.handle)
	mode, err := DefaultMode()
	require.NoError(t, err)
	defer func() { assert.NoError(t, mode.Close()) }()

	answers := func(want int) func() bool {
		return func() bool { return ask(s, http.MethodGet, "/").Code == want }
	}
	require.True(t, answers(http.StatusOK)(), "no file is off")
	write(t, "maintenance_mode.json", `{"level": "on", "message": "By hand"}`)
	require.Eventually(t, answers(http.StatusServiceUnavailable), 10*time.Second, 5*time.Millisecond)
	assert.Contains(t, ask(s, http.MethodGet, "/").Body.String(), "By hand")
	assertWait(t, 60, ask(s, http.MethodGet, "/").Header())

	require.NoError(t, mode.Off(t.Context()))
	require.True(t, answers(http.StatusOK)())
	require.NoError(t, mode.On(t.Context()))
	written, err := os.ReadFile("maintenance_mode.json")
	require.NoError(t, err)
	assert.Contains(t, string(written), `"on"`)

	require.NoError(t, os.Remove("maintenance_mode.json"))
	require.Eventually(t, answers(http.StatusOK), 10*time.Second, 5*time.Millisecond, "no file is off again")
}

func TestOneDefaultModeForEachFile(t *testing.T) {
	t.Chdir(t.TempDir())
	first, err := DefaultMode()
	require.NoError(t, err)
	for range 200 { // as many engines as a large test suite makes
		s := serving(t, Config{Logger: quiet})
		require.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
	}
	again, err := DefaultMode()
	require.NoError(t, err)
	assert.Same(t, first, again)

	t.Chdir(t.TempDir())
	elsewhere, err := DefaultMode()
	require.NoError(t, err)
	assert.NotSame(t, first, elsewhere)
	require.NoError(t, elsewhere.Close())
	require.NoError(t, first.Close())
	later, err := DefaultMode()
	require.NoError(t, err)
	assert.NotSame(t, elsewhere, later, "one that is closed serves nobody any more")
	require.NoError(t, later.Close())
}
