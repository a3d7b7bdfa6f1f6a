package guide

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

// ask sends one request, with one header.
func ask(r http.Handler, method, path, name, value string) *httptest.ResponseRecorder {
	answer, question := httptest.NewRecorder(), httptest.NewRequest(method, path, nil)
	question.Header.Set(name, value)
	r.ServeHTTP(answer, question)
	return answer
}

func expect(t *testing.T, answer *httptest.ResponseRecorder, status int) {
	t.Helper()
	if answer.Code != status {
		t.Errorf("status %d, want %d: %s", answer.Code, status, answer.Body)
	}
}

// closed returns a Mode on a store of its own that is on.
func closed(t *testing.T) *maintenance.Mode {
	t.Helper()
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mode.Close() })
	if err := mode.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	return mode
}

func TestTenants(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	defer client.Close()
	gate, err := tenantGates(t.Context(), client, []string{"acme"})
	if err != nil {
		t.Fatal(err)
	}
	r := gin.New()
	r.Use(gate)
	r.GET("/healthz", ginmaint.ForceOff, func(c *gin.Context) { c.Status(http.StatusOK) })
	r.GET("/", func(c *gin.Context) { c.Status(http.StatusOK) })
	expect(t, ask(r, "GET", "/", "X-Tenant", "acme"), 200)
	operator, err := maintenance.Open(t.Context(), redisstore.New(client, redisstore.Switch("acme")), maintenance.Observer())
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	if err := operator.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && ask(r, "GET", "/", "X-Tenant", "acme").Code == 200; {
		time.Sleep(5 * time.Millisecond) // it follows within a poll
	}
	expect(t, ask(r, "GET", "/", "X-Tenant", "acme"), 503)
	expect(t, ask(r, "GET", "/healthz", "X-Tenant", "acme"), 200)
	expect(t, ask(r, "GET", "/", "X-Tenant", "nobody"), 404)
}

func TestSPA(t *testing.T) {
	t.Parallel()
	r, mode, key := gin.New(), closed(t), []byte("a key of these tests")
	setUpSPA(r, withTokens(mode, key), "recipes_test.go", logIn(key, func(name, password string) (string, bool) {
		roles := map[string]string{"ann": "admin", "bob": "staff", "carl": "customer"}
		return roles[name], password == "right"
	}))
	expect(t, ask(r, "GET", "/orders/7", "Accept", "text/html"), 200)
	expect(t, ask(r, "GET", "/assets/none.js", "Accept", "*/*"), 200) // exempt, and Gin has no such file: the shell
	expect(t, ask(r, "GET", "/api/none", "Accept", "*/*"), 404)
	expect(t, ask(r, "GET", "/api/orders", "Authorization", "Bearer forged"), 503)
	expect(t, ask(r, "POST", "/maintenance-mode/off/", "Authorization", "Bearer forged"), 403)

	enter := func(name, password string) *httptest.ResponseRecorder {
		answer, body := httptest.NewRecorder(), strings.NewReader(`{"name":"`+name+`","password":"`+password+`"}`)
		r.ServeHTTP(answer, httptest.NewRequest("POST", "/api/login", body))
		return answer
	}
	expect(t, enter("ann", "wrong"), 401)
	tokens := map[string]string{}
	for _, name := range []string{"ann", "bob", "carl"} {
		answer := enter(name, "right")
		expect(t, answer, 200)
		cookie := answer.Result().Cookies()[0]
		tokens[name] = cookie.Value
		if !cookie.HttpOnly || !cookie.Secure || cookie.Path != "/maintenance-mode/" {
			t.Errorf("the cookie is %v", cookie)
		}
	}
	expect(t, ask(r, "GET", "/api/orders", "Authorization", "Bearer "+tokens["carl"]), 503)
	expect(t, ask(r, "GET", "/api/orders", "Authorization", "Bearer "+tokens["bob"]), 200)
	expect(t, ask(r, "GET", "/maintenance-mode/", "Cookie", "token="+tokens["bob"]), 403)
	expect(t, ask(r, "GET", "/maintenance-mode/", "Cookie", "token="+tokens["ann"]), 200)
	expect(t, ask(r, "POST", "/maintenance-mode/off/", "Authorization", "Bearer "+tokens["ann"]), 200)
	if state := mode.Snapshot().State; state.Level != maintenance.Off || state.ChangedBy != "ann" {
		t.Errorf("%s by %q", state.Level, state.ChangedBy)
	}
}

func TestGORM(t *testing.T) {
	t.Parallel()
	db, err := openSQLite(filepath.Join(t.TempDir(), "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var journal string
	if db.Raw("PRAGMA journal_mode").Scan(&journal); journal != "wal" {
		t.Errorf("the journal is %q", journal)
	}
	mode, err := openWithGORM(t.Context(), db, sqlstore.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	defer mode.Close()
	if err := mode.On(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	r, mode := gin.New(), closed(t)
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	found := func(c *gin.Context) { c.Status(http.StatusOK) }
	markGroups(r, found, found)
	expect(t, ask(r, "GET", "/internal/healthz", "Accept", "*/*"), 200)
	expect(t, ask(r, "POST", "/reports/search", "Accept", "*/*"), 503)
	if _, err := mode.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly}); err != nil {
		t.Fatal(err)
	}
	expect(t, ask(r, "POST", "/reports/search", "Accept", "*/*"), 200)
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	config := envelope
	config.Mode = closed(t)
	r := gin.New()
	r.Use(ginmaint.New(config))
	answer := ask(r, "GET", "/", "Accept", "text/html")
	expect(t, answer, 503)
	if want := `{"code":50301,"data":null,"msg":""}`; answer.Body.String() != want {
		t.Errorf("%s, want %s", answer.Body, want)
	}
}
