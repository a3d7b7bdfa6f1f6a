package main_test

import (
	"debug/buildinfo"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the usage texts in testdata anew")

func TestUsage(t *testing.T) {
	t.Parallel()
	w := at(t, "redis://user:s3cret@127.0.0.1:1/0")
	for _, command := range []string{"", "on", "off", "status", "run", "preflight", "pass", "pass create", "pass list", "pass revoke", "replicas", "replicas forget", "watch", "explain", "history", "store", "store check", "store migrate"} {
		t.Run(command, func(t *testing.T) {
			got := w.call(append(strings.Fields(command), "--help")...)
			assert.Zero(t, got.code)
			assert.Empty(t, got.stderr)
			assert.NotContains(t, got.stdout, "s3cret", "a default is no place for a password")
			for _, l := range strings.Split(got.stdout, "\n") {
				assert.LessOrEqual(t, len(l), 110, l)
			}
			golden := filepath.Join("testdata", strings.ReplaceAll(strings.TrimSpace("help "+command), " ", "-")+".txt")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got.stdout), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), got.stdout)
		})
	}
}

// The version is the binary's own: what the go command says of it.
func TestVersionOfTheBinary(t *testing.T) {
	t.Parallel()
	build, err := buildinfo.ReadFile(binary)
	require.NoError(t, err)
	got := at(t, "").ok("--version")
	assert.Regexp(t, `^ginmaint version .+, built with `+regexp.QuoteMeta(build.GoVersion)+"\n$", got)
	for _, s := range build.Settings {
		if s.Key == "vcs.revision" {
			assert.Contains(t, got, ", revision "+s.Value)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		assert.Contains(t, w.ok("completion", shell), "ginmaint")
	}
	assert.Contains(t, w.ok("__complete", "status", "--wait", ""), "drained\n")
	assert.Contains(t, w.ok("__complete", "on", "--al"), "--allow-lost")
}

// Wrong usage exits with 2, says what to write, and changes nothing.
func TestWrongUsage(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	for _, test := range []struct{ name, args, says string }{
		{"nothing", "", "name what to do: explain, history, off, on, pass, preflight, replicas, run, status, store, watch"},
		{"unknown command", "nonsense", `there is no command "nonsense" under "ginmaint"; see "ginmaint --help"`},
		{"mistyped command", "staus", "did you mean status?"},
		{"mistyped subcommand", "replicas frget X", "did you mean forget?"},
		{"group alone", "store", "name what to do: check, migrate"},
		{"unknown flag", "on --nonsense", `unknown flag: --nonsense; see "ginmaint on --help"`},
		{"mistyped flag", "on --drian", "unknown flag: --drian; did you mean --drain?"},
		{"mistyped flag with a value", "on --mesage=x", "did you mean --message?"},
		{"mistyped flag of all", "status --quite", "did you mean --quiet?"},
		{"one dash", "on -drain", "unknown shorthand flag"},
		{"argument", "on now", `"ginmaint on" takes no arguments, and "now" is one`},
		{"value missing", "on --message", "flag needs an argument: --message"},
		{"not a time", "on --start soon", `--start: "soon" is no time; write 15:04`},
		{"not a time to end", "on --end soon", "--end:"},
		{"end and length", "on --end 01:00 --for 2h", "--end and --for both say when it ends; keep one"},
		{"end before start", "on --start 2099-01-02T00:00:00Z --end 2099-01-01T00:00:00Z", "is not after --start"},
		{"end gone by", "on --end 2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z is over"},
		{"length of nothing", "on --for 0s", "is no length of time"},
		{"length backwards", "on --for -2h", "is no length of time"},
		{"year out of range", "on --start 9999-12-31T23:59:59Z --for 48h", "is outside 1970 to 9999"},
		{"time-out without a drain", "on --timeout 5s", "--timeout is about --drain"},
		{"allowance without a drain", "run --allow-lost 5s -- true", "--allow-lost is about --drain"},
		{"no time to drain", "on --drain --timeout 0s", "leaves no time to drain in"},
		{"negative allowance", "on --drain --allow-lost -1s", "is negative"},
		{"nobody", "on --by=", "--by: the name is empty"},
		{"not a revision", "off --if-revision x", "invalid argument"},
		{"wait for nonsense", "status --wait nonsense", `there is no "nonsense" to wait for; write on, off, drained`},
		{"time-out without a wait", "status --timeout 5s", "--timeout is about --wait"},
		{"no command to run", "run", "name the command to run"},
		{"no command behind the dashes", "run --drain --", "name the command to run"},
		{"no replica to forget", "replicas forget", "name each replica by its ID or its name"},
		{"replicas to forget in two ways", "replicas forget A --silent 1h", "one of the three"},
		{"silent for no time", "replicas forget --silent 0s", "--silent: 0s is no length of time"},
		{"names from elsewhere", "replicas forget --except web-1", "--except: write -, and the names to standard input"},
		{"yes to nothing", "replicas forget --yes A", "--yes is about --silent"},
		{"no time to connect", "status --connect-timeout 0s", "--connect-timeout: 0s is no time to answer in"},
		{"no store", "status --store=", "this is not the URL of a store"},
		{"path for a URL", "status --store ./on.json", "not a path by itself; write file:PATH"},
		{"unknown store", "status --store etcd://h", "there is no store for etcd: URLs"},
		{"URL that can't be read", "status --store redis://h:port", "a number for the port"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := w.call(strings.Fields(test.args)...)
			assert.Equal(t, 2, got.code, got.stderr)
			assert.Contains(t, got.stderr, test.says)
			assert.True(t, strings.HasPrefix(got.stderr, "ginmaint: "), got.stderr)
			assert.Empty(t, got.stdout)
		})
	}
	long := w.call("on", "--message", strings.Repeat("x", 3000))
	assert.Equal(t, 2, long.code)
	assert.Contains(t, long.stderr, "3000 bytes are too long")
	files, err := os.ReadDir(w.dir)
	require.NoError(t, err)
	for _, f := range files { // a look may leave the lock
		assert.NotEqual(t, "maintenance_mode.json", f.Name())
	}
}

// Flags behind the command are the command's.
func TestFlagsOfTheCommand(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	got := w.call("run", binary, "status", "--json")
	assert.Zero(t, got.code, got.stderr)
	assert.Equal(t, "on", viewed(t, got.stdout).Level)
}
