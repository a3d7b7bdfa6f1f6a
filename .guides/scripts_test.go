package guides

import (
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestScripts: the script of the recipe for a single-page application learns what a
// refusal says, and leaves other answers alone.
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts := blocks(guides(t)["recipes"], "js")
	require.Len(t, scripts, 1)
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore())
	require.NoError(t, err)
	defer mode.Close()
	_, err = mode.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly, Message: "Back at ten.", End: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/orders", func(c *gin.Context) { c.JSON(200, []string{"tea"}) })
	r.POST("/orders", func(*gin.Context) {})
	server := httptest.NewServer(r)
	defer server.Close()

	node := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", scripts[0]+`
		const told = [];
		function showMaintenance(level, detail, seconds) { told.push(level, detail, seconds > 3000); }
		const read = await call(process.argv[1] + "/orders");
		told.push(await read.json());
		const written = await call(process.argv[1] + "/orders", {method: "POST"});
		told.push((await written.json()).status);
		console.log(JSON.stringify(told));
	`, server.URL)
	out, err := node.Output()
	require.NoError(t, err, "node comes with the package npm: run make install")
	var told []any
	require.NoError(t, json.Unmarshal(out, &told), "%s", out)
	assert.Equal(t, []any{[]any{"tea"}, "read-only", "Back at ten.", true, 503.0}, told)
}
