//go:build unix

package main_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// shells print what each shell offers for each line in LINES, whose last word may be
// begun, and a line of dashes behind it. SCRIPT is what the command prints for the shell.
var shells = map[string]struct {
	arguments []string
	script    string
}{
	"bash": {[]string{"--norc", "-c"}, `
		source /usr/share/bash-completion/bash_completion
		source "$SCRIPT"
		compopt() { :; } # there is no command line to set options of
		while IFS= read -r line; do
			COMP_LINE=$line COMP_POINT=${#line}
			read -ra COMP_WORDS <<<"$line"
			[[ $line == *' ' ]] && COMP_WORDS+=('')
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			__start_ginmaint
			printf '%s\n' "${COMPREPLY[@]}" ---
		done <<<"$LINES_TYPED"`},
	"zsh": {[]string{"-f", "-c"}, `
		compdef() { :; } # which binds a function to a key
		source "$SCRIPT"
		_describe() { print -l -- "${completions[@]}"; } # which shows them
		_arguments() { print files; }
		for line in "${(@f)LINES_TYPED}"; do
			words=(${=line}); [[ $line == *' ' ]] && words+=('')
			CURRENT=${#words}
			_ginmaint
			print -- ---
		done`},
	"fish": {[]string{"--no-config", "-c"}, `
		source $SCRIPT
		for line in (string split \n -- $LINES_TYPED)
			complete -C "$line"
			echo ---
		end`},
}

// offers types lines into a shell and returns what it offers for each, without
// descriptions.
func (w *terminal) offers(shell string, lines ...string) (offered [][]string) {
	w.t.Helper()
	program, err := proc.Find(shell)
	require.NoError(w.t, err)
	script := filepath.Join(w.t.TempDir(), "script")
	require.NoError(w.t, os.WriteFile(script, []byte(w.ok("completion", shell)), 0o600))
	cmd := exec.Command(program, append(shells[shell].arguments, shells[shell].script)...)
	cmd.Dir = w.dir
	cmd.Env = slices.Concat(w.env, []string{"SCRIPT=" + script, "LINES_TYPED=" + strings.Join(lines, "\n"),
		"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH")})
	got := finish(w.t, cmd)
	assert.Empty(w.t, got.stderr, shell)
	for _, part := range strings.Split(strings.TrimSuffix(got.stdout, "---\n"), "---\n") {
		var words []string
		for _, offer := range strings.Split(part, "\n") {
			offer, _, _ = strings.Cut(offer, "\t") // the description, in fish
			offer, _, _ = strings.Cut(offer, "  ")
			if shell == "zsh" {
				offer, _, _ = strings.Cut(offer, ":")
			}
			if offer = strings.TrimSpace(offer); offer != "" {
				words = append(words, offer)
			}
		}
		offered = append(offered, words)
	}
	return offered
}

// TestCompletionInShells: what each shell offers, by the script that the command prints.
func TestCompletionInShells(t *testing.T) {
	t.Parallel()
	store := kinds["file"](t)
	service(t, store, "web-1")
	w := at(t, store)
	replicas := w.listed()
	require.Len(t, replicas, 1)
	for shell := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			w := &terminal{t, w.dir, w.env}
			offered := w.offers(shell, "ginmaint pre", "ginmaint status --wait ", "ginmaint replicas forget ", "ginmaint on --message ")
			for i := range offered {
				slices.Sort(offered[i])
			}
			assert.Equal(t, [][]string{{"preflight"}, {"drained", "off", "on"}, replicas, nil}, offered)
		})
	}
}

// TestCompletionOverADeafStore: a store that says nothing costs a moment, and no word.
func TestCompletionOverADeafStore(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	for _, store := range []string{"redis://" + listener.Addr().String() + "/0", "nonsense", "redis://127.0.0.1:1/0"} {
		got := at(t, store).call("__complete", "--connect-timeout", "1h", "replicas", "forget", "")
		assert.Zero(t, got.code)
		assert.Equal(t, ":4\n", got.stdout, "no offers, and no files")
		assert.NotContains(t, got.stderr, "rror")
	}
}
