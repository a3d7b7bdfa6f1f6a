package main

import (
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// redisURL starts a Redis server and returns its URL.
func redisURL(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	require.NoError(t, err, "install Redis 7.0 or later")
	dir := folder(t, nil)
	socket := filepath.Join(dir, "redis.sock")
	command := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	serve(t, nil, command, os.Kill, func(string) bool {
		connection, err := net.Dial("unix", socket)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	})
	return "redis+unix://" + socket
}

// postgresURL starts a PostgreSQL server and returns the URL of a database that
// is empty. The server refuses to run as root, so there it runs as the user
// that Debian's package makes.
func postgresURL(t *testing.T) string {
	t.Helper()
	var owner *user.User
	if os.Geteuid() == 0 {
		var err error
		owner, err = user.Lookup("postgres")
		require.NoError(t, err)
	}
	dir := folder(t, owner)
	data := filepath.Join(dir, "data")
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(postgresProgram(t, name), args...)
		c.Dir, c.Env = dir, []string{"LC_ALL=C", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
		return c
	}
	initialise := command("initdb", "-D", data, "--username", "postgres", "--auth", "trust", "--no-sync")
	bind(t, initialise, owner)
	printed, err := initialise.CombinedOutput()
	require.NoError(t, err, string(printed))
	server := command("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB")
	serve(t, owner, server, os.Interrupt, func(string) bool {
		return command("pg_isready", "-q", "-h", dir).Run() == nil
	})
	return "postgres:///postgres?user=postgres&host=" + dir
}

// postgresProgram finds one of the server's programs, which Debian keeps out of
// the PATH.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err == nil && len(found) > 0 {
		return slices.Max(found)
	}
	path, err := exec.LookPath(name)
	require.NoError(t, err, "install a PostgreSQL server")
	return path
}
