package neighbours

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every test that the page names is there, and the page names every test.
func TestThePageTellsOfEachNeighbour(t *testing.T) {
	page, err := os.ReadFile("../ginmaint/NEIGHBOURS.md")
	require.NoError(t, err)
	told := make(map[string]bool)
	for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1) {
		told[name[1]] = true
	}
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	there := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`).FindAllStringSubmatch(string(text), -1) {
			there[name[1]] = name[1] != "TestThePageTellsOfEachNeighbour" && name[1] != "TestMain"
		}
	}
	for name, is := range there {
		assert.Equal(t, is, told[name], name)
	}
	for name := range told {
		assert.True(t, there[name], name)
	}
}
