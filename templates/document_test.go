package templates_test

import (
	"html/template"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// document is a page as a browser sees it.
type document struct {
	source string
	root   *html.Node
}

func render(t *testing.T, page *template.Template, data any) document {
	t.Helper()
	var out strings.Builder
	require.NoError(t, page.Execute(&out, data))
	root, err := html.Parse(strings.NewReader(out.String()))
	require.NoError(t, err)
	return document{out.String(), root}
}

// all returns the elements with one of these names, or every element where
// none is given, in the order of their start tags.
func (d document) all(names ...string) []*html.Node { return within(d.root, names...) }

func within(n *html.Node, names ...string) []*html.Node {
	var found []*html.Node
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if child.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, child.Data)) {
			found = append(found, child)
		}
		found = append(found, within(child, names...)...)
	}
	return found
}

// one returns the only element with this name.
func (d document) one(t *testing.T, name string) *html.Node {
	t.Helper()
	return only(t, d.all(name))
}

// text returns what is to be read in n, as one line.
func text(n *html.Node) string { return strings.Join(strings.Fields(raw(n)), " ") }

// raw returns the text in n as it stands.
func raw(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var out strings.Builder
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		out.WriteString(raw(child))
	}
	return out.String()
}

// attr returns an attribute's value, and whether n has it.
func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// value returns an attribute's value, empty where n lacks it.
func value(n *html.Node, name string) string {
	v, _ := attr(n, name)
	return v
}

// with returns the elements whose attribute has this value.
func (d document) with(name, want string) []*html.Node {
	var found []*html.Node
	for _, n := range d.all() {
		if v, ok := attr(n, name); ok && v == want {
			found = append(found, n)
		}
	}
	return found
}

// only returns the one element that was found.
func only(t *testing.T, found []*html.Node) *html.Node {
	t.Helper()
	require.Len(t, found, 1)
	return found[0]
}
