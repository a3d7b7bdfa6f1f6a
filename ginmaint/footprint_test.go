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
var foreign = []string{"redis", "jackc/", "spf13/", "toxiproxy", "testify", "goleak"}

// TestFootprint builds a module that uses Gin and sessions, adds ginmaint, and
// looks at what that did to its go.mod.
func TestFootprint(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	const uses = `package main

import (
	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
)

func engine() *gin.Engine {
	r := gin.Default()
	r.Use(sessions.Sessions("session", cookie.NewStore([]byte("secret"))))
	return r
}
`
	write("go.mod", "module example.com/user\n\ngo 1.25.0\n\nrequire (\n"+
		"\tgithub.com/gin-contrib/sessions "+versionOf(t, "github.com/gin-contrib/sessions")+"\n"+
		"\tgithub.com/gin-gonic/gin "+versionOf(t, "github.com/gin-gonic/gin")+"\n)\n")
	write("engine.go", uses)
	write("main.go", "package main\n\nfunc main() { _ = engine().Run() }\n")
	run(t, folder, "go", "mod", "tidy")
	before := requirements(t, folder)

	write("main.go", `package main

import "github.com/ginmaint/gin-maintenance-mode/ginmaint"

func main() {
	r := engine()
	r.Use(ginmaint.New(ginmaint.Config{}))
	_ = r.Run()
}
`)
	run(t, folder, "go", "mod", "edit",
		"-require=github.com/ginmaint/gin-maintenance-mode@v0.0.0",
		"-replace=github.com/ginmaint/gin-maintenance-mode="+root)
	run(t, folder, "go", "mod", "tidy")
	run(t, folder, "go", "build", "-o", os.DevNull, ".")
	after := requirements(t, folder)

	require.NotEmpty(t, before)
	for module, version := range before {
		assert.Equal(t, version, after[module], "ginmaint upgrades %s", module)
	}
	for module := range after {
		if _, had := before[module]; had {
			continue
		}
		for _, f := range foreign {
			assert.NotContains(t, module, f, "ginmaint brings a module that its user does not need")
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
			assert.True(t, !strings.Contains(first, ".") || strings.HasSuffix(dependency, "ginmaint/maintenance"),
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
