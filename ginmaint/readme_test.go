package ginmaint

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// TestTheProgramOfTheREADME runs its first program as it stands, on another port, and
// switches it as it says.
func TestTheProgramOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(readme), "\r\n", "\n")
	program := regexp.MustCompile("(?s)```go\n(package main\n.*?)```").FindStringSubmatch(text)
	require.NotEmpty(t, program)
	orders := regexp.MustCompile(`(?m)^echo '(.*)' > maintenance_mode\.json`).FindAllStringSubmatch(text, -1)
	require.Len(t, orders, 2)

	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "hello")
	var address string
	require.NoError(t, proc.OnFreePort(func(port string) error {
		address = "127.0.0.1:" + port
		listening := strings.Replace(program[1], `":8080"`, `"`+address+`"`, 1)
		require.NoError(t, os.WriteFile(source, []byte(listening), 0o600))
		require.NoError(t, proc.Run(exec.Command("go", "build", "-o", binary, source)))
		command := exec.Command(binary)
		command.Dir = dir
		child, err := proc.Start(command)
		if err != nil {
			return err
		}
		if err := child.Ready(func() bool { return status(address) == http.StatusOK }); err != nil {
			return err
		}
		t.Cleanup(child.Kill)
		return nil
	}))
	for i, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "maintenance_mode.json"), []byte(orders[i][1]+"\n"), 0o600))
		assert.Eventually(t, func() bool { return status(address) == want }, patience, 10*time.Millisecond)
	}
}

// TestTheSettingsOfTheREADME: its table has each field of Config, with its type.
func TestTheSettingsOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(readme), "| field | type | default |")
	require.True(t, found)
	table, _, _ = strings.Cut(strings.ReplaceAll(table, "\r\n", "\n"), "\n\n")
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `([^`]+)` \\|")
	var said []string
	for _, cells := range row.FindAllStringSubmatch(table, -1) {
		said = append(said, cells[1]+" "+strings.ReplaceAll(cells[2], "(field, token string)", "(string, string)"))
	}
	var have []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		have = append(have, field.Name+" "+field.Type.String())
	}
	assert.ElementsMatch(t, have, said)
}

// status is that of the answer, and 0 where there is none.
func status(address string) int {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	answer, err := client.Get("http://" + address + "/")
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}
