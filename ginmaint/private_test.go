package ginmaint

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// forCaches are headers by which some cache keeps an answer, one in a spelling that
// http.Header does not give it.
var forCaches = map[string]string{
	"Cache-Control":                "public, max-age=600",
	"CDN-Cache-Control":            "max-age=600",
	"Cloudflare-CDN-Cache-Control": "max-age=600",
	"Surrogate-Control":            "max-age=600",
	"Edge-Control":                 "!no-store, max-age=600",
	"X-Accel-Expires":              "600",
	"Expires":                      "Fri, 31 Dec 2099 23:59:59 GMT",
	"x-litespeed-cache-control":    "public, max-age=600",
}

// publish sets them all.
func publish(h http.Header) {
	for name, value := range forCaches {
		h[name] = []string{value}
	}
}

// assertPrivate checks that no cache keeps the answer.
func assertPrivate(t *testing.T, h http.Header) {
	t.Helper()
	for name := range forCaches {
		if name != "Cache-Control" {
			assert.Empty(t, h.Values(name), name)
		}
	}
	assert.Equal(t, []string{"private, no-store"}, h.Values("Cache-Control"))
}

// exempting returns a service at level on, all of whose visitors are exempt.
func exempting(t *testing.T, before ...gin.HandlerFunc) *service {
	t.Helper()
	s := &service{Engine: gin.New()}
	s.Use(append(before, New(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreAnonymous: true}))...)
	return s
}

// listening serves it over a connection.
func listening(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = nil
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func TestAnExemptAnswerIsPrivateHoweverItIsWritten(t *testing.T) {
	upstream := listening(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		publish(w.Header())
		_, _ = io.WriteString(w, "staff")
	}))
	to, err := url.Parse(upstream.URL)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	for name, handle := range map[string]gin.HandlerFunc{
		"nothing, Gin writes the header": func(*gin.Context) {},
		"a status alone":                 func(c *gin.Context) { c.Status(http.StatusAccepted) },
		"WriteHeaderNow":                 func(c *gin.Context) { c.Writer.WriteHeaderNow() },
		"Write":                          func(c *gin.Context) { _, _ = c.Writer.Write([]byte("staff")) },
		"WriteString":                    func(c *gin.Context) { _, _ = c.Writer.WriteString("staff") },
		"Flush":                          func(c *gin.Context) { c.Writer.Flush() },
		"a ResponseController's Flush":   func(c *gin.Context) { _ = http.NewResponseController(c.Writer).Flush() },
		"io.Copy":                        func(c *gin.Context) { _, _ = io.Copy(c.Writer, io.LimitReader(strings.NewReader("staff"), 9)) },
		"JSON":                           func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"a": 1}) },
		"a redirect":                     func(c *gin.Context) { c.Redirect(http.StatusMovedPermanently, "/") },
		"an abort":                       func(c *gin.Context) { c.AbortWithStatus(http.StatusNotFound) },
		"an event stream":                func(c *gin.Context) { c.Stream(func(io.Writer) bool { c.SSEvent("a", 1); return false }) },
		"a file": func(c *gin.Context) {
			http.ServeContent(c.Writer, c.Request, "a.txt", time.Now(), strings.NewReader("staff"))
		},
		"a reverse proxy": func(c *gin.Context) { proxy.ServeHTTP(c.Writer, c.Request) },
		"a panic":         func(*gin.Context) { panic("broken") },
		"http.Error":      func(c *gin.Context) { http.Error(c.Writer, "broken", http.StatusInternalServerError) },
	} {
		t.Run(name, func(t *testing.T) {
			s := exempting(t, gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) {
				c.AbortWithStatus(http.StatusInternalServerError)
			}))
			s.GET("/", func(c *gin.Context) {
				publish(c.Writer.Header())
				handle(c)
			})
			answer, _ := over(t, listening(t, s), http.MethodGet, "/", "*/*", nil)
			assertPrivate(t, answer.Header)
		})
	}
}

func TestAnExemptAnswerIsPrivateWhoeverWritesIt(t *testing.T) {
	t.Run("middleware in front, afterwards", func(t *testing.T) {
		s := exempting(t, func(c *gin.Context) {
			c.Next()
			publish(c.Writer.Header())
			c.String(http.StatusInternalServerError, "%v", c.Errors)
		})
		s.GET("/", func(c *gin.Context) { _ = c.Error(errors.New("no such product")) })
		answer, _ := over(t, listening(t, s), http.MethodGet, "/", "*/*", nil)
		assertPrivate(t, answer.Header)
	})
	t.Run("a writer in front that holds the headers back", func(t *testing.T) {
		s := exempting(t, func(c *gin.Context) {
			held := &capturing{header: make(http.Header)}
			below := c.Writer
			c.Writer = held
			c.Next()
			for name, lines := range held.header {
				below.Header()[name] = lines
			}
			_, _ = below.Write(held.body.Bytes())
		})
		s.GET("/", func(c *gin.Context) {
			c.String(http.StatusOK, "staff")
			publish(c.Writer.Header())
		})
		answer, body := over(t, listening(t, s), http.MethodGet, "/", "*/*", nil)
		assertPrivate(t, answer.Header)
		assert.Equal(t, "staff", body)
	})
	t.Run("Gin, for a path without a route", func(t *testing.T) {
		s := exempting(t, func(c *gin.Context) { publish(c.Writer.Header()) })
		answer, _ := over(t, listening(t, s), http.MethodGet, "/nowhere", "*/*", nil)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode)
		assertPrivate(t, answer.Header)
	})
}

func TestAnExemptAnswerKeepsItsOtherHeaders(t *testing.T) {
	s := exempting(t)
	own := map[string]string{"ETag": `"7"`, "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Disposition": "attachment",
		"Content-Type": "text/csv", "Set-Cookie": "a=b", "Vary": "Cookie", "X-Accel-Redirect": "/protected/a"}
	s.GET("/", func(c *gin.Context) {
		for name, value := range own {
			c.Header(name, value)
		}
		c.Status(http.StatusOK)
	})
	answer, _ := over(t, listening(t, s), http.MethodGet, "/", "*/*", nil)
	for name, value := range own {
		assert.Equal(t, []string{value}, answer.Header.Values(name), name)
	}
}

// A rewriting route that leads to an asset leads to the same answer as the asset's
// own.
func TestAnExemptRequestHandedOnToAForceOffRoute(t *testing.T) {
	s := exempting(t)
	s.GET("/logo", func(c *gin.Context) {
		c.Request.URL.Path = "/logo.svg"
		s.HandleContext(c)
	})
	s.GET("/logo.svg", ForceOff, func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=60")
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
	})
	answer, _ := over(t, listening(t, s), http.MethodGet, "/logo", "*/*", nil)
	assert.Equal(t, "public, max-age=60", answer.Header.Get("Cache-Control"))
}

// Whoever is told 304 shows the page that was kept before the maintenance.
func TestAnExemptRequestIsNotConditional(t *testing.T) {
	page := func(c *gin.Context) {
		c.Header("ETag", `"7"`)
		http.ServeContent(c.Writer, c.Request, "a.txt", time.Unix(1, 0), strings.NewReader("the page"))
	}
	for name, ask := range map[string]func(*http.Request){
		"If-None-Match": func(r *http.Request) { r.Header.Set("If-None-Match", `"7"`) },
		"If-Modified-Since": func(r *http.Request) {
			r.Header.Set("If-Modified-Since", time.Unix(1, 0).UTC().Format(http.TimeFormat))
		},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			t.Run(name+", "+method, func(t *testing.T) {
				status := func(s *service) int {
					s.Handle(method, "/page", page)
					server := listening(t, s)
					r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/page", nil)
					require.NoError(t, err)
					ask(r)
					answer, err := server.Client().Do(r)
					require.NoError(t, err)
					answer.Body.Close()
					return answer.StatusCode
				}
				assert.Equal(t, http.StatusOK, status(exempting(t)))
				assert.Equal(t, http.StatusNotModified, status(serving(t, Config{Mode: at(t, maintenance.ReadOnly)})), "admitted like everybody")
			})
		}
	}
	t.Run("a write keeps its precondition", func(t *testing.T) {
		s := exempting(t)
		s.PUT("/page", func(c *gin.Context) { c.String(http.StatusOK, c.GetHeader("If-None-Match")) })
		assert.Equal(t, "*", ask(s, http.MethodPut, "/page", header("If-None-Match", "*")).Body.String())
	})
}

func TestAnExemptRequestHasAllThatGinsWriterHas(t *testing.T) {
	get := func(t *testing.T, handle gin.HandlerFunc) string {
		t.Helper()
		s := exempting(t)
		s.GET("/", handle)
		_, body := over(t, listening(t, s), http.MethodGet, "/", "*/*", nil)
		return body
	}
	t.Run("Flush sends what is written", func(t *testing.T) {
		s, goOn := exempting(t), make(chan struct{})
		s.GET("/", func(c *gin.Context) {
			_, _ = c.Writer.WriteString("first\n")
			c.Writer.Flush()
			<-goOn
		})
		defer close(goOn)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, listening(t, s).URL, nil)
		require.NoError(t, err)
		answer, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		line, err := bufio.NewReader(answer.Body).ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, "first\n", line)
	})
	t.Run("Hijack", func(t *testing.T) {
		s := exempting(t)
		s.GET("/", func(c *gin.Context) {
			connection, _, err := c.Writer.Hijack()
			if assert.NoError(t, err) {
				_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n")
				assert.NoError(t, connection.Close())
			}
		})
		connection, err := net.Dial("tcp", listening(t, s).Listener.Addr().String())
		require.NoError(t, err)
		defer connection.Close()
		_, err = io.WriteString(connection, "GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n")
		require.NoError(t, err)
		status, err := bufio.NewReader(connection).ReadString('\n')
		require.NoError(t, err)
		assert.Contains(t, status, "101")
	})
	t.Run("a ResponseController reaches the connection", func(t *testing.T) {
		assert.Equal(t, "<nil> <nil> <nil>", get(t, func(c *gin.Context) {
			control := http.NewResponseController(c.Writer)
			c.String(http.StatusOK, "%v %v %v", control.SetReadDeadline(time.Now().Add(time.Minute)),
				control.SetWriteDeadline(time.Now().Add(time.Minute)), control.EnableFullDuplex())
		}))
	})
	t.Run("status, size and whether it is written", func(t *testing.T) {
		get(t, func(c *gin.Context) {
			assert.False(t, c.Writer.Written())
			c.String(http.StatusTeapot, "staff")
			assert.True(t, c.Writer.Written())
			assert.Equal(t, 5, c.Writer.Size())
			assert.Equal(t, http.StatusTeapot, c.Writer.Status())
		})
	})
	t.Run("CloseNotify", func(t *testing.T) {
		s, gone := exempting(t), make(chan bool, 1)
		begun := make(chan struct{})
		s.GET("/", func(c *gin.Context) {
			notify := c.Writer.CloseNotify()
			close(begun)
			gone <- <-notify
		})
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, listening(t, s).URL, nil)
		require.NoError(t, err)
		go func() {
			<-begun
			cancel()
		}()
		_, err = http.DefaultTransport.RoundTrip(r)
		require.ErrorIs(t, err, context.Canceled)
		assert.True(t, <-gone)
	})
	t.Run("Pusher, which HTTP/2 has", func(t *testing.T) {
		for protocol, want := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
			s := exempting(t)
			s.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "%s %t", c.Request.Proto, c.Writer.Pusher() != nil) })
			server := httptest.NewUnstartedServer(s)
			server.EnableHTTP2 = want
			server.TLS = new(tls.Config)
			server.StartTLS()
			defer server.Close()
			answer, err := server.Client().Get(server.URL)
			require.NoError(t, err)
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprint(protocol, " ", want), string(body))
		}
	})
	t.Run("a faster way to copy, where a writer in front has one", func(t *testing.T) {
		var fast *copier
		s := exempting(t, func(c *gin.Context) {
			fast = &copier{ResponseWriter: c.Writer}
			c.Writer = fast
		})
		s.GET("/", func(c *gin.Context) {
			http.ServeContent(c.Writer, c.Request, "a.txt", time.Now(), bytes.NewReader([]byte("staff")))
		})
		_, body := over(t, listening(t, s), http.MethodGet, "/", "*/*", nil)
		assert.Equal(t, "staff", body)
		assert.EqualValues(t, 5, fast.copied)
	})
}

// copier is a writer that knows a faster way to copy.
type copier struct {
	gin.ResponseWriter
	copied int64
}

func (c *copier) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(c.ResponseWriter, r)
	c.copied += n
	return n, err
}
