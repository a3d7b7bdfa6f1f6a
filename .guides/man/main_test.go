package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPages: each command has a page that man can show, with what its help says.
func TestPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "man1")
	require.NoError(t, write(dir))
	for page, says := range map[string][]string{
		"ginmaint":                 {"NAME", "SYNOPSIS", "OPTIONS", "GINMAINT_STORE_FILE  a file that holds that URL", "4  the drain is incomplete", "ginmaint status", "ginmaint-run(1)"},
		"ginmaint-on":              {"--timeout", "ginmaint on --read-only --hold 15s", "ginmaint(1)"},
		"ginmaint-run":             {"126 or 127", "ginmaint run --drain -- ./migrate up"},
		"ginmaint-replicas-forget": {"--except", "ginmaint replicas forget 4DJX"},
		"ginmaint-store-check":     {"ginmaint store check"},
	} {
		file := filepath.Join(dir, page+".1")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "{}")
		shown, err := exec.CommandContext(t.Context(), "groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=120n", file).Output()
		require.NoError(t, err, "groff comes with the package groff-base: run make install")
		for _, words := range says {
			assert.Contains(t, string(shown), words, page)
		}
	}
}
