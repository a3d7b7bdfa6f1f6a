package cli_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/cli"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestExplainAsksARunningReplica(t *testing.T) {
	gin.SetMode(gin.TestMode)
	mode, err := maintenance.Open(t.Context(), maintenance.Fixed(maintenance.On), maintenance.Logger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode, IgnoreStaff: true, Role: func(c *gin.Context) ginmaint.Role {
		if c.GetHeader("Authorization") == "Bearer s3cret" {
			return ginmaint.Superuser
		}
		return ginmaint.Anonymous
	}}))
	r.POST("/orders", func(*gin.Context) { t.Error("a handler ran") })
	r.GET("/elsewhere/explain/", ginmaint.ForceOff, func(c *gin.Context) { c.Redirect(http.StatusFound, "/login") })
	ginmaint.Routes(r.Group("/maintenance-mode"))
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "headers")
	require.NoError(t, os.WriteFile(file, []byte("\nauthorization: Bearer s3cret\nX-Other: 1\n"), 0o600))
	call := func(args ...string) (code int, printed string) {
		cmd := cli.Command()
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SetIn(strings.NewReader("Authorization: Bearer s3cret"))
		cmd.SetArgs(append([]string{"explain"}, args...))
		return cli.ExitCode(cmd.ExecuteContext(t.Context())), out.String()
	}
	const refused = "Refused: on; /orders is not exempt; staff pass, but Config.Role knows no role of the visitor.\n"
	t.Setenv("GINMAINT_URL", server.URL+"/maintenance-mode")
	for _, tc := range []struct {
		name, args string
		code       int
		says       string
	}{
		{"by a file", "POST /orders --headers " + file, 0, refused},
		{"by standard input", "POST /orders --headers -", 0, refused},
		{"exit code", "POST /orders --exit-code --headers -", 3, refused},
		{"it passes", "POST /orders --role staff --exit-code --headers -", 0, "Passes: on, and staff pass.\n"},
		{"json", "POST /orders --role staff --json --headers -", 0, `{"passes":true,"rule":"role",`},
		{"no superuser", "POST /orders", 1, "the replica takes you for no superuser (403): see --headers"},
		{"what the endpoint can't read", "POST orders --headers -", 2, `path: "orders" is none`},
		{"an address", "POST /orders --ip 10.0.0 --headers -", 2, `ip: "10.0.0" is no address`},
		{"elsewhere", "POST /orders --headers - --url " + server.URL + "/elsewhere/", 1, "the replica sends you elsewhere (302)"},
		{"no endpoints", "POST /orders --headers - --url " + server.URL + "/orders", 1, "there is no endpoint that explains at --url (status 404)"},
		{"nobody there", "POST /orders --headers - --url http://127.0.0.1:1/", 1, "the replica did not answer"},
		{"no URL", "POST /orders --url shop", 2, "--url: write an http(s) URL"},
		{"a password", "POST /orders --url https://ann:s3cret@shop.example/", 2, "write the Authorization header into the file"},
		{"too few", "POST", 2, "name a method and a path"},
		{"no file", "POST /orders --headers " + file + "x", 2, "--headers: open"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, printed := call(strings.Fields(tc.args)...)
			assert.Equal(t, tc.code, code, printed)
			assert.Contains(t, printed, tc.says)
			assert.NotContains(t, printed, "s3cret")
		})
	}
	t.Setenv("GINMAINT_HEADERS", "Authorization: Bearer s3cret")
	_, printed := call("POST", "/orders")
	assert.Equal(t, refused, printed)
	t.Setenv("GINMAINT_HEADERS", "Bearer s3cret")
	code, printed := call("POST", "/orders")
	assert.Equal(t, 2, code)
	assert.NotContains(t, printed, "s3cret")
	t.Setenv("GINMAINT_URL", "")
	_, printed = call("POST", "/orders")
	assert.Contains(t, printed, "name the endpoints of a running replica with --url or GINMAINT_URL")
}
