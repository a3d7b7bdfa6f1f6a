package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// patience bounds how long a server may take to answer. Shops on a new store take four
// seconds.
const patience = time.Minute

//go:embed nginx.conf
var nginxConfig string

// servers are the processes of the fleet, which end in the opposite order.
type servers struct {
	dir   string
	out   io.Writer
	plain bool // as if nothing were on this machine
	stops []func() error
}

func newServers(out io.Writer, plain bool) (*servers, error) {
	dir, err := os.MkdirTemp("", "fleet")
	if err != nil {
		return nil, err
	}
	return &servers{dir: dir, out: out, plain: plain, stops: []func() error{func() error { return os.RemoveAll(dir) }}}, nil
}

func (s *servers) stop() (err error) {
	for i := len(s.stops) - 1; i >= 0; i-- {
		err = errors.Join(err, s.stops[i]())
	}
	return err
}

// program finds one that this machine may have.
func (s *servers) program(name string) (string, bool) {
	if s.plain {
		return "", false
	}
	for _, candidate := range []string{name, "/usr/sbin/" + name} { // where Debian keeps nginx
		if path, err := exec.LookPath(candidate); err == nil {
			return path, true
		}
	}
	return "", false
}

// missing says how to install what is not there.
func (s *servers) missing(name, debian, brew string) {
	if !s.plain {
		fmt.Fprintf(s.out, "%s is missing. On Debian: apt-get install %s; on macOS: brew install %s\n", name, debian, brew)
	}
}

// store starts Redis, and returns its URL. Without one the state is in a file.
func (s *servers) store(ctx context.Context) (string, error) {
	path, ok := s.program("redis-server")
	if !ok {
		s.missing("Redis", "redis-server", "redis")
		fmt.Fprintln(s.out, "The state: a file")
		return "file:///" + strings.TrimPrefix(filepath.ToSlash(filepath.Join(s.dir, "maintenance_mode.json")), "/"), nil
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	err = s.start("Redis", exec.CommandContext(context.WithoutCancel(ctx), path, "--bind", host, "--port", port, "--save", "", "--dir", s.dir), func() bool {
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	})
	fmt.Fprintf(s.out, "The state: Redis at %s\n", address)
	return "redis://" + address + "/0", err
}

// shops starts the replicas, from this very binary, and returns their addresses.
func (s *servers) shops(ctx context.Context, store, password string) (addresses []string, _ error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var ready []func() error
	for i := range replicas {
		address, err := freeAddress(ctx)
		if err != nil {
			return nil, err
		}
		command := exec.CommandContext(context.WithoutCancel(ctx), self)
		command.Env = append(os.Environ(), shopEnv+"="+address, passwordEnv+"="+password, "GINMAINT_STORE="+store)
		wait, err := s.launch(fmt.Sprintf("shop %d", i+1), command, healthy(ctx, address))
		if err != nil {
			return nil, err
		}
		addresses, ready = append(addresses, address), append(ready, wait)
	}
	for _, wait := range ready { // they start at the same time
		if err := wait(); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(s.out, "The shops: %s\n", strings.Join(addresses, ", "))
	return addresses, nil
}

// balancer starts nginx in front of the shops, or what stands in for it, and returns its
// URL.
func (s *servers) balancer(ctx context.Context, shops []string) (string, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return "", err
	}
	path, ok := s.program("nginx")
	if !ok {
		s.missing("nginx", "nginx", "nginx")
		fmt.Fprintf(s.out, "The balancer: Go's, at http://%s\n", address)
		return "http://" + address, s.standIn(ctx, address, shops)
	}
	config := strings.Replace(nginxConfig, "listen 80;", "listen "+address+";", 1)
	for i, shop := range shops {
		config = strings.Replace(config, fmt.Sprintf("shop-%d:8080", i+1), shop, 1)
	}
	file := filepath.Join(s.dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return "", err
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), path, "-p", s.dir, "-e", "stderr", "-c", file, "-g", "daemon off; master_process off;")
	if err := s.start("nginx", command, healthy(ctx, address)); err != nil {
		return "", err
	}
	fmt.Fprintf(s.out, "The balancer: nginx at http://%s\n", address)
	return "http://" + address, nil
}

// standIn asks the shops in turn.
func (s *servers) standIn(ctx context.Context, address string, shops []string) error {
	var next atomic.Uint64
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			shop := shops[next.Add(1)%uint64(len(shops))]
			r.SetURL(&url.URL{Scheme: "http", Host: shop})
			r.Out.Host = r.In.Host // the panel's forms need it
			r.SetXForwarded()
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 1024},
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	s.stops = append(s.stops, func() error {
		defer proxy.Transport.(*http.Transport).CloseIdleConnections()
		return server.Close()
	})
	return nil
}

// start starts a process and waits until it answers.
func (s *servers) start(name string, command *exec.Cmd, answers func() bool) error {
	wait, err := s.launch(name, command, answers)
	if err != nil {
		return err
	}
	return wait()
}

// launch starts a process, which ends with the fleet, and returns how to wait until it
// answers.
func (s *servers) launch(name string, command *exec.Cmd, answers func() bool) (wait func() error, _ error) {
	var printed strings.Builder
	command.Stdout, command.Stderr = &printed, &printed
	apart(command)
	stdin, err := command.StdinPipe() // which a shop watches
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%s can't be started: %w", name, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait()
	}()
	s.stops = append(s.stops, func() error {
		if runtime.GOOS == "windows" {
			_ = stdin.Close() // there are no signals to ask with
		} else {
			_ = command.Process.Signal(syscall.SIGTERM)
		}
		select {
		case <-ended:
		case <-time.After(patience):
			_ = command.Process.Kill()
			<-ended
		}
		return nil
	})
	return func() error {
		deadline := time.Now().Add(patience)
		for !answers() {
			select {
			case <-ended:
				return fmt.Errorf("%s has ended: %s", name, strings.TrimSpace(printed.String()))
			case <-time.After(20 * time.Millisecond):
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s does not answer within %s", name, patience)
			}
		}
		return nil
	}, nil
}

// healthy tells whether a shop answers at this address.
func healthy(ctx context.Context, address string) func() bool {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	return func() bool {
		question, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", nil)
		if err != nil {
			return false
		}
		answer, err := client.Do(question)
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
}

// freeAddress returns an address of this host that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
