package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// edit writes the state file as an editor does.
func edit(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// fileURL returns what GINMAINT_STORE says for a file.
func fileURL(path string) string {
	return "file:///" + strings.TrimPrefix(filepath.ToSlash(path), "/")
}

// listed returns the entries of the roster beside the file.
func listed(t *testing.T, path string) []string {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(path+".replicas", "*.json"))
	require.NoError(t, err)
	return entries
}

func TestEditingTheFileSwitches(t *testing.T) {
	t.Parallel()
	path := stateFile(t)
	shop := start(t, map[string]string{"GINMAINT_FILE": path})
	guest, superuser := newVisitor(t, shop.url), newcomer(t, shop.url, "superuser")
	require.NoFileExists(t, path, "nobody has switched yet")

	edit(t, path, `{"level":"on","message":"By hand."}`)
	guest.meets(http.StatusServiceUnavailable)
	assert.Contains(t, guest.get("/").body, "By hand.")
	edit(t, path, `{"level":"off"}`)
	guest.meets(http.StatusOK)

	superuser.switchTo(maintenance.On)
	assert.Equal(t, http.StatusServiceUnavailable, guest.get("/").status)
	require.NoError(t, os.Remove(path))
	guest.meets(http.StatusOK)

	edit(t, path, `{"level":"read-only"}`)
	superuserSees := func() string { return superuser.getAs("/maintenance-mode/", "application/json").body }
	require.Eventually(t, func() bool { return guest.post("/api/orders").status == http.StatusServiceUnavailable }, patience, tick)
	assert.Contains(t, superuserSees(), `"level":"read-only"`)
	superuser.switchTo(maintenance.Off)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"changed_by": "superuser"`)
}

func TestStateOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	env := map[string]string{"GINMAINT_FILE": stateFile(t), "SESSION_SECRET": "the same in every run"}
	shop := start(t, env)
	superuser := newcomer(t, shop.url, "superuser")
	superuser.switchTo(maintenance.On, "message", "Back at ten.")
	require.Eventually(t, func() bool { return len(listed(t, env["GINMAINT_FILE"])) == 1 }, patience, tick, "the replica is listed")
	require.NoError(t, shop.stop())
	assert.Empty(t, listed(t, env["GINMAINT_FILE"]), "the replica said goodbye")

	shop = start(t, env)
	got := newVisitor(t, shop.url).get("/")
	assert.Equal(t, http.StatusServiceUnavailable, got.status)
	assert.Contains(t, got.body, "Back at ten.")
	superuser = superuser.at(shop.url)
	superuser.sees("Maintenance is on")
	superuser.switchTo(maintenance.Off)
	require.NoError(t, shop.stop())

	shop = start(t, env)
	newVisitor(t, shop.url).sees("Teapot")
}

func TestStoreByURLIsTheSameFile(t *testing.T) {
	t.Parallel()
	path := stateFile(t)
	edit(t, path, `{"level":"on"}`)
	shop := start(t, map[string]string{"GINMAINT_STORE": fileURL(path), "GINMAINT_FILE": stateFile(t)})
	assert.Equal(t, http.StatusServiceUnavailable, newVisitor(t, shop.url).get("/").status)
}
