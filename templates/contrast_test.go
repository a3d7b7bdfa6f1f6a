package templates_test

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// The least contrast that WCAG 2 asks for at level AA: of ordinary text, and
// of the edges by which a control is recognised.
const (
	ofText = 4.5
	ofEdge = 3.0
)

const darkRule = "@media (prefers-color-scheme: dark)"

// palettes returns the custom properties of a page's style, by name, for a
// light and a dark screen.
func palettes(t *testing.T, file string) map[string]map[string]string {
	t.Helper()
	source, err := fs.ReadFile(templates.FS, file)
	require.NoError(t, err)
	light, dark, ok := strings.Cut(string(source), darkRule)
	require.True(t, ok, "no dark palette")
	read := func(style string) map[string]string {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`(--[a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(style, -1) {
			colours[m[1]] = m[2]
		}
		return colours
	}
	return map[string]map[string]string{"light": read(light), "dark": read(dark)}
}

// luminance is the relative luminance of a colour as WCAG 2 defines it.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(hex, 16, 24)
	require.NoError(t, err)
	linear := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestContrast(t *testing.T) {
	assert.InDelta(t, 21, contrast(t, "000000", "ffffff"), 0.01)
	for _, test := range []struct {
		file, front, back string
		least             float64
	}{
		{"503.html", "--ink", "--paper", ofText},
		{"503.html", "--quiet", "--paper", ofText},
		{"503.html", "--accent", "--paper", ofEdge},
		{"panel.css", "--ink", "--paper", ofText},
		{"panel.css", "--quiet", "--paper", ofText},
		{"panel.css", "--accent", "--paper", ofText},
		{"panel.css", "--warn", "--paper", ofEdge},
		{"panel.css", "--alert", "--paper", ofEdge},
		{"panel.css", "--ink", "--card", ofText},
		{"panel.css", "--quiet", "--card", ofText},
		{"panel.css", "--accent", "--card", ofText},
		{"panel.css", "--edge", "--card", ofEdge},
		{"panel.css", "--on-accent", "--accent", ofText},
		{"panel.css", "--alert", "--alert-card", ofText},
		{"panel.css", "--warn", "--card", ofEdge},
	} {
		for screen, colours := range palettes(t, test.file) {
			t.Run(test.file+" "+test.front+" on "+test.back+", "+screen, func(t *testing.T) {
				assert.GreaterOrEqual(t, contrast(t, colours[test.front], colours[test.back]), test.least)
			})
		}
	}
}

func TestPagesShareTheirColours(t *testing.T) {
	panel := palettes(t, "panel.css")
	for screen, colours := range palettes(t, "503.html") {
		for name, colour := range colours {
			assert.Equal(t, panel[screen][name], colour, "%s, %s", name, screen)
		}
	}
	for screen, colours := range panel {
		assert.Len(t, colours, len(panel["light"]), screen)
	}
}
