package ginmaint

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// wants returns the format that an endpoint answers in: HTML to a browser,
// JSON to a program.
func (g *guard) wants(c *gin.Context) Format {
	accept := c.Request.Header["Accept"]
	if negotiate(accept) == HTML && strings.Contains(strings.Join(accept, ","), "text/html") {
		return HTML
	}
	return JSON
}

// panel answers with the status, and with the form by that name.
func (g *guard) panel(c *gin.Context, status int, form, fault string) {
	state, level := g.Mode.State(), g.Mode.Level()
	if g.wants(c) == JSON {
		answer := gin.H{"level": level, "state": state}
		if fault != "" {
			answer["error"] = fault
		}
		body, err := json.Marshal(answer)
		if err != nil { // a state that was loaded is valid
			g.Logger.Error("ginmaint: the status can't be written", "error", err)
		}
		g.write(c, status, "application/json; charset=utf-8", append(body, '\n'))
		return
	}
	base := panelURL(c)
	body, err := capture(func(w *capturing) error {
		return render.HTML{Template: templates.Panel(), Name: "panel.html", Data: gin.H{
			"state":      state,
			"level":      level.String(),
			"form":       form,
			"on_url":     base + "on/",
			"off_url":    base + "off/",
			"status_url": base,
			"error":      fault,
		}}.Render(w)
	})
	if err != nil {
		g.Logger.Error("ginmaint: the panel can't be rendered", "error", err)
		body = []byte("The page can't be shown. The service's log has the details.")
	}
	g.write(c, status, contentTypes[HTML][0], body)
}

// fail answers an endpoint's request with what is wrong, and nothing else of
// the state to somebody who may not see it.
func (g *guard) fail(c *gin.Context, status int, words string) {
	c.Abort()
	switch {
	case status != http.StatusForbidden:
		g.panel(c, status, "", words)
	case g.wants(c) == JSON:
		body, _ := json.Marshal(gin.H{"error": words})
		g.write(c, status, "application/json; charset=utf-8", append(body, '\n'))
	default:
		g.write(c, status, contentTypes[Text][0], []byte(words+"\n"))
	}
}

func (g *guard) write(c *gin.Context, status int, contentType string, body []byte) {
	h := c.Writer.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	variesByAccept(h)
	send(c, status, body)
}
