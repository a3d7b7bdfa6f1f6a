package neighbours

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// object is one of JSON.
type object = map[string]any

// described are the endpoints as their own document describes them.
type described struct {
	document object
	schemas  *jsonschema.Compiler
	seen     map[string]bool // operations with a status that were seen
}

// describe holds the document to the schema of OpenAPI 3.1 first.
func describe(t *testing.T, text string) *described {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	file, err := os.Open(filepath.Join(cache, "ginmaint-tests", "openapi-schemas-2.1.0", "schemas", "v3.1", "schema.json"))
	require.NoError(t, err, "run .ci/install, which gets it")
	defer func() { _ = file.Close() }()
	parse := func(r io.Reader) any {
		parsed, err := jsonschema.UnmarshalJSON(r)
		require.NoError(t, err)
		return parsed
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, c.AddResource("https://openapi.test/3.1", parse(file)))
	meta, err := c.Compile("https://openapi.test/3.1")
	require.NoError(t, err)
	document := parse(strings.NewReader(text)).(object)
	require.NoError(t, meta.Validate(document))
	d := &described{document, c, make(map[string]bool)}
	for _, schema := range d.at("components", "schemas") {
		d.close(schema)
	}
	require.NoError(t, c.AddResource("https://openapi.test/document", document))
	return d
}

// at returns what lies there in the document.
func (d *described) at(names ...string) object {
	o := d.document
	for _, name := range names {
		o, _ = o[name].(object)
		if to, ok := o["$ref"].(string); ok {
			o = d.at(strings.Split(strings.TrimPrefix(to, "#/"), "/")...)
		}
	}
	return o
}

// close forbids each object the members that its schema does not name, so that an answer
// has none that the document keeps silent about.
func (d *described) close(schema any) {
	s, ok := schema.(object)
	if !ok {
		if list, ok := schema.([]any); ok {
			for _, one := range list {
				d.close(one)
			}
		}
		return
	}
	if parts, ok := s["allOf"].([]any); ok {
		for i, part := range parts {
			if to, ok := part.(object)["$ref"].(string); ok {
				parts[i] = object{"properties": d.at("components", "schemas", filepath.Base(to))["properties"]}
			}
		}
		s["unevaluatedProperties"] = false
		return
	}
	for name, one := range s {
		if name == "properties" {
			for _, property := range one.(object) {
				d.close(property)
			}
			continue
		}
		d.close(one)
	}
	if named, ok := s["properties"].(object); ok && len(named) > 0 {
		s["unevaluatedProperties"] = false
	}
}

// holds tells whether a body is as the schema at this place says.
func (d *described) holds(t *testing.T, body []byte, place ...string) error {
	t.Helper()
	for i, name := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	schema, err := d.schemas.Compile("https://openapi.test/document#/" + strings.Join(place, "/"))
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err, "%s", body)
	return schema.Validate(value)
}

// ofHTTP are the headers that the server and HTTP itself add.
var ofHTTP = []string{"Content-Length", "Content-Type", "Date", "Connection", "Transfer-Encoding"}

// check holds one answer to the document.
func (d *described) check(t *testing.T, path, method string, answer *http.Response, body []byte) {
	t.Helper()
	status := strconv.Itoa(answer.StatusCode)
	place := []string{"paths", path, strings.ToLower(method), "responses", status}
	response := d.at(place...)
	require.NotEmpty(t, response, "%s %s answers %s, which the document has not: %s", method, path, status, body)
	if to, ok := d.at(place[:4]...)[status].(object)["$ref"].(string); ok {
		place = strings.Split(strings.TrimPrefix(to, "#/"), "/")
	}
	headers := make(map[string]bool)
	for name := range response["headers"].(object) {
		headers[http.CanonicalHeaderKey(name)] = true
	}
	for name := range answer.Header {
		if !headers[name] && !slices.Contains(ofHTTP, name) {
			assert.Fail(t, "a header that the document has not", "%s %s, %s: %s", method, path, status, name)
		}
	}
	media, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if media != "" && method != http.MethodHead {
		content, _ := response["content"].(object)
		assert.Contains(t, content, media, "%s %s, %s", method, path, status)
		if strings.HasSuffix(media, "json") {
			assert.NoError(t, d.holds(t, body, append(slices.Clone(place), "content", media, "schema")...), "%s %s, %s: %s", method, path, status, body)
		}
	}
	d.seen[d.at("paths", path, strings.ToLower(method))["operationId"].(string)+" "+status] = true
}

// TestOpenAPI sends what programs and browsers send, and holds each answer to the document
// that the service itself serves: status, headers and body.
func TestOpenAPI(t *testing.T) {
	mode := switchAt(t, maintenance.Off)
	r := gin.New()
	r.Use(gate(mode, superuser))
	ginmaint.Routes(r.Group("/"))
	server := serve(t, r)
	_, document := ask(t, server, http.MethodGet, "/openapi.json", "Test-Role", "superuser")
	d := describe(t, document)

	const program, browser, form = "application/json", "text/html", "application/x-www-form-urlencoded"
	send := func(method, path, accept, body string, headers ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Test-Role", "superuser")
		request.Header.Set("Accept", accept)
		if body != "" {
			request.Header.Set("Content-Type", program)
		}
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
		}
		answer, err := server.Client().Transport.RoundTrip(request)
		require.NoError(t, err)
		var got []byte
		if answer.Header.Get("Content-Type") != "text/event-stream" {
			got, err = io.ReadAll(answer.Body)
			require.NoError(t, err)
		}
		_ = answer.Body.Close()
		path, _, _ = strings.Cut(path, "?")
		if sent := request.Header.Get("Content-Type"); json.Valid([]byte(body)) && answer.StatusCode < http.StatusBadRequest {
			assert.NoError(t, d.holds(t, []byte(body), "paths", path, strings.ToLower(method), "requestBody", "content", sent, "schema"),
				"%s %s %s is obeyed, and the document forbids it", method, path, body)
		}
		d.check(t, path, method, answer, got)
	}
	for path := range d.at("paths") {
		asked := path
		if path == "/explain/" {
			asked += "?path=/orders&method=POST&ip=203.0.113.7&role=staff"
			send(http.MethodGet, "/explain/?path=orders", program, "")
			send(http.MethodHead, "/explain/?way=orders", program, "")
		}
		send(http.MethodGet, asked, program, "")
		send(http.MethodGet, asked, browser, "")
		send(http.MethodHead, asked, program, "")
		if !strings.HasPrefix(path, "/panel.") {
			send(http.MethodGet, asked, program, "", "Test-Role", "staff")
			send(http.MethodHead, asked, browser, "", "Test-Role", "staff")
		}
	}
	send(http.MethodPost, "/drain/", program, `{}`) // 409: open
	send(http.MethodPost, "/on/", program, `{"level":"on","message":"Back at ten.","for":"2h","hold":"15s","revision":1,"force":false}`)
	send(http.MethodPatch, "/", program, `{"reason":"disks","end":null}`)
	send(http.MethodPatch, "/", program, `{"reason":"disks"}`, "Content-Type", "application/merge-patch+json")
	for _, path := range []string{"/on/", "/off/", "/"} {
		method := http.MethodPost
		if path == "/" {
			method = http.MethodPatch
		}
		send(method, path, browser, "now=on", "Content-Type", form) // a question, or done
		send(method, path, program, `{`)
		send(method, path, browser, `{`)
		send(method, path, program, `{"revision":"999","reason":"x"}`)
		send(method, path, program, `{"reason":"x"}`, "If-Match", `"999"`)
		send(method, path, program, `{"reason":"`+strings.Repeat("x", 600)+`"}`)
		send(method, path, program, `{}`, "Test-Role", "staff")
	}
	send(http.MethodPost, "/on/", browser, "now=on", "Content-Type", form)
	send(http.MethodPost, "/preview/", program, `{"message":"Not yet saved."}`)
	send(http.MethodPost, "/preview/", browser, "message=x&as=json", "Content-Type", form)
	send(http.MethodPost, "/preview/", program, `{"hold":"soon"}`)
	send(http.MethodPost, "/preview/", program, `{`)
	send(http.MethodPost, "/preview/", program, `{}`, "Test-Role", "staff")

	send(http.MethodPost, "/passes/", program, `{"name":"auditor","for":"4h","path":"/shop","stays":true}`)
	send(http.MethodPost, "/passes/", browser, "name=customer&for=1h", "Content-Type", form)
	send(http.MethodGet, "/passes/", program, "")
	send(http.MethodPost, "/passes/", program, `{"revoke":"auditor"}`)
	send(http.MethodPost, "/passes/", browser, "revoke=customer", "Content-Type", form)
	send(http.MethodPost, "/passes/", program, `{"revoke":"customer"}`)
	send(http.MethodPost, "/passes/", program, `{"revoke":"customer"}`, "If-Match", `"999"`)
	send(http.MethodPost, "/passes/", program, `{"name":""}`)
	send(http.MethodPost, "/passes/", program, `{`)
	send(http.MethodPost, "/passes/", program, `{}`, "Test-Role", "staff")
	send(http.MethodGet, "/passes/", program, "")
	send(http.MethodGet, "/", program, "")

	send(http.MethodPost, "/drain/", program, `{"timeout":"30s","expect":1}`)
	send(http.MethodPost, "/drain/", program, `{"timeout":"10ms","expect":"3+"}`)
	send(http.MethodPost, "/drain/", browser, "timeout=1m", "Content-Type", form)
	send(http.MethodPost, "/drain/", program, `{"stop":true}`)
	send(http.MethodPost, "/drain/", program, `{"stop":"no","timeout":"1ms","expect":"2"}`, "Prefer", "respond-async")
	send(http.MethodPost, "/drain/", program, `{"timeout":"soon"}`)
	send(http.MethodPost, "/drain/", program, `{`)
	send(http.MethodPost, "/drain/", program, `{}`, "Test-Role", "staff")
	send(http.MethodGet, "/drain/", program, "")
	send(http.MethodPost, "/off/", program, `{"reason":"done"}`)
	send(http.MethodPost, "/off/", browser, "now=off", "Content-Type", form)
	send(http.MethodGet, "/history/", program, "")
	require.NoError(t, mode.Close())
	send(http.MethodPost, "/on/", program, `{}`)

	// What no request above can bring about, in a process that is well.
	unseen := []string{
		"changePasses 409", "changePasses 503",
		"edit 303", "edit 503", "off 503", "replicas 503", "replicasHead 503",
		"history 404", "historyHead 404", "history 503", "historyHead 503", "events 503", "eventsHead 503", "startDrain 503",
	}
	for path, item := range d.at("paths") {
		for method := range item.(object) {
			operation := d.at("paths", path, method)
			for status := range operation["responses"].(object) {
				key := operation["operationId"].(string) + " " + status
				assert.True(t, d.seen[key] || slices.Contains(unseen, key), "the document has an answer that nobody got: %s", key)
			}
		}
	}
	for _, route := range r.Routes() { // each with and without the last slash
		path := strings.TrimSuffix(route.Path, "/")
		if !strings.Contains(path, ".") {
			path += "/"
		}
		assert.NotEmpty(t, d.at("paths", path, strings.ToLower(route.Method)), "%s %s is not described", route.Method, route.Path)
	}
}
