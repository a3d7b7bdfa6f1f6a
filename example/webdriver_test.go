package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// driver is a chromedriver, which speaks the WebDriver protocol: HTTP and JSON.
type driver struct {
	url    string
	client *http.Client
}

// drive starts a chromedriver.
func drive(t *testing.T) *driver {
	t.Helper()
	d := &driver{serve(t, "chromedriver"), &http.Client{Transport: &http.Transport{}, Timeout: 2 * patience}}
	t.Cleanup(d.client.CloseIdleConnections)
	return d
}

// browser is a window with a profile of its own.
type browser struct {
	t       *testing.T
	driver  *driver
	session string
}

// browser opens a browser that reaches this machine and nothing else. By the name
// shop.test it trusts the service's plain HTTP no more than that of the network.
func (d *driver) browser(t *testing.T) *browser {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	arguments := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--host-resolver-rules=MAP shop.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--remote-debugging-pipe", // so that it ends with the driver, however that ends
		"--user-data-dir=" + profile,
	}
	b := &browser{t, d, ""}
	var made struct {
		SessionID string `json:"sessionId"`
	}
	b.call(http.MethodPost, "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"browserName": "chrome", "goog:chromeOptions": map[string]any{"args": arguments},
	}}}, &made)
	b.session = "/" + made.SessionID
	t.Cleanup(func() {
		assert.NoError(t, b.try(http.MethodDelete, "", nil, nil))
		// Its last processes may still write there.
		assert.Eventually(t, func() bool { return os.RemoveAll(profile) == nil }, patience, 5*tick)
	})
	return b
}

// call sends one command, and fails the test where the answer is an error.
func (b *browser) call(method, path string, body, into any) {
	b.t.Helper()
	require.NoError(b.t, b.try(method, path, body, into))
}

func (b *browser) try(method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	// Not within the test's context, which ends before the browser is closed.
	r, err := http.NewRequestWithContext(context.Background(), method, b.driver.url+"/session"+b.session+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := b.driver.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct{ Value json.RawMessage }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		var fault struct{ Message string }
		_ = json.Unmarshal(answer.Value, &fault) // beside it stands a stack trace
		return fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, fault.Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, into)
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.call(http.MethodPost, "/url", map[string]any{"url": url}, nil)
}

// element returns the path of the first element that the selector finds.
func (b *browser) element(selector string) string {
	b.t.Helper()
	var found map[string]string
	b.call(http.MethodPost, "/element", map[string]any{"using": "css selector", "value": selector}, &found)
	for _, id := range found { // under one name, which the protocol fixes
		return "/element/" + id
	}
	return ""
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.call(http.MethodPost, b.element(selector)+"/click", map[string]any{}, nil)
}

func (b *browser) write(selector, text string) {
	b.t.Helper()
	b.call(http.MethodPost, b.element(selector)+"/clear", map[string]any{}, nil)
	b.call(http.MethodPost, b.element(selector)+"/value", map[string]any{"text": text}, nil)
}

// press types a key in the field, such as Enter, which is "\ue007".
func (b *browser) press(selector, key string) {
	b.t.Helper()
	b.call(http.MethodPost, b.element(selector)+"/value", map[string]any{"text": key}, nil)
}

// value returns what stands in the field.
func (b *browser) value(selector string) (text string) {
	b.t.Helper()
	b.call(http.MethodGet, b.element(selector)+"/property/value", nil, &text)
	return text
}

// text returns what the first such element shows.
func (b *browser) text(selector string) (text string) {
	b.t.Helper()
	b.call(http.MethodGet, b.element(selector)+"/text", nil, &text)
	return text
}

// shows waits until an element shows this text: a click may load a page.
func (b *browser) shows(selector, text string) {
	b.t.Helper()
	var shown string
	require.Eventually(b.t, func() bool {
		script := map[string]any{"script": "return document.querySelector(arguments[0])?.innerText.trim() ?? ''", "args": []any{selector}}
		return b.try(http.MethodPost, "/execute/sync", script, &shown) == nil && shown == text
	}, patience, 5*tick, "%s does not show %q", selector, text)
}

// until waits until an expression is true in the page.
func (b *browser) until(expression string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		var is bool
		script := map[string]any{"script": "return Boolean(" + expression + ")", "args": []any{}}
		return b.try(http.MethodPost, "/execute/sync", script, &is) == nil && is
	}, 2*patience, 5*tick, expression)
}

// script runs the body of a function in the page.
func (b *browser) script(body string, into any) {
	b.t.Helper()
	b.call(http.MethodPost, "/execute/sync", map[string]any{"script": body, "args": []any{}}, into)
}

// tool uses one of the browser's developer tools.
func (b *browser) tool(name string, params map[string]any) {
	b.t.Helper()
	b.call(http.MethodPost, "/goog/cdp/execute", map[string]any{"cmd": name, "params": params}, nil)
}
