package guides

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// guides returns their texts by their names.
func guides(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, path := range files(t, ".md") {
		if strings.Contains(filepath.ToSlash(path), "/ginmaint/guides/") {
			texts[strings.TrimSuffix(filepath.Base(path), ".md")] = read(t, path)
		}
	}
	require.NotEmpty(t, texts)
	return texts
}

const module = "github.com/ginmaint/gin-maintenance-mode/"

// imports are the packages that the programs use, by the names that they use them under.
var imports = map[string]string{
	"context": "context", "errors": "errors", "http": "net/http", "httptest": "net/http/httptest", "io": "io", "os": "os",
	"strings": "strings", "testing": "testing", "time": "time",
	"gin": "github.com/gin-gonic/gin", "sessions": "github.com/gin-contrib/sessions", "cookie": "github.com/gin-contrib/sessions/cookie",
	"cors": "github.com/gin-contrib/cors", "redis": "github.com/redis/go-redis/v9", "miniredis": "github.com/alicebob/miniredis/v2",
	"websocket": "github.com/coder/websocket", "jwt": "github.com/golang-jwt/jwt/v5", "goose": "github.com/pressly/goose/v3",
	"migrate": "github.com/golang-migrate/migrate/v4", "gorm": "gorm.io/gorm", "sqlite": "github.com/glebarez/sqlite",
	"ginmaint": module + "ginmaint", "maintenance": module + "ginmaint/maintenance", "redisstore": module + "ginmaint/redisstore", "sqlstore": module + "ginmaint/sqlstore",
	"pgstore": module + "ginmaint/pgstore", "storetest": module + "ginmaint/storetest", "pgxpool": "github.com/jackc/pgx/v5/pgxpool",
	"metrics": module + "ginmaint/metrics", "prometheus": "github.com/prometheus/client_golang/prometheus", "promhttp": "github.com/prometheus/client_golang/prometheus/promhttp",
}

var qualified = regexp.MustCompile(`\b([a-z]\w*)\.[A-Z]`)

// program is a block as a file: the package and the imports are what a guide leaves out.
func program(block string) string {
	var used []string
	for _, name := range qualified.FindAllStringSubmatch(block, -1) {
		path := imports[name[1]]
		local := regexp.MustCompile(`\b` + name[1] + ` (\*|:=|[a-z]+\.)|, ` + name[1] + ` `).MatchString(block) // a variable or a parameter
		if path != "" && !local && !slices.Contains(used, path) {
			used = append(used, path)
		}
	}
	slices.Sort(used)
	text := "package guide\n\nimport (\n"
	for _, path := range used {
		text += fmt.Sprintf("\t%q\n", path)
	}
	return text + ")\n\n" + block
}

// dedent takes off the indentation of a block within a list.
func dedent(block string) string {
	first := block[:len(block)-len(strings.TrimLeft(block, " "))]
	return strings.TrimPrefix(strings.ReplaceAll("\n"+block, "\n"+first, "\n"), "\n")
}

// TestPrograms: every Go block of the guides is formatted and compiles, and the tests
// among them pass.
func TestPrograms(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp(".", "programs") // within the module, whose versions they take
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	count := 0
	for name, text := range guides(t) {
		for _, block := range blocks(text, "go") {
			block = dedent(block)
			formatted, err := format.Source([]byte(block))
			if assert.NoError(t, err, "%s:\n%s", name, block) {
				assert.Equal(t, string(formatted), block, "%s: a block is not formatted", name)
			}
			file := fmt.Sprintf("block%d.go", count)
			if strings.Contains(block, "*testing.T") {
				file = fmt.Sprintf("block%d_test.go", count)
			}
			count++
			folder := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(folder, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte(program(block)), 0o600))
		}
	}
	require.Greater(t, count, 15)
	checks, err := os.ReadFile(filepath.Join("testdata", "recipes_test.go")) // what the recipes do
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "recipes", "recipes_test.go"), checks, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "./"+filepath.Base(dir)+"/...").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Regexp(t, `(?m)^ok .*/recipes\b`, string(out))
}

// TestCommands: the sh blocks of a guide run one after the other, in a folder of their
// own that holds a migration.
func TestCommands(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, "ginmaint"), "./ginmaint/cmd/ginmaint")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	count := 0
	for name, text := range guides(t) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "migrate"), []byte("#!/bin/sh\nginmaint status --quiet --exit-code\n[ $? = 3 ] && echo migrated >>done\n"), 0o755))
		script := strings.Join(blocks(text, "sh"), "")
		command := exec.CommandContext(t.Context(), "bash", "-euxo", "pipefail", "-c", script)
		command.Dir = dir
		command.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GINMAINT_EXPECT=0+", "GINMAINT_STORE=")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s:\n%s", name, out)
		ran, _ := os.ReadFile(filepath.Join(dir, "done"))
		assert.Equal(t, strings.Count(script, "./migrate up"), strings.Count(string(ran), "migrated"), "%s: while maintenance is on", name)
		count += strings.Count(script, "ginmaint ")
	}
	assert.Greater(t, count, 6)
}
