package ginmaint

import (
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// enveloped answers programs as many applications do.
func enveloped(c *gin.Context, s maintenance.State) {
	c.JSON(http.StatusOK, gin.H{"code": 50301, "msg": s.Message, "data": nil})
}

func TestAnswerInTheApplicationsOwnForm(t *testing.T) {
	const own = `{"code":50301,"data":null,"msg":"Back soon"}`
	m := inState(t, maintenance.State{Level: maintenance.On, Message: "Back soon", Reason: "secret", ChangedBy: "ada"})
	s := serving(t, Config{Mode: m, Answer: enveloped})
	for accept, want := range map[string]string{
		"application/json, text/plain, */*": own, "*/*": own, "": own,
		"text/html": builtIn, "text/plain": "Back soon\n",
	} {
		answer := ask(s, http.MethodPost, "/", header("Accept", accept))
		assert.Equal(t, http.StatusServiceUnavailable, answer.Code, "whatever it says")
		assert.Contains(t, answer.Body.String(), want, accept)
		assert.Equal(t, []string{"no-store"}, answer.Header().Values("Cache-Control"))
		assert.Equal(t, []string{"on"}, answer.Header().Values("Maintenance-Mode"))
		assert.Equal(t, []string{strconv.Itoa(answer.Body.Len())}, answer.Header().Values("Content-Length"))
		assertWait(t, 60, answer.Header())
	}
	get, head := ask(s, http.MethodGet, "/"), ask(s, http.MethodHead, "/")
	assert.Equal(t, []string{"application/json; charset=utf-8"}, head.Header().Values("Content-Type"))
	assert.Equal(t, get.Header().Get("Content-Length"), head.Header().Get("Content-Length"))
	assert.Empty(t, head.Body.String())
	assert.Zero(t, s.runs.Load())
}

func TestAnswerIsGivenWhatTheOthersTellAbout(t *testing.T) {
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	var given maintenance.State
	m := inState(t, maintenance.State{Level: maintenance.ReadOnly, End: end, Reason: "secret", ChangedBy: "ada"})
	s := serving(t, Config{Mode: m, Answer: func(c *gin.Context, s maintenance.State) {
		given = s
		assert.Equal(t, http.StatusServiceUnavailable, c.Writer.Status())
		c.JSON(http.StatusOK, gin.H{"wait": c.Writer.Header().Get("Retry-After"), "request": c.Writer.Header().Get("X-Request-Id")})
	}}, func(c *gin.Context) { c.Header("X-Request-Id", "7") })
	s.POST("/closed", ForceOn)
	answer := ask(s, http.MethodPost, "/")
	assert.Equal(t, maintenance.ReadOnly, given.Level)
	assert.Equal(t, end, given.End)
	assert.Empty(t, given.Reason+given.ChangedBy)
	assert.JSONEq(t, `{"wait":"`+answer.Header().Get("Retry-After")+`","request":"7"}`, answer.Body.String())
	ask(s, http.MethodPost, "/closed")
	assert.Equal(t, maintenance.On, given.Level, "in force for the route")
}

// TestAnswerThatDoesMore: what Answer does beside writing a body.
func TestAnswerThatDoesMore(t *testing.T) {
	const fallsBack = `"type":"about:blank"`
	cases := map[string]struct {
		answer func(*gin.Context)
		body   string
		kind   string
		says   string // in the log; "" for nothing
	}{
		"writes text":           {func(c *gin.Context) { c.String(http.StatusOK, "down") }, "down", "text/plain; charset=utf-8", ""},
		"writes without a type": {func(c *gin.Context) { _, _ = c.Writer.WriteString("{}") }, "{}", "application/json; charset=utf-8", ""},
		"writes by pieces": {func(c *gin.Context) {
			_, _ = io.WriteString(c.Writer, "{")
			c.Writer.Flush()
			_, _ = c.Writer.Write([]byte("}"))
		}, "{}", "application/json; charset=utf-8", ""},
		"writes nothing":            {func(*gin.Context) {}, fallsBack, "application/problem+json", "it wrote nothing"},
		"writes a status alone":     {func(c *gin.Context) { c.Status(http.StatusTeapot) }, fallsBack, "application/problem+json", "it wrote nothing"},
		"aborts with a status":      {func(c *gin.Context) { c.AbortWithStatus(http.StatusTeapot) }, fallsBack, "application/problem+json", "it wrote nothing"},
		"answers without a body":    {func(c *gin.Context) { c.JSON(http.StatusNoContent, 1) }, fallsBack, "application/problem+json", "it wrote nothing"},
		"aborts with JSON":          {func(c *gin.Context) { c.AbortWithStatusJSON(http.StatusTeapot, 1) }, "1", "application/json; charset=utf-8", ""},
		"panics":                    {func(*gin.Context) { panic("no database") }, fallsBack, "application/problem+json", "no database"},
		"panics in the middle":      {func(c *gin.Context) { c.String(200, "half"); c.Header("X-Half", "1"); panic("no database") }, fallsBack, "application/problem+json", "no database"},
		"calls on":                  {func(c *gin.Context) { c.Next(); c.String(200, "down") }, "down", "text/plain; charset=utf-8", ""},
		"replaces the writer":       {func(c *gin.Context) { c.Writer = &capturing{header: http.Header{}}; c.String(200, "lost") }, fallsBack, "application/problem+json", "it wrote nothing"},
		"takes over the connection": {func(c *gin.Context) { _, _, err := c.Writer.Hijack(); c.String(200, "%v", err) }, http.ErrNotSupported.Error(), "text/plain; charset=utf-8", ""},
		"sets headers": {func(c *gin.Context) {
			publish(c.Writer.Header())
			c.Header("Retry-After", "7")
			c.Header("Maintenance-Mode", "off")
			c.Header("Content-Length", "7")
			c.Header("X-Own", "1")
			c.JSON(200, "down")
		}, `"down"`, "application/json; charset=utf-8", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var log journal
			s := serving(t, Config{Mode: at(t, maintenance.On), Logger: log.logger(), Answer: func(c *gin.Context, _ maintenance.State) { tc.answer(c) }})
			for range 3 {
				answer := ask(s, http.MethodGet, "/")
				assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
				assert.Contains(t, answer.Body.String(), tc.body)
				assert.Equal(t, []string{tc.kind}, answer.Header().Values("Content-Type"))
				assert.Equal(t, []string{"no-store"}, answer.Header().Values("Cache-Control"))
				assert.Equal(t, []string{"on"}, answer.Header().Values("Maintenance-Mode"))
				assert.Equal(t, strconv.Itoa(answer.Body.Len()), answer.Header().Get("Content-Length"))
				for name := range forCaches {
					assert.True(t, name == "Cache-Control" || len(answer.Header().Values(name)) == 0, name)
				}
				assert.Equal(t, name == "sets headers", answer.Header().Get("X-Own") == "1")
				assert.Empty(t, answer.Header().Get("X-Half"), "as if it had not been called")
				assertWait(t, 60, answer.Header())
			}
			assert.Zero(t, s.runs.Load())
			if tc.says == "" {
				assert.Empty(t, log.lines())
			} else if assert.Len(t, log.lines(), 1, "once, however many ask") {
				assert.Contains(t, log.String(), tc.says)
				assert.Contains(t, log.String(), "Config.Answer")
			}
		})
	}
}

func TestAnAnswerIsNeverKept(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), RetryAfter: time.Minute, Answer: func(c *gin.Context, _ maintenance.State) {
		c.JSON(http.StatusOK, c.Query("name"))
	}})
	for _, name := range []string{"ada", "grace"} {
		assert.Equal(t, `"`+name+`"`, ask(s, http.MethodGet, "/?name="+name).Body.String())
	}
}

func TestAnswerThatAbortsTheConnection(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), Answer: func(*gin.Context, maintenance.State) { panic(http.ErrAbortHandler) }})
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { ask(s, http.MethodGet, "/") })
}

// TestFunctionsThatAreLate: what hangs on a table under migration ends with its
// request's context, and the visitor gets the answer that needs none of it.
func TestFunctionsThatAreLate(t *testing.T) {
	hang := func(c *gin.Context) { <-c.Request.Context().Done() }
	for name, tc := range map[string]struct {
		cfg  Config
		body string
	}{
		"Answer":          {Config{Answer: func(c *gin.Context, _ maintenance.State) { hang(c); c.JSON(200, "late") }}, "about:blank"},
		"TemplateContext": {Config{Format: htmlForAll, TemplateContext: func(c *gin.Context) gin.H { hang(c); return nil }}, builtIn},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				tc.cfg.Mode, tc.cfg.Logger = at(t, maintenance.On), log.logger()
				s := serving(t, tc.cfg)
				for range 3 {
					begin := time.Now()
					answer := ask(s, http.MethodGet, "/")
					assert.Equal(t, longestCall, time.Since(begin))
					assert.Contains(t, answer.Body.String(), tc.body)
				}
				require.Len(t, log.lines(), 1)
				assert.Contains(t, log.String(), "it took longer than 2s")
			})
		})
	}
}
