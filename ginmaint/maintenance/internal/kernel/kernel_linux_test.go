package kernel

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain is also the child that says who it is and waits for its end.
func TestMain(m *testing.M) {
	if os.Getenv("KERNEL_CHILD") != "" {
		_, _ = os.Stdout.WriteString(Self() + "\n")
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestEnded(t *testing.T) {
	own := Self()
	require.Len(t, strings.Fields(own), 5, own)
	assert.Contains(t, strings.Fields(own), strconv.Itoa(os.Getpid()))
	assert.False(t, Ended(own, own))

	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "KERNEL_CHILD=yes")
	_, err := child.StdinPipe()
	require.NoError(t, err)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line := make([]byte, 512)
	n, err := out.Read(line)
	require.NoError(t, err)
	name := strings.TrimSpace(string(line[:n]))
	assert.False(t, Ended(own, name), name)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	assert.True(t, Ended(own, name), name)
}

func TestEndedNeedsTheSameMachine(t *testing.T) {
	own := Self()
	for what, edit := range map[string]struct {
		field int
		text  string
		ended bool
	}{
		"another boot":                 {0, "7d3f", false},
		"other process IDs":            {1, "pid:[1]", false},
		"another time":                 {2, "time:[1]", false},
		"started at another time":      {4, "1", true},
		"a process ID that nobody has": {3, "4194305", true}, // above the most that Linux gives
		"all processes":                {3, "-1", false},
		"its own group":                {3, "0", false},
		"no number":                    {3, "one", false},
	} {
		t.Run(what, func(t *testing.T) {
			parts := strings.Split(own, " ")
			parts[edit.field] = edit.text
			assert.Equal(t, edit.ended, Ended(own, strings.Join(parts, " ")))
		})
	}
	for _, damaged := range []string{"", own + " 1", strings.TrimSuffix(own, " "+strings.Fields(own)[4])} {
		assert.False(t, Ended(own, damaged), damaged)
		assert.False(t, Ended(damaged, own), damaged)
	}
	assert.False(t, Ended("", ""))
}
