package ginmaint

import (
	"encoding/json"
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
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
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

// TestTheAnswerOfTheREADME: what it shows has the members that a program gets.
func TestTheAnswerOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	shown := regexp.MustCompile("(?s)```json\r?\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, shown)
	var said, got map[string]any
	require.NoError(t, json.Unmarshal(shown[1], &said))
	state := maintenance.State{Level: maintenance.On, Message: said["detail"].(string), End: time.Now().Add(time.Hour)}
	answer := ask(serving(t, Config{Mode: inState(t, state)}), http.MethodGet, "/", header("Accept", "application/json"))
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &got))
	for _, each := range []map[string]any{said, got} {
		each["end"], each["retry_after"] = each["end"] != nil, each["retry_after"].(float64) > 1000
	}
	assert.Equal(t, got, said)
}

// TestTheOptionsOfTheSwitch: the guide has each option of maintenance.Open.
func TestTheOptionsOfTheSwitch(t *testing.T) {
	text, err := os.ReadFile("guides/settings.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(text), "## Settings of the switch")
	var said []string
	for _, cells := range regexp.MustCompile("(?m)^\\| `(\\w+)\\(").FindAllStringSubmatch(table, -1) {
		said = append(said, cells[1])
	}
	sources, err := filepath.Glob("maintenance/*.go")
	require.NoError(t, err)
	var have []string
	for _, source := range sources {
		text, err := os.ReadFile(source)
		require.NoError(t, err)
		for _, f := range regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(.*\) Option \{`).FindAllSubmatch(text, -1) {
			have = append(have, string(f[1]))
		}
	}
	require.Contains(t, have, "Poll")
	assert.ElementsMatch(t, have, said)
}

// TestTheSettingsOfTheREADME: the table, in the guide and where the README has one, has
// each field of Config, with its type.
func TestTheSettingsOfTheREADME(t *testing.T) {
	var have []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		have = append(have, field.Name+" "+field.Type.String())
	}
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `([^`]+)` \\|")
	for _, document := range []string{"guides/settings.md", "../README.md"} {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		_, table, found := strings.Cut(string(text), "| field | type | default |")
		if !found && document == "../README.md" {
			continue
		}
		require.True(t, found)
		table, _, _ = strings.Cut(strings.ReplaceAll(table, "\r\n", "\n"), "\n\n")
		var said []string
		for _, cells := range row.FindAllStringSubmatch(table, -1) {
			said = append(said, cells[1]+" "+strings.ReplaceAll(cells[2], "(field, token string)", "(string, string)"))
		}
		assert.ElementsMatch(t, have, said, document)
	}
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
