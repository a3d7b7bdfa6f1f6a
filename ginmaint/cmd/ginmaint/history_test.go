package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The history says who did what, from where and why, on each store.
func TestHistory(t *testing.T) {
	rosters(t, func(t *testing.T, store string) { tellsHistory(t, at(t, store)) })
	t.Run("file", func(t *testing.T) {
		w := at(t, "")
		tellsHistory(t, w)

		file := filepath.Join(w.dir, "maintenance_mode.json")
		require.NoError(t, os.WriteFile(file, []byte(`{"level":"on","changed_by":"ann"}`), 0o644))
		assert.Contains(t, strings.Split(w.ok("history"), "\n")[0], "off → on, by nobody knows whom (file)")
		w.ok("off", "--by", "eve")
		lines := strings.Split(w.ok("history"), "\n")
		assert.Contains(t, lines[0], "on → off, by eve (command)")
		assert.Contains(t, lines[1], "off → on, by nobody knows whom (file)")
	})
}

func tellsHistory(t *testing.T, w *terminal) {
	t.Helper()
	assert.Equal(t, "Nothing was ever saved.\n", w.ok("history"))
	w.ok("on", "--by", "ann", "--reason", "index")
	w.ok("pass", "create", "customer", "--for", "1h", "--by", "bob", "--stays")
	w.ok("pass", "revoke", "customer", "--by", "carl")
	w.ok("off", "--by", "bob")
	lines := strings.Split(strings.TrimSpace(w.ok("history")), "\n")
	require.Len(t, lines, 4)
	assert.Contains(t, lines[0], "on → off, by bob (command), revision 4")
	assert.Contains(t, lines[1], "pass customer revoked by carl (command), revision 3")
	assert.Contains(t, lines[2], "pass customer made by bob (command), revision 2")
	assert.Regexp(t, `off → on, by ann \(command\), revision 1: index$`, lines[3])
	assert.Len(t, strings.Split(strings.TrimSpace(w.ok("history", "--last", "2")), "\n"), 2)

	var records []maintenance.Record
	require.NoError(t, json.Unmarshal([]byte(w.ok("history", "--json")), &records))
	require.Len(t, records, 4)
	assert.Equal(t, records[0].Before, records[1].After)
	assert.Zero(t, records[3].Before)
	assert.Contains(t, w.wrong(2, "history", "--last", "0"), "--last: write a number from 1 to 100")
}
