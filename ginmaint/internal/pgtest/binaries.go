package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Where distributions keep the server's programs, one folder for each release.
var folders = []string{
	"/usr/lib/postgresql/*/bin",          // Debian
	"/usr/pgsql-*/bin",                   // Red Hat
	"/usr/libexec/postgresql*",           // Alpine
	"/usr/local/pgsql/bin",               // built from source
	"/opt/homebrew/opt/postgresql@*/bin", // macOS
	"/usr/local/opt/postgresql@*/bin",
	`C:\Program Files\PostgreSQL\*\bin`,
}

// programs returns the folder that holds the server's programs, of the newest
// release where there are several.
var programs = sync.OnceValues(func() (string, error) {
	var found []string
	for _, pattern := range folders {
		matches, _ := filepath.Glob(pattern) // the patterns are well-formed
		found = append(found, matches...)
	}
	slices.SortStableFunc(found, func(a, b string) int { return release(b) - release(a) })
	if dir := bindir(); dir != "" {
		found = append(found, dir)
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
	return "", errors.New("pgtest: there is no PostgreSQL server on this machine; " +
		"install one (on Debian the package postgresql), so that postgres and initdb are in PATH")
})

// bindir asks pg_config, which may come with the client alone.
func bindir() string {
	out, err := exec.Command("pg_config", "--bindir").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// serves tells whether dir holds initdb and a server, rather than something
// else of that name.
func serves(dir string) bool {
	for _, name := range []string{"initdb", "pg_ctl"} {
		if _, err := exec.LookPath(program(dir, name)); err != nil {
			return false
		}
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
	n, err := strconv.Atoi(digits[0])
	if err != nil {
		return 0
	}
	return n
}

// run runs one of the server's programs to its end, as the server's user.
func (s *Server) run(name string, args ...string) error {
	cmd := exec.Command(program(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = s.environment()
	s.user.apply(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pgtest: %s failed: %w\n%s", name, err, tail(out.String()))
	}
	return nil
}

// environment is that of the tests, without what would steer the server's
// programs elsewhere.
func (s *Server) environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "PG") || strings.HasPrefix(entry, "LC_") || strings.HasPrefix(entry, "LANG")
	})
	return append(env, "LC_ALL=C", "HOME="+s.dir, "PGPASSWORD="+s.password)
}

// tail returns the last lines of a log.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
