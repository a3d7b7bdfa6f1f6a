package simulation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocumentationTellsTheSeeds keeps the tables of the documentation true; whether
// these seeds find what they should is up to TestMutants.
func TestDocumentationTellsTheSeeds(t *testing.T) {
	t.Parallel()
	var all, named strings.Builder
	fmt.Fprintf(&all, "//\t%-29s%-62s%5s\n", "rule", "mutant", "seed")
	for _, m := range mutants {
		seed := map[finder]string{bySeed: fmt.Sprint(m.seed), seedNamed: fmt.Sprint(m.seed), onlyModel: "model", nobody: "none"}[m.found]
		fmt.Fprintf(&all, "//\t%-29s%-62s%5s\n", m.rule, m.name, seed)
		if m.found == seedNamed {
			fmt.Fprintf(&named, "//\t%-48s%5s\n", m.name, seed)
		}
	}
	for file, table := range map[string]string{
		"doc.go":                            all.String(),
		filepath.Join("..", "..", "doc.go"): named.String(),
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.True(t, strings.Contains(strings.ReplaceAll(string(text), "\r\n", "\n"), table), "%s should hold this table:\n%s", file, table)
	}
}
