package ginmaint

import (
	"html/template"
	"testing"

	"github.com/stretchr/testify/require"
)

// parsed returns a set of templates made of one text.
func parsed(t testing.TB, text string, funcs template.FuncMap) *template.Template {
	t.Helper()
	set, err := template.New("").Funcs(funcs).Parse(text)
	require.NoError(t, err)
	return set
}
