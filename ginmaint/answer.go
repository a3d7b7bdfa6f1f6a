package ginmaint

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// rendered is an answer to all who ask in one format while one state lasts.
type rendered struct {
	state  maintenance.State
	level  maintenance.Level
	body   []byte
	length []string // of the body, as a header's value
}

// answer returns the answer in the format chosen. What depends on nothing of
// the request is rendered once for each state, and then served from memory.
func (g *guard) answer(c *gin.Context, f Format, s maintenance.State, l maintenance.Level) *rendered {
	// In debug mode Gin loads templates anew for every request, so that they
	// can be worked on.
	keep := f != HTML || g.TemplateContext == nil && !gin.IsDebugging()
	if last := g.answers[f].Load(); keep && last != nil && last.level == l && last.state == s {
		return last
	}
	body := g.body(c, f, s, l)
	r := &rendered{s, l, body, []string{strconv.Itoa(len(body))}}
	if keep {
		g.answers[f].Store(r)
	}
	return r
}

// body renders the answer in the format chosen.
func (g *guard) body(c *gin.Context, f Format, s maintenance.State, l maintenance.Level) []byte {
	switch f {
	case JSON:
		return problem(g.StatusCode, s, l)
	case Text:
		return []byte(sentence(s, l) + "\n")
	}
	return g.page(c, s, l)
}

// problem is the answer for machines, RFC 9457, with the level and the window
// as members of our own.
func problem(status int, s maintenance.State, l maintenance.Level) []byte {
	title := http.StatusText(status)
	if title == "" {
		title = "Maintenance"
	}
	body, err := json.Marshal(struct {
		Type        string            `json:"type"`
		Title       string            `json:"title"`
		Status      int               `json:"status"`
		Detail      string            `json:"detail"`
		Maintenance maintenance.Level `json:"maintenance"`
		End         time.Time         `json:"end,omitzero"`
	}{"about:blank", title, status, sentence(s, l), l, s.End})
	if err != nil { // a state that was loaded is valid
		return []byte(`{"type":"about:blank","title":"Maintenance"}`)
	}
	return body
}

// sentence is what a visitor is told in words.
func sentence(s maintenance.State, l maintenance.Level) string {
	switch {
	case s.Message != "":
		return s.Message
	case l == maintenance.ReadOnly:
		return "The service is read-only for maintenance. Please try again later."
	}
	return "The service is down for maintenance. Please try again later."
}
