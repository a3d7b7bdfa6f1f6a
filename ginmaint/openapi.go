package ginmaint

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// openAPI describes the endpoints, for OpenAPI 3.1. A test beside the neighbours holds
// the handlers to it.
//
//go:embed openapi.json
var openAPI []byte

// describe answers with the description of the endpoints.
func describe(c *gin.Context) {
	a, _ := adminOf(c)
	a.replies.write(c, http.StatusOK, jsonContent, openAPI)
}

// asset serves a file of the panel: to anybody, since it holds nothing but what is
// published with the source, and the page that turns somebody away needs it too.
func asset(name, contentType string) gin.HandlerFunc {
	body, err := templates.FS.ReadFile(name)
	if err != nil { // it is embedded
		panic(err)
	}
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "no-cache") // another replica may have another version
		h.Set("X-Content-Type-Options", "nosniff")
		send(c, http.StatusOK, body)
	}
}
