package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (w *terminal) passes() (passes []maintenance.Pass) {
	w.t.Helper()
	require.NoError(w.t, json.Unmarshal([]byte(w.ok("pass", "list", "--json")), &passes))
	return passes
}

func TestPass(t *testing.T) {
	rosters(t, func(t *testing.T, store string) {
		w := at(t, store)
		assert.Equal(t, "There is no pass.\n", w.ok("pass", "list"))
		w.ok("on")
		got := w.call("pass", "create", "customer", "--for", "4h", "--path", "/shop", "--url", "https://shop.example/", "--by", "ops")
		require.Zero(t, got.code, got.stderr)
		link := strings.TrimSpace(got.stdout)
		token, ok := strings.CutPrefix(link, "https://shop.example/shop?maintenance-pass=")
		require.True(t, ok, link)
		assert.Contains(t, got.stderr, "customer opens /shop and what is under it until ")

		passes := w.passes()
		require.Len(t, passes, 1)
		sum := sha256.Sum256([]byte(token))
		assert.Equal(t, hex.EncodeToString(sum[:]), passes[0].SHA256)
		assert.WithinDuration(t, time.Now().Add(4*time.Hour), passes[0].Until, time.Minute)
		list := w.ok("pass", "list")
		assert.Regexp(t, `(?m)^customer  .* /shop and what is under it  ops$`, list)
		for _, text := range []string{list, w.ok("pass", "list", "--json"), w.ok("status", "--json"), w.ok("status")} {
			assert.NotContains(t, text, token)
		}

		assert.Equal(t, "?maintenance-pass=", w.ok("pass", "create", "auditor", "--for", "1h", "--stays")[:18])
		assert.Equal(t, "Revoked: customer\n", w.ok("pass", "revoke", "customer", "--by", "ann"))
		assert.Regexp(t, `(?m)^customer  revoked by ann +/shop and what is under it  ops$`, w.ok("pass", "list"))
		assert.Contains(t, w.wrong(1, "pass", "revoke", "customer"), "there is no such pass")
		w.ok("pass", "create", "guest", "--for", "1h")
		assert.Contains(t, w.call("off").stderr, "With it 1 pass goes: guest.")
		passes = w.passes()
		require.Len(t, passes, 1)
		assert.Equal(t, "auditor", passes[0].Name)
	})
}

func TestPassMistakes(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	assert.Contains(t, w.wrong(2, "pass", "create", "a", "--for", "1h"), "none is on or announced")
	w.ok("on")
	w.ok("pass", "create", "taken", "--for", "1h")
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{2, "who is it for", []string{}},
		{2, "who is it for", []string{"a", "b", "--for", "1h"}},
		{2, "--for: say how long", []string{"a"}},
		{2, "--for: -1s is no length", []string{"a", "--for", "-1s"}},
		{2, "--url: write", []string{"a", "--for", "1h", "--url", "shop.example"}},
		{2, "--url: write", []string{"a", "--for", "1h", "--url", "https://user:pw@shop.example"}},
		{2, "path: ", []string{"a", "--for", "1h", "--path", "/a/../b"}},
		{2, "already", []string{"taken", "--for", "1h"}},
	} {
		assert.Contains(t, w.wrong(c.code, append([]string{"pass", "create"}, c.args...)...), c.says)
	}
	assert.Contains(t, w.wrong(1, "pass", "revoke", "nobody"), "there is no such pass")
	assert.Contains(t, w.wrong(2, "pass", "revoke"), "name each pass")
	assert.Len(t, w.passes(), 1)
}

// wrong calls the command, which has to fail so, and returns what it says.
func (w *terminal) wrong(code int, args ...string) string {
	w.t.Helper()
	got := w.call(args...)
	assert.Equal(w.t, code, got.code, "%v: %s%s", args, got.stdout, got.stderr)
	return got.stderr
}
