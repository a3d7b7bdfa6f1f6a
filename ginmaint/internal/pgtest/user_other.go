//go:build !unix

package pgtest

import "os/exec"

// account is the user that the server runs as: here always the one of the
// tests, whose rights the server's own programs give up where they must.
type account struct{}

func unprivileged() (*account, error) { return nil, nil }

func (*account) apply(*exec.Cmd) {}

func (*account) own(string) error { return nil }
