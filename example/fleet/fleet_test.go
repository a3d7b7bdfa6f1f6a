package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// fleetEnv has the binary of the tests be the fleet.
const fleetEnv = "FLEET"

func TestMain(m *testing.M) {
	if os.Getenv(shopEnv) != "" || os.Getenv(fleetEnv) != "" {
		main()
		return
	}
	gin.SetMode(gin.ReleaseMode)
	goleak.VerifyTestMain(m)
}

// TestTheFleet: in the story with a hold nobody is refused, in the other one somebody is,
// and in neither an order fails or is worked on beside a migration.
func TestTheFleet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ args, says []string }{
		"with what is there": {[]string{"--quick"}, []string{"The state: Redis at ", "The balancer: nginx at "}},
		"without":            {[]string{"--quick", "--plain"}, []string{"The state: a file\n", "The balancer: Go's, "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			nothing := func(string) string { return "" }
			require.NoError(t, run(context.Background(), test.args, nothing, &out), "%s", &out)
			for _, says := range test.says {
				assert.Contains(t, out.String(), says)
			}
			assert.Regexp(t, `The panel: http://127\.0\.0\.1:\d+/login \(name superuser, password \w+\)`, out.String())
			number := `[1-9]\d*`
			assert.Regexp(t, `\n`+number+` orders: `+number+` refused, `+number+` held, 0 failed, 0 beside a migration\n$`, out.String())
			steps := regexp.MustCompile(`(?m)^(\w+) +\d`).FindAllStringSubmatch(out.String(), -1)
			var told []string
			for _, step := range steps {
				told = append(told, step[1])
			}
			assert.Equal(t, []string{"open", "announced", "drain", "migrate", "open", "on", "drain", "migrate", "open"}, told[:9])
			assert.Regexp(t, `(?m)^announced( +\d+){2} +0 `, out.String(), "nothing is refused before the window")
		})
	}
}
