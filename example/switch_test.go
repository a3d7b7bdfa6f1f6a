package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestWhatToTry does what the program prints.
func TestWhatToTry(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	guest := newVisitor(t, shop.url)
	guest.sees("Teapot")
	superuser := newcomer(t, shop.url, "superuser")
	superuser.sees(`href="/maintenance-mode/"`)
	assert.Contains(t, superuser.get("/maintenance-mode/").body, "Maintenance is off")

	superuser.switchTo(maintenance.On, "message", "Back at ten.")
	t.Run("a browser gets the page", func(t *testing.T) {
		got := guest.get("/")
		assert.Equal(t, http.StatusServiceUnavailable, got.status)
		assert.Equal(t, "text/html; charset=utf-8", got.header.Get("Content-Type"))
		assert.Contains(t, got.body, "Back at ten.")
		assert.Regexp(t, `^(6\d|7[0-6])$`, got.header.Get("Retry-After"), "a minute and a little more")
		assert.Equal(t, "on", got.header.Get("Maintenance-Mode"))
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	})
	t.Run("a program gets JSON", func(t *testing.T) {
		got := guest.getAs("/api/products", "application/json")
		assert.Equal(t, http.StatusServiceUnavailable, got.status)
		assert.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
		var problem struct {
			Status              int
			Detail, Maintenance string
		}
		require.NoError(t, json.Unmarshal([]byte(got.body), &problem))
		assert.Equal(t, http.StatusServiceUnavailable, problem.Status)
		assert.Equal(t, "Back at ten.", problem.Detail)
		assert.Equal(t, "on", problem.Maintenance)
	})
	t.Run("a terminal gets text", func(t *testing.T) {
		got := guest.getAs("/", "text/plain")
		assert.Equal(t, http.StatusServiceUnavailable, got.status)
		assert.Equal(t, "text/plain; charset=utf-8", got.header.Get("Content-Type"))
		assert.Equal(t, "Back at ten.\n", got.body)
	})
	t.Run("nothing is ordered", func(t *testing.T) {
		assert.Equal(t, http.StatusServiceUnavailable, guest.post("/orders").status)
		assert.Equal(t, http.StatusServiceUnavailable, guest.post("/api/orders").status)
		superuser.sees("0 ordered")
	})
	t.Run("the health check goes on", func(t *testing.T) {
		got := guest.get("/healthz")
		assert.Equal(t, http.StatusOK, got.status)
		assert.Equal(t, "ok\n", got.body)
	})
	t.Run("staff log in and pass", func(t *testing.T) {
		assert.Equal(t, http.StatusOK, newVisitor(t, shop.url).get("/login").status)
		staff := newcomer(t, shop.url, "staff")
		staff.sees("Maintenance is on: staff pass, visitors see a 503 page.")
		assert.Equal(t, "private, no-store", staff.get("/").header.Get("Cache-Control"))
		assert.Equal(t, http.StatusForbidden, staff.post("/maintenance-mode/off/").status)

		require.Equal(t, http.StatusSeeOther, staff.post("/logout").status)
		assert.Equal(t, http.StatusServiceUnavailable, staff.get("/").status)
	})
	t.Run("customers log in and don't pass", func(t *testing.T) {
		customer := newcomer(t, shop.url, "user")
		assert.Equal(t, http.StatusServiceUnavailable, customer.get("/").status)
		assert.Equal(t, http.StatusForbidden, customer.post("/maintenance-mode/off/").status)
	})
	t.Run("a guest can't switch", func(t *testing.T) {
		assert.Equal(t, http.StatusForbidden, guest.get("/maintenance-mode/").status)
		assert.Equal(t, http.StatusForbidden, guest.post("/maintenance-mode/off/").status)
		assert.Equal(t, http.StatusServiceUnavailable, guest.get("/").status)
	})

	superuser.switchTo(maintenance.Off)
	guest.sees("Teapot")
	assert.Empty(t, guest.get("/").header.Get("Maintenance-Mode"))
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	guest, staff := newVisitor(t, shop.url), newcomer(t, shop.url, "staff")
	newcomer(t, shop.url, "superuser").switchTo(maintenance.ReadOnly)

	guest.sees("Maintenance is read-only: orders are paused.")
	assert.Equal(t, http.StatusOK, guest.getAs("/api/products", "application/json").status)
	for _, path := range []string{"/orders", "/api/orders"} {
		got := guest.post(path)
		assert.Equal(t, http.StatusServiceUnavailable, got.status, path)
		assert.Equal(t, "read-only", got.header.Get("Maintenance-Mode"), path)
	}
	found := guest.post("/api/search", "name", "cUp")
	assert.Equal(t, http.StatusOK, found.status)
	assert.JSONEq(t, `[{"name":"Cup","price":"6.20"}]`, found.body)

	staff.sees("0 ordered")
	assert.Equal(t, http.StatusSeeOther, staff.post("/orders").status)
	staff.sees("1 ordered")
}

func TestWindowIsAnnounced(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	guest := newVisitor(t, shop.url)
	newcomer(t, shop.url, "superuser").switchTo(maintenance.On, "start", "2999-12-31T22:00:00Z", "for", "30m")
	guest.sees("Maintenance begins at 2999-12-31 22:00 UTC.")
	assert.Equal(t, http.StatusSeeOther, guest.post("/orders").status)
}
