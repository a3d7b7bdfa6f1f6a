package attack

import (
	"log/slog"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	slog.SetDefault(quiet) // the sessions' forged cookies
	goleak.VerifyTestMain(m, goleak.Cleanup(report))
}
