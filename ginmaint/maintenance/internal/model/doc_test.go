package model

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocumentationTellsWhatWasFound keeps the tables of the package's
// documentation true. Where it fails it prints the tables to put there.
func TestDocumentationTellsWhatWasFound(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	documented := strings.ReplaceAll(string(text), "\r\n", "\n")
	if underRaces() {
		return // the numbers are those of searches to the end
	}
	for _, table := range []string{protocolTable(), mutantTable()} {
		assert.True(t, strings.Contains(documented, table), "doc.go should hold this table:\n%s", table)
	}
}

func protocolTable() string {
	var rows [][]string
	for _, s := range protocol {
		found := s.found()
		model, what, _ := strings.Cut(s.name, ": ")
		rows = append(rows, []string{model, what, strconv.Itoa(found.states), strconv.Itoa(found.depth)})
	}
	return table([]string{"model", "searched", "states", "farthest"}, rows)
}

func mutantTable() string {
	var rows [][]string
	for _, m := range append(append([]mutant(nil), mutants...), unneeded...) {
		found := m.found()
		steps := "none"
		if found.broken != "" {
			steps = strconv.Itoa(len(found.trace))
		}
		rows = append(rows, []string{m.model, m.rule, m.name, steps, strconv.Itoa(found.states)})
	}
	return table([]string{"model", "rule", "mutant", "steps", "states"}, rows)
}

// table lays rows out as a preformatted block of a comment, numbers to the right.
func table(head []string, rows [][]string) string {
	all := append([][]string{head}, rows...)
	widths := make([]int, len(head))
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		var cells []string
		for i, cell := range row {
			if numbers := head[i] == "states" || head[i] == "steps" || head[i] == "farthest"; numbers {
				cells = append(cells, fmt.Sprintf("%*s", widths[i], cell))
			} else {
				cells = append(cells, fmt.Sprintf("%-*s", widths[i], cell))
			}
		}
		b.WriteString("//\t" + strings.Join(cells, "  ") + "\n")
	}
	return b.String()
}
