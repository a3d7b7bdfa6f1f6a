package neighbours

import (
	"net/http"
	"testing"

	"github.com/getsentry/sentry-go"
	sentrygin "github.com/getsentry/sentry-go/gin"
	ginzap "github.com/gin-contrib/zap"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestZap(t *testing.T) {
	core, seen := observer.New(zap.InfoLevel)
	r := gin.New()
	r.Use(ginzap.GinzapWithConfig(zap.New(core), &ginzap.Config{Skipper: ginmaint.Refused}), gate(switchAt(t, maintenance.On)))
	r.GET("/healthz", ginmaint.ForceOff, ok)
	server := serve(t, r)
	ask(t, server, "GET", "/")
	assert.Zero(t, seen.Len(), "a refusal is no fault of the service")
	ask(t, server, "GET", "/healthz")
	require.Equal(t, 1, seen.Len())
	assert.EqualValues(t, http.StatusOK, seen.All()[0].ContextMap()["status"])
}

// Nothing of ours panics, and a refusal is no event.
func TestSentry(t *testing.T) {
	events := 0
	require.NoError(t, sentry.Init(sentry.ClientOptions{
		BeforeSend: func(*sentry.Event, *sentry.EventHint) *sentry.Event { events++; return nil },
	}))
	r := gin.New()
	r.Use(sentrygin.New(sentrygin.Options{}), gate(switchAt(t, maintenance.On)))
	r.GET("/broken", ginmaint.ForceOff, func(*gin.Context) { panic("broken") })
	server := serve(t, r)
	answer, _ := ask(t, server, "GET", "/")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Zero(t, events)
	ask(t, server, "GET", "/broken")
	assert.Equal(t, 1, events, "what is one is seen")
}

func TestOtelgin(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	r := gin.New()
	r.Use(otelgin.Middleware("shop", otelgin.WithTracerProvider(provider)), gate(switchAt(t, maintenance.On)))
	r.GET("/orders/:id", ok)
	ask(t, serve(t, r), "GET", "/orders/7")
	require.Len(t, spans.Ended(), 1)
	assert.Contains(t, spans.Ended()[0].Attributes(), attribute.Int("http.response.status_code", http.StatusServiceUnavailable))
	assert.Contains(t, spans.Ended()[0].Attributes(), attribute.String("http.route", "/orders/:id"))
}
