package templates_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// TestStyleHashes: they are those of what a browser is sent, whatever the data.
func TestStyleHashes(t *testing.T) {
	hashes := templates.StyleHashes()
	for _, p := range everyPage() {
		d := render(t, p.page, p.data)
		if p.page.Name() == "panel.html" {
			assert.Empty(t, d.all("style"), "it links to its style")
			continue
		}
		sum := sha256.Sum256([]byte(raw(d.one(t, "style"))))
		assert.Equal(t, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", hashes[0], p.name)
	}
	assert.Len(t, hashes, 2)
	hashes[0] = "changed"
	assert.NotEqual(t, hashes, templates.StyleHashes(), "the caller's own")
}

// TestScriptHashes: they are those of what a browser is sent, whatever the data.
func TestScriptHashes(t *testing.T) {
	hashes := templates.ScriptHashes()
	for _, p := range everyPage() {
		if p.page.Name() == "503.html" {
			sum := sha256.Sum256([]byte(raw(render(t, p.page, p.data).one(t, "script"))))
			assert.Equal(t, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", hashes[0], p.name)
		}
	}
	assert.Contains(t, templates.Policy(), "script-src "+hashes[0]+";")
	assert.Contains(t, templates.Policy(), "style-src "+templates.StyleHashes()[0]+";")
}

// TestPagesWithoutTheirStyle: an image without a width of its own fills the window.
func TestPagesWithoutTheirStyle(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		for _, n := range d.all("svg") {
			assert.Equal(t, "48 48", value(n, "width")+" "+value(n, "height"))
		}
	})
}

func ExampleStyleHashes() {
	policy := "default-src 'self'; style-src 'self' " + strings.Join(templates.StyleHashes(), " ")
	fmt.Println(strings.Count(policy, "'sha256-"), "styles are allowed")
	// Output:
	// 2 styles are allowed
}
