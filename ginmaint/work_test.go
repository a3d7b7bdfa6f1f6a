package ginmaint

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// patience bounds what a test waits for.
const patience = time.Minute

func TestExtendIsCountedBeyondTheHandler(t *testing.T) {
	mode := at(t, maintenance.Off)
	s := serving(t, Config{Mode: mode, IgnoreURLs: []string{"^/exempt$"}})
	begun, goOn := make(chan struct{}), make(chan struct{})
	var bill maintenance.Ticket
	s.POST("/stream", func(c *gin.Context) {
		close(begun)
		<-goOn
		var ok bool
		bill, ok = Extend(c, mode)
		assert.True(t, ok)
	})
	free := func(c *gin.Context) {
		ticket, ok := Extend(c, mode)
		assert.True(t, ok, "the request runs")
		assert.Zero(t, ticket, "and no drain waits for it")
		c.Status(http.StatusOK)
	}
	s.GET("/healthz", ForceOff, free)
	s.GET("/exempt", free)

	answered := make(chan struct{})
	go func() {
		defer close(answered)
		ask(s, http.MethodPost, "/stream")
	}()
	<-begun
	require.NoError(t, mode.On(t.Context()))
	ask(s, http.MethodGet, "/healthz")
	ask(s, http.MethodGet, "/exempt")
	close(goOn)
	<-answered

	ctx, cancel := context.WithCancel(t.Context())
	_, err := mode.Drain(ctx, maintenance.OnProgress(func(r maintenance.Report) {
		if len(r.Pending) == 1 && r.Pending[0].Replica.Writes == 1 {
			cancel()
		}
	}))
	require.ErrorIs(t, err, maintenance.ErrNotDrained, "the handler has returned, and its work goes on")
	bill.Leave()
	_, err = mode.Drain(t.Context())
	assert.NoError(t, err)
}

// uploading opens a connection and sends half a request, and returns once the
// handler has begun.
func uploading(t *testing.T, server *httptest.Server, begun <-chan struct{}) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
	require.NoError(t, err)
	<-begun
	return conn
}

func TestEndAfterEndsAStalledUpload(t *testing.T) {
	var told journal
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore(), maintenance.Name("shop-1"), maintenance.Logger(told.logger()))
	require.NoError(t, err)
	defer func() { assert.NoError(t, mode.Close()) }()
	s := serving(t, Config{Mode: mode, EndAfter: 50 * time.Millisecond})
	begun := make(chan struct{}, 1)
	why := make(chan error, 2)
	s.POST("/upload", func(c *gin.Context) {
		begun <- struct{}{}
		_, err := io.ReadAll(c.Request.Body)
		assert.Error(t, err)
		why <- context.Cause(c.Request.Context())
	})
	server := listening(t, s) // which waits for the upload, and so closes after its connection
	conn := uploading(t, server, begun)
	uploading(t, server, begun)

	require.NoError(t, mode.On(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	report, err := mode.Drain(ctx)
	require.NoError(t, err, "the uploads were ended")
	assert.ErrorIs(t, <-why, maintenance.ErrRefused)
	require.Len(t, report.Ended, 1)
	assert.Equal(t, []maintenance.Running{{Work: "POST /upload", Count: 2, For: 50 * time.Millisecond}}, report.Ended[0].Ended)
	assert.Contains(t, report.String(), "shop-1")
	assert.Contains(t, report.String(), "ended by force: 2 × POST /upload")
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	_, err = bufio.NewReader(conn).ReadString(0)
	assert.ErrorIs(t, err, io.EOF, "its connection is closed")

	require.NoError(t, mode.Off(t.Context()))
	assert.Equal(t, 1, strings.Count(told.String(), "ended by force"), "one line for all of a drain")
	assert.Contains(t, told.String(), "2 × POST /upload")
	answer, err := server.Client().Get(server.URL + "/")
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, http.StatusOK, answer.StatusCode, "other connections go on")
	require.NoError(t, mode.On(t.Context()))
	report, err = mode.Drain(ctx)
	require.NoError(t, err)
	assert.Empty(t, report.Ended, "the next drain is another")
}

func TestEndAfterEndsNobodyTooSoon(t *testing.T) {
	mode := at(t, maintenance.Off)
	var told journal
	s := serving(t, Config{Mode: mode, EndAfter: patience, Logger: told.logger()})
	begun, goOn := make(chan struct{}), make(chan struct{})
	s.GET("/work", func(c *gin.Context) {
		close(begun)
		<-goOn
		assert.NoError(t, c.Request.Context().Err())
		c.String(http.StatusOK, "done")
	})
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- ask(s, http.MethodGet, "/work") }()
	<-begun
	require.NoError(t, mode.On(t.Context()))
	close(goOn)
	assert.Equal(t, "done", (<-done).Body.String())
	assert.Empty(t, told.String())
}

func TestEndAfterIsCheckedAtTheStart(t *testing.T) {
	err := Config{EndAfter: -time.Second}.Validate()
	require.Error(t, err)
	assert.True(t, strings.Contains(err.Error(), "EndAfter -1s: a wait is not negative"), err)
}

func TestATimeoutBehindIsNamedOnce(t *testing.T) {
	var told journal
	s := &service{Engine: gin.New()}
	s.Use(timeoutInFront, New(Config{Mode: at(t, maintenance.Off), Logger: told.logger()}))
	s.GET("/", timeoutBehind, s.handle)
	s.GET("/other", timeoutBehind, s.handle)
	for range 2 {
		ask(s, http.MethodGet, "/")
		ask(s, http.MethodGet, "/other")
	}
	assert.Equal(t, 1, strings.Count(told.String(), "a time-out behind the middleware"), told.String())
	assert.Contains(t, told.String(), "timeoutBehind")
	assert.NotContains(t, told.String(), "timeoutInFront")
}

func timeoutInFront(*gin.Context) {}
func timeoutBehind(*gin.Context)  {}

// What is declared of a request is kept, whether anybody drains or not.
func TestWorkLimitEndsWhatLastsLonger(t *testing.T) {
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore(),
		maintenance.FailClosed(patience), maintenance.WorkLimit(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	var told journal
	s := serving(t, Config{Mode: mode, Logger: told.logger()})
	begun := make(chan struct{}, 1)
	why := make(chan error, 1)
	s.POST("/upload", func(c *gin.Context) {
		begun <- struct{}{}
		_, err := io.ReadAll(c.Request.Body)
		assert.Error(t, err)
		why <- context.Cause(c.Request.Context())
	})
	server := httptest.NewServer(s)
	defer server.Close()
	for range 2 {
		conn := uploading(t, server, begun)
		require.ErrorIs(t, <-why, context.DeadlineExceeded)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
		_, err = bufio.NewReader(conn).ReadString(0)
		require.ErrorIs(t, err, io.EOF, "its connection is closed")
	}
	assert.Equal(t, 1, strings.Count(told.String(), "it lasted longer than the WorkLimit"))
	assert.Contains(t, told.String(), "route=/upload")

	answer, err := server.Client().Get(server.URL + "/")
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, http.StatusOK, answer.StatusCode, "others go on")
}
