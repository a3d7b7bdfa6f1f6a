// Package proc starts the processes of tests: servers, replicas, commands.
//
//	path, err := proc.Find("redis-server") // or it says what to install
//	child, err := proc.Start(exec.Command(path, "--port", port))
//	defer child.Kill()
//	err = child.Ready(answers)
//
// A child has one end, and one place where its output is kept: [Child.Printed],
// which is part of every error. No wait is longer than [Patience]. On Linux the
// kernel kills the children of tests that were killed themselves; elsewhere they
// stay then.
//
// Tests have to pass wherever they run. Importing this package takes out of the
// process what its parent may have left there and what would change how it or its
// children behave: variables that steer clients, servers and the command, a language,
// a time zone, a folder for temporary files that not all can use, and ignored signals,
// which nohup and scripts leave.
package proc
