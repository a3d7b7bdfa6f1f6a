// Command serve runs a server for tests outside of ginmaint, which can't import the
// packages that start them: those of package example.
//
//	go run ./ginmaint/internal/serve redis
//	go run ./ginmaint/internal/serve postgres
//	go run ./ginmaint/internal/serve chromedriver
//
// The first line that it prints is the server's URL. The server ends when the standard
// input does, which happens however the tests end.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
)

// servers start a server, which has dir to itself, and return its URL and how to stop it.
var servers = map[string]func(dir string) (url string, stop func() error, err error){
	"redis": redis, "postgres": postgres, "chromedriver": chromedriver,
}

func main() {
	if len(os.Args) != 2 || servers[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: serve redis|postgres|chromedriver")
		os.Exit(2)
	}
	if err := serve(servers[os.Args[1]]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(start func(dir string) (string, func() error, error)) (err error) {
	dir, err := os.MkdirTemp("", "serve")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	address, stop, err := start(dir)
	if err != nil {
		return err
	}
	fmt.Println(address)
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, stop())
}

// redis and postgres are reached by a socket, as the servers of the same host are.
func redis(dir string) (string, func() error, error) {
	socket := filepath.Join(dir, "redis.sock")
	server, err := redistest.Launch(dir, "unixsocket "+socket)
	if err != nil {
		return "", nil, err
	}
	return "redis+unix://" + socket, server.Kill, nil
}

func postgres(string) (string, func() error, error) {
	server, err := pgtest.Start()
	if err != nil {
		return "", nil, err
	}
	address, err := url.Parse(server.URL("postgres"))
	if err != nil {
		return "", nil, errors.Join(err, server.Close())
	}
	query := address.Query()
	query.Set("host", server.Socket())
	query.Set("port", address.Port())
	address.Host, address.RawQuery = "", query.Encode()
	return address.String(), server.Close, nil
}

func chromedriver(dir string) (string, func() error, error) {
	path, err := proc.Find("chromedriver")
	if err != nil {
		return "", nil, err
	}
	started := regexp.MustCompile(`started successfully on port (\d+)`)
	var child *proc.Child
	var port []string
	err = proc.Again(func() (err error) { // it ends where the port that it is given is taken over IPv6
		command := exec.Command(path, "--port=0")
		command.Dir = dir
		if child, err = proc.Start(command); err != nil {
			return err
		}
		return child.Ready(func() bool {
			port = started.FindStringSubmatch(child.Printed())
			return port != nil
		})
	})
	if err != nil {
		return "", nil, err
	}
	return "http://127.0.0.1:" + port[1], func() error { return child.Stop(syscall.SIGTERM) }, nil
}
