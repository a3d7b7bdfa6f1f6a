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
		sum := sha256.Sum256([]byte(raw(render(t, p.page, p.data).one(t, "style"))))
		want := map[string]int{"503.html": 0, "panel.html": 1}[p.page.Name()]
		assert.Equal(t, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", hashes[want], p.name)
	}
	assert.Len(t, hashes, 2)
	hashes[0] = "changed"
	assert.NotEqual(t, hashes, templates.StyleHashes(), "the caller's own")
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
