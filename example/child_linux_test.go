package main

import (
	"os/exec"
	"os/user"
	"strconv"
	"syscall"

	"github.com/stretchr/testify/require"
)

// bind has the kernel end a program together with the tests, however those end,
// and runs it as owner, nil for the tests' own account.
func bind(t require.TestingT, command *exec.Cmd, owner *user.User) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if owner == nil {
		return
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	require.NoError(t, err)
	command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
