package templates_test

import (
	"html/template"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

func TestPagesAreWholeDocuments(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		assert.True(t, strings.HasPrefix(d.source, "<!DOCTYPE html>"), "a page without it is shown in quirks mode")
		assert.Equal(t, "en", value(d.one(t, "html"), "lang"))
		assert.NotEmpty(t, text(d.one(t, "title")))
		assert.NotEmpty(t, text(d.one(t, "h1")))
		main := d.one(t, "main")
		assert.Len(t, within(main, "h1"), 1)
		for name, content := range map[string]string{
			"viewport": "width=device-width, initial-scale=1", "robots": "noindex", "color-scheme": "light dark",
		} {
			metas := d.with("name", name)
			if assert.Len(t, metas, 1, name) {
				assert.Equal(t, content, value(metas[0], "content"))
			}
		}
		assert.Len(t, d.with("charset", "utf-8"), 1)
		assert.NotContains(t, d.source, "<no value>")
		assert.NotContains(t, d.source, "&lt;nil&gt;")
		assert.NotContains(t, d.source, "0001-01-01")
	})
}

// The tokenizer reports the tags as they are written, the parser as a browser
// mends them: where both see the same elements in the same order, nothing
// had to be mended.
func TestPagesAreWellFormed(t *testing.T) {
	void := regexp.MustCompile(`^(input|link|meta|br|hr)$`) // noscript is read as by a browser without scripts
	eachPage(t, func(t *testing.T, d document) {
		var written, open []string
		tokens := html.NewTokenizer(strings.NewReader(d.source))
		for tokens.Next() != html.ErrorToken {
			switch tag := tokens.Token(); tag.Type {
			case html.StartTagToken:
				written = append(written, tag.Data)
				if !void.MatchString(tag.Data) {
					open = append(open, tag.Data)
				}
				seen := map[string]bool{}
				for _, a := range tag.Attr {
					assert.False(t, seen[a.Key], "<%s> has %s twice", tag.Data, a.Key)
					seen[a.Key] = true
				}
			case html.EndTagToken:
				require.NotEmpty(t, open, "</%s> closes nothing", tag.Data)
				require.Equal(t, open[len(open)-1], tag.Data, "is closed in this order")
				open = open[:len(open)-1]
			}
		}
		require.ErrorIs(t, tokens.Err(), io.EOF)
		assert.Empty(t, open, "left open")
		var parsed []string
		for _, n := range d.all() {
			parsed = append(parsed, n.Data)
		}
		assert.Equal(t, written, parsed)
	})
}

func TestPagesNeedNothingElse(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		isPage := len(d.all("style")) > 0
		assert.Empty(t, d.all("img", "object", "embed", "audio", "video", "source", "base", "template"))
		if isPage {
			assert.LessOrEqual(t, len(d.all("script")), 1)
			assert.Empty(t, d.all("iframe"))
			assert.Equal(t, "data:,", value(d.one(t, "link"), "href"), "else the browser asks for /favicon.ico")
		} else {
			for _, n := range d.all("script") {
				assert.Empty(t, raw(n), "a policy would forbid it")
			}
		}
		for _, n := range d.all("iframe") {
			sandbox, ok := attr(n, "sandbox")
			assert.True(t, ok && sandbox == "", "nothing may run in the preview")
		}
		for _, n := range d.with("name", "referrer") {
			assert.Equal(t, "same-origin", value(n, "content"), "under a stricter one a form is posted with the origin null")
		}
		for _, n := range d.all() {
			for _, a := range n.Attr {
				assert.NotContains(t, []string{"srcset", "style", "background"}, a.Key, "<%s>", n.Data)
				if isPage {
					assert.NotContains(t, []string{"src", "formaction"}, a.Key, "<%s>", n.Data)
				}
				if a.Key == "http-equiv" {
					assert.True(t, isPage && a.Val == "refresh", a.Val)
				}
				assert.False(t, strings.HasPrefix(a.Key, "on"), "<%s %s>", n.Data, a.Key)
				assert.NotContains(t, a.Val, "javascript:")
				if a.Key == "href" && n.Data != "link" {
					assert.Equal(t, "a", n.Data)
				}
			}
		}
	})
	panel, err := fs.ReadFile(templates.FS, "panel.css")
	require.NoError(t, err)
	for name, style := range map[string]string{
		"503.html": raw(render(t, templates.Page(), nil).one(t, "style")), "panel.css": string(panel),
	} {
		for _, banned := range []string{"@import", "url(", "@font-face", "http", "animation", "transition", "/*"} {
			assert.NotContains(t, style, banned, name)
		}
	}
}

func TestStyleIsTheSameInEveryAnswer(t *testing.T) {
	for _, name := range []string{"503.html"} {
		source, err := fs.ReadFile(templates.FS, name)
		require.NoError(t, err)
		_, rest, _ := strings.Cut(string(source), "<style>")
		want, _, _ := strings.Cut(rest, "</style>")
		for _, p := range everyPage() {
			if p.page.Name() == name {
				assert.Equal(t, want, raw(render(t, p.page, p.data).one(t, "style")), "%s: its hash would differ", p.name)
			}
		}
	}
}

func TestPagesAreExecutedConcurrently(t *testing.T) {
	pages := everyPage()
	var running sync.WaitGroup
	for _, p := range pages {
		running.Go(func() { assert.NoError(t, p.page.Execute(io.Discard, p.data)) })
	}
	running.Wait()
}

func TestFSHoldsThePagesAndTheirFiles(t *testing.T) {
	files, err := fs.Glob(templates.FS, "*")
	require.NoError(t, err)
	assert.Equal(t, []string{"503.html", "maintenance.html", "panel.css", "panel.html", "panel.js"}, files)
	assert.Equal(t, "503.html panel.html", templates.Page().Name()+" "+templates.Panel().Name())
}

func TestTemplatesHoldNothingElse(t *testing.T) {
	for _, shared := range []*template.Template{templates.Page(), templates.Panel()} {
		assert.Equal(t, []*template.Template{shared}, shared.Templates(), shared.Name())
	}
}
