package pgstore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// TestTheFleet: example/fleet tells its story on PostgreSQL as on Redis.
func TestTheFleet(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "fleet")
	require.NoError(t, proc.Run(exec.Command("go", "build", "-o", binary, "../../example/fleet")))
	fleet := exec.CommandContext(t.Context(), binary, "--quick")
	fleet.Env = append(os.Environ(), "GINMAINT_STORE="+server.Database(t))
	out, err := fleet.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "The state: where GINMAINT_STORE says\n")
	number := `[1-9]\d*`
	assert.Regexp(t, `\n`+number+` orders: `+number+` refused, `+number+` held, 0 failed, 0 beside a migration\n$`, string(out))
}
