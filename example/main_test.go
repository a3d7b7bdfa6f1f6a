package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"
)

// processEnv makes of a process of this binary what main is.
const processEnv = "SHOP_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(processEnv) != "" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(1) // the tests have ended
		}()
		main()
		return
	}
	for _, entry := range os.Environ() { // what PostgreSQL's clients read beside the URL
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PG") {
			_ = os.Unsetenv(name)
		}
	}
	gin.SetMode(gin.ReleaseMode)
	goleak.VerifyTestMain(m)
}
