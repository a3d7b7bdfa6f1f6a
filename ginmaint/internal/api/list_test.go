package api_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/api"
)

var update = flag.Bool("update", false, "write the list in testdata anew")

// root is the module's.
const root = "../../.."

// packages returns the folders that hold packages for others, relative to the root.
func packages(t *testing.T) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "internal" || name == "testdata" || name == "example") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			dir, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			if dir = filepath.ToSlash(dir); !slices.Contains(found, dir) {
				found = append(found, dir)
			}
		}
		return nil
	}))
	return found
}

// TestPromises compares what the module exports with the list. Where the change is
// meant, write the list anew: make api. CONTRIBUTING says what a change may be.
func TestPromises(t *testing.T) {
	var lines []string
	for _, dir := range packages(t) {
		exported, err := api.List(filepath.Join(root, dir), dir)
		require.NoError(t, err)
		lines = append(lines, exported...)
	}
	golden := filepath.Join("testdata", "api.txt")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	listed := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(want), "\r\n", "\n"), "\n"), "\n")
	gone, added := differ(listed, lines), differ(lines, listed)
	assert.True(t, len(gone)+len(added) == 0,
		"what the module exports has changed; if that is meant, run make api, and see .github/CONTRIBUTING.md\n- %s\n+ %s",
		strings.Join(gone, "\n- "), strings.Join(added, "\n+ "))
}

// differ returns the lines of a that are not in b.
func differ(a, b []string) (only []string) {
	have := make(map[string]bool, len(b))
	for _, line := range b {
		have[line] = true
	}
	for _, line := range a {
		if !have[line] {
			only = append(only, line)
		}
	}
	return only
}

// TestWhatIsListed: every kind of promise has a line, and nothing else.
func TestWhatIsListed(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("x.go", `// Package x is listed.
package x

const Most, least = 7, 1

type Level uint8

const (
	Off Level = iota // open
	On
	hidden
)

var ErrX = errors.New("x: no promise")

// S is a struct.
type S struct {
	A, B int `+"`json:\"a\"`"+` // two of them
	c    int
	io.Writer
}

func (s *S) Get(ctx context.Context, names ...string) (n int, err error) { return 0, nil }
func (s *S) get()                                                        {}
func (t *hiddenType) Get()                                               {}

type hiddenType struct{}

type I interface {
	Do(func(int) error) (S, error)
	closed()
}

type F = func(
	a int,
) error

func Map[K comparable, V any](m map[K]V) []V { return nil }
`)
	write("x_test.go", "package x\n\nfunc Helper() {}\n")
	write("x_windows.go", "package x\n\nfunc Elsewhere() {}\n")
	lines, err := api.List(dir, "./ginmaint/x")
	require.NoError(t, err)
	assert.Equal(t, []string{
		"pkg ginmaint/x, const Most = 7",
		"pkg ginmaint/x, const Off Level = iota",
		"pkg ginmaint/x, const On Level",
		"pkg ginmaint/x, func Map[K comparable, V any](m map[K]V) []V",
		"pkg ginmaint/x, method (*S) Get(ctx context.Context, names ...string) (n int, err error)",
		"pkg ginmaint/x, type F = func(a int) error",
		"pkg ginmaint/x, type I interface",
		"pkg ginmaint/x, type I interface, Do(func(int) error) (S, error)",
		"pkg ginmaint/x, type I interface, unexported methods",
		"pkg ginmaint/x, type Level uint8",
		"pkg ginmaint/x, type S struct",
		"pkg ginmaint/x, type S struct, A int `json:\"a\"`",
		"pkg ginmaint/x, type S struct, B int `json:\"a\"`",
		"pkg ginmaint/x, type S struct, embeds io.Writer",
		"pkg ginmaint/x, var ErrX",
	}, lines)
}
