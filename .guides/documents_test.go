package guides

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// root is that of the repository.
const root = ".."

// files returns those of the repository with this extension.
func files(t *testing.T, extension string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, extension) {
			found = append(found, path)
		}
		return err
	}))
	require.NotEmpty(t, found)
	return found
}

// read returns a document, with the ends of lines that it has in the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

var (
	fence   = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	mark    = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// blocks returns the fenced blocks of a document in this language.
func blocks(text, language string) (found []string) {
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		if block[1] == language {
			found = append(found, block[2])
		}
	}
	return found
}

// anchors are the names by which a link reaches the headings of a document.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		names[strings.ReplaceAll(mark.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")] = true
	}
	return names
}

// TestLinks: a link within the repository leads to something.
func TestLinks(t *testing.T) {
	count := 0
	for _, document := range files(t, ".md") {
		text := code.ReplaceAllString(fence.ReplaceAllString(read(t, document), ""), "")
		for _, l := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			count++
			path, anchor, _ := strings.Cut(l[1], "#")
			target := filepath.Join(filepath.Dir(document), filepath.FromSlash(path))
			if path == "" {
				target = document
			}
			if _, err := os.Stat(target); !assert.NoError(t, err, "%s links to %s", document, l[1]) {
				continue
			}
			if anchor != "" {
				assert.True(t, anchors(read(t, target))[anchor], "%s links to %s, and there is no such heading", document, l[1])
			}
		}
	}
	assert.Greater(t, count, 20, "links were found")
}

// TestLines: lines of prose end by 100 columns.
func TestLines(t *testing.T) {
	for _, document := range files(t, ".md") {
		if strings.HasSuffix(document, "NEIGHBOURS.md") {
			continue // a file of tables and long lines from before
		}
		for n, line := range strings.Split(fence.ReplaceAllStringFunc(read(t, document), blank), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "|") {
				assert.LessOrEqual(t, len([]rune(line)), 100, "%s:%d", document, n+1)
			}
		}
	}
}

// blank leaves the number of lines as it is.
func blank(text string) string { return strings.Repeat("\n", strings.Count(text, "\n")) }

// TestTargets: the make targets that the documents name are there.
func TestTargets(t *testing.T) {
	named := map[string]bool{}
	for _, document := range files(t, ".md") {
		for _, m := range regexp.MustCompile("(?m)(?:^|`)make ([a-z -]+?)(?:`| {2,}|\n|$)").FindAllStringSubmatch(read(t, document), -1) {
			for _, target := range strings.Fields(m[1]) {
				named[target] = true
			}
		}
	}
	require.Contains(t, named, "lint")
	for target := range named {
		out, err := exec.Command("make", "-n", "-C", root, target).CombinedOutput()
		assert.NoError(t, err, "make %s: %s", target, out)
	}
}

// TestForms: the files for GitHub can be read, and the workflow runs the checks with the
// lowest Go of go.mod.
func TestForms(t *testing.T) {
	for _, path := range append(files(t, ".yml"), files(t, ".yaml")...) {
		var content any
		assert.NoError(t, yaml.UnmarshalStrict([]byte(read(t, path)), &content), path)
	}
	var workflow struct {
		Jobs struct {
			Run struct {
				Strategy struct{ Matrix struct{ Go []string } }
				Steps    []struct{ Run string }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join(root, ".github/workflows/checks.yml"))), &workflow))
	lowest := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, filepath.Join(root, "go.mod")))
	require.NotNil(t, lowest)
	assert.Equal(t, []string{lowest[1], "stable"}, workflow.Jobs.Run.Strategy.Matrix.Go)
	steps := workflow.Jobs.Run.Steps
	require.NotEmpty(t, steps)
	assert.Equal(t, ".ci/run", steps[len(steps)-1].Run)
	assert.FileExists(t, filepath.Join(root, steps[len(steps)-1].Run))
}
