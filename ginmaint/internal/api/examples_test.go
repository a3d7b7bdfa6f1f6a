package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withoutExample says what needs none, and why.
var withoutExample = map[string]string{
	"maintenance.Mode.Contribute": "for the plugin of a framework",
	"maintenance.Mode.HoldSince":  "for the plugin of a framework",
	"maintenance.Mode.Recognise":  "for the plugin of a framework",
	"maintenance.Mode.TellEnded":  "for the plugin of a framework",
	"maintenance.Mode.WorkLimit":  "for the plugin of a framework",
	"maintenance.UnknownReplica":  "for who writes a store",
	"maintenance.AllowLost":       "a risk, which nobody should copy",
	"pgstore.AssumeNothingLost":   "a promise about the server, which nobody should copy",
	"sqlstore.AssumeNothingLost":  "a promise about the server, which nobody should copy",
}

// TestExamples: an Example calls each function that the module exports, and each method
// of Mode.
func TestExamples(t *testing.T) {
	needed, shown := map[string]bool{}, map[string]bool{}
	for _, dir := range packages(t) {
		name := path.Base(dir)
		if name == "templates" || strings.HasPrefix(dir, "ginmaint") && !strings.Contains(dir, "/cmd/") {
			files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.go"))
			require.NoError(t, err)
			for _, file := range files {
				note(t, name, file, needed, shown)
			}
		}
	}
	require.Contains(t, needed, "maintenance.Mode.Drain")
	for name := range needed {
		if _, ok := withoutExample[name]; ok {
			assert.False(t, shown[name], "%s has an example: take it off withoutExample", name)
		} else {
			assert.True(t, shown[name], "no Example calls %s", name)
		}
	}
	for name := range withoutExample {
		assert.True(t, needed[name], "%s is not exported", name)
	}
}

// note notes what a file of a package exports, and what its examples call.
func note(t *testing.T, pkg, file string, needed, shown map[string]bool) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	test := strings.HasSuffix(file, "_test.go")
	for _, declared := range parsed.Decls {
		function, ok := declared.(*ast.FuncDecl)
		switch {
		case !ok:
		case test && strings.HasPrefix(function.Name.Name, "Example"):
			ast.Inspect(function, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr: // called, or handed over
					if of, ok := n.X.(*ast.Ident); ok && of.Name == pkg {
						shown[pkg+"."+n.Sel.Name] = true
					}
				case *ast.CallExpr: // of a method, as far as that can be seen here
					method, ok := n.Fun.(*ast.SelectorExpr)
					if !ok || pkg != "maintenance" {
						return true
					}
					if of, ok := method.X.(*ast.Ident); !ok || of.Name != pkg {
						shown["maintenance.Mode."+method.Sel.Name] = true
					}
				}
				return true
			})
		case test || !function.Name.IsExported():
		case function.Recv == nil:
			needed[pkg+"."+function.Name.Name] = true
		default:
			if star, ok := function.Recv.List[0].Type.(*ast.StarExpr); ok {
				if of, ok := star.X.(*ast.Ident); ok && of.Name == "Mode" {
					needed[pkg+".Mode."+function.Name.Name] = true
				}
			}
		}
	}
}
