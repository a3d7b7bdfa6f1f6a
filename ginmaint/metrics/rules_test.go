package metrics

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func promtool(t *testing.T, stdin string, arguments ...string) {
	t.Helper()
	command := exec.Command("promtool", arguments...)
	command.Stdin = strings.NewReader(stdin)
	said, err := command.CombinedOutput()
	require.NoError(t, err, "promtool %s: %s", strings.Join(arguments, " "), said)
}

func TestAlertsFire(t *testing.T) {
	promtool(t, "", "test", "rules", "testdata/alerts_test.yaml")
}

func TestPromtoolFindsNoFault(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(New(opened(t, maintenance.NewMemoryStore()))))
	w := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Contains(t, w.Body.String(), "ginmaint_level 0")
	promtool(t, w.Body.String(), "check", "metrics")
}

func TestRulesAndDashboardAskForMetricsThatExist(t *testing.T) {
	known := described()
	asked := make(map[string]bool)
	for _, file := range []string{"alerts.yaml", "dashboard.json"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`ginmaint_\w+`).FindAllString(string(text), -1) {
			assert.True(t, known[name], "%s asks for %s", file, name)
			asked[name] = true
		}
	}
	assert.Greater(t, len(asked), 10)
	text, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &board))
	var rules strings.Builder
	for i, p := range board.Panels {
		for j, target := range p.Targets {
			fmt.Fprintf(&rules, "  - record: panel:%d_%d\n    expr: '%s'\n", i, j, strings.ReplaceAll(target.Expr, "$job", "shop"))
		}
	}
	promtool(t, "groups:\n- name: panels\n  rules:\n"+rules.String(), "check", "rules", "alerts.yaml", "/dev/stdin")
}
