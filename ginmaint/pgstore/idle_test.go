package pgstore_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

// counter counts the statements of a pool.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// What an idle replica costs: each Poll a heartbeat, and a question whether the connection
// that listens still does, which is asked no more often than that.
func TestStatementsOfAnIdleReplica(t *testing.T) {
	t.Parallel()
	const poll, polls = 500 * time.Millisecond, 4
	_, plain := fresh(t)
	var sent counter
	store := pgstore.New(connect(t, plain.Config().ConnString(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = &sent }))
	store.Hurry(10*time.Millisecond, 10*time.Second)
	mode, err := maintenance.Open(t.Context(), store, maintenance.Poll(poll), maintenance.FreshStore())
	require.NoError(t, err)
	defer func() { require.NoError(t, mode.Close()) }()
	<-time.After(poll) // what opening asked for is over
	before := sent.n.Load()
	<-time.After(polls * poll) // what is measured
	assert.InDelta(t, 2*polls, sent.n.Load()-before, 3)
}
