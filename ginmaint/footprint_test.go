package ginmaint_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foreign are the modules that a user of the plugin alone must never meet.
var foreign = []string{"redis", "jackc/", "spf13/", "toxiproxy", "testify", "goleak", "prometheus/"}

// raised are the modules that ginmaint moves in an application, each to mend a
// vulnerability. What they require themselves moves with them.
var raised = map[string]string{
	"golang.org/x/net":           "GO-2026-6603, GO-2026-6611, GO-2026-6612 and GO-2026-6617, which Gin links",
	"golang.org/x/text":          "GO-2026-6629",
	"github.com/quic-go/quic-go": "GO-2025-4233 and GO-2026-5676, which Gin links",
}

// TestFootprint takes an application as it was when Gin 1.11 came out, adds
// ginmaint, and looks at what that does to its go.mod.
func TestFootprint(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	folder := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("go.mod", `module example.com/shop

go 1.25.0

require (
	github.com/gin-contrib/cors v1.7.6
	github.com/gin-gonic/gin v1.11.0
	github.com/golang-jwt/jwt/v5 v5.3.0
	github.com/mattn/go-sqlite3 v1.14.32
	github.com/spf13/viper v1.21.0
	go.uber.org/zap v1.27.0
	gorm.io/driver/sqlite v1.6.0
	gorm.io/gorm v1.31.0
)
`)
	write("shop.go", `package main

import "github.com/gin-gonic/gin"

func main() { _ = engine().Run() }

func engine() *gin.Engine { return gin.Default() }
`)
	// Never built: SQLite's C code takes a minute.
	write("stock/stock.go", `package stock

import (
	_ "github.com/gin-contrib/cors"
	_ "github.com/golang-jwt/jwt/v5"
	_ "github.com/mattn/go-sqlite3"
	_ "github.com/spf13/viper"
	_ "go.uber.org/zap"
	_ "gorm.io/driver/sqlite"
	_ "gorm.io/gorm"
)
`)
	run(t, folder, "go", "mod", "tidy")
	original := requirements(t, folder)
	require.Equal(t, "v1.14.32", original["github.com/mattn/go-sqlite3"])
	for module, mended := range raised {
		floor := versionOf(t, module)
		require.NotEqual(t, floor, original[module], "nothing is moved for %s: remove it from raised", mended)
		run(t, folder, "go", "mod", "edit", "-require="+module+"@"+floor)
	}
	run(t, folder, "go", "mod", "tidy")
	before := requirements(t, folder)

	write("maintenance.go", `package main

import (
	"github.com/gin-gonic/gin"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
)

func closable() *gin.Engine {
	r := engine()
	r.Use(ginmaint.New(ginmaint.Config{}))
	return r
}
`)
	run(t, folder, "go", "mod", "edit",
		"-require=github.com/ginmaint/gin-maintenance-mode@v0.0.0",
		"-replace=github.com/ginmaint/gin-maintenance-mode="+root)
	run(t, folder, "go", "mod", "tidy")
	run(t, folder, "go", "build", "-o", os.DevNull, ".")
	after := requirements(t, folder)

	for module, version := range before {
		assert.Equal(t, version, after[module], "ginmaint replaces the application's %s", module)
	}
	for module := range after {
		if _, had := before[module]; had {
			continue
		}
		for _, f := range foreign {
			assert.NotContains(t, module, f, "ginmaint brings a module that the application does not need")
		}
	}
}

// TestPackagesAlone holds what each package may link.
func TestPackagesAlone(t *testing.T) {
	cases := []struct {
		name, pkg string
		never     []string
	}{
		{"plugin", "./", foreign},
		{"file store", "./filestore", append([]string{"gin-gonic", "gin-contrib"}, foreign...)},
		{"Redis store", "./redisstore", []string{"gin-gonic", "jackc/", "spf13/", "fsnotify", "testify"}},
		{"PostgreSQL store", "./pgstore", []string{"gin-gonic", "redis", "spf13/", "fsnotify", "testify"}},
		{"SQL store", "./sqlstore", append([]string{"gin-gonic", "gin-contrib", "go-sql-driver", "modernc.org"}, foreign...)},
		{"metrics", "./metrics", []string{"gin-gonic", "gin-contrib", "redis", "jackc/", "spf13/", "fsnotify", "testify"}},
		{"conformance suite", "./storetest", append([]string{"gin-gonic", "fsnotify"}, foreign...)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, dependency := range strings.Fields(run(t, ".", "go", "list", "-deps", c.pkg)) {
				if strings.HasPrefix(dependency, "github.com/ginmaint/") {
					continue
				}
				for _, n := range c.never {
					assert.NotContains(t, dependency, n)
				}
			}
		})
	}
	t.Run("switch", func(t *testing.T) {
		for _, dependency := range strings.Fields(run(t, ".", "go", "list", "-deps", "./maintenance")) {
			first, _, _ := strings.Cut(dependency, "/")
			assert.True(t, !strings.Contains(first, ".") || strings.HasPrefix(dependency, "github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"),
				"package maintenance is to import the standard library alone, and imports %s", dependency)
		}
	})
}

func versionOf(t *testing.T, module string) string {
	return strings.TrimSpace(run(t, ".", "go", "list", "-m", "-f", "{{.Version}}", module))
}

func requirements(t *testing.T, folder string) map[string]string {
	var file struct {
		Require []struct{ Path, Version string }
	}
	require.NoError(t, json.Unmarshal([]byte(run(t, folder, "go", "mod", "edit", "-json")), &file))
	versions := make(map[string]string)
	for _, r := range file.Require {
		versions[r.Path] = r.Version
	}
	return versions
}

func run(t *testing.T, folder, name string, arguments ...string) string {
	command := exec.Command(name, arguments...)
	command.Dir = folder
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(arguments, " "), &stderr)
	return string(out)
}
