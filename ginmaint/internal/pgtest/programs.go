package pgtest

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// folders are where distributions keep the server's programs, one for each release.
var folders = []string{
	"/usr/lib/postgresql/*/bin",          // Debian
	"/usr/pgsql-*/bin",                   // Red Hat
	"/usr/libexec/postgresql*",           // Alpine
	"/usr/local/pgsql/bin",               // built from source
	"/opt/homebrew/opt/postgresql@*/bin", // macOS
	"/usr/local/opt/postgresql@*/bin",
	`C:\Program Files\PostgreSQL\*\bin`,
}

// programs returns the folder that holds the server's programs.
var programs = sync.OnceValues(func() (string, error) { return search(folders) })

// search looks in the folders, the newest release first, then where pg_config points
// to, and then in PATH.
func search(folders []string) (string, error) {
	var found []string
	for _, pattern := range folders {
		matches, _ := filepath.Glob(pattern) // the patterns are well-formed
		found = append(found, matches...)
	}
	slices.SortStableFunc(found, func(a, b string) int { return release(b) - release(a) })
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		found = append(found, strings.TrimSpace(string(out))) // it may come with the client alone
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, filepath.Dir(path))
		// initdb lies beside the program, not beside a link to it.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, filepath.Dir(path))
		}
	}
	for _, dir := range found {
		if serves(dir) {
			return dir, nil
		}
	}
	return "", proc.Missing("postgres")
}

// serves tells whether dir holds initdb and a server, rather than something
// else of that name.
func serves(dir string) bool {
	if _, err := exec.LookPath(program(dir, "initdb")); err != nil {
		return false
	}
	out, err := exec.Command(program(dir, "postgres"), "--version").Output()
	return err == nil && bytes.HasPrefix(out, []byte("postgres (PostgreSQL)"))
}

func program(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

// release reads the major version out of a folder's name, 0 where there is none.
func release(dir string) int {
	digits := strings.FieldsFunc(dir, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(digits[0]) // 0 where it is too large
	return n
}
