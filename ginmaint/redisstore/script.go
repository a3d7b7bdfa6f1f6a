package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed lua/prelude.lua
	prelude string
	//go:embed lua/load.lua
	loadSource string
	//go:embed lua/swap.lua
	swapSource string
	//go:embed lua/history.lua
	historySource string
	//go:embed lua/join.lua
	joinSource string
	//go:embed lua/renew.lua
	renewSource string
	//go:embed lua/remove.lua
	removeSource string
	//go:embed lua/replicas.lua
	replicasSource string

	loadScript     = compose(loadSource)
	swapScript     = compose(swapSource)
	historyScript  = compose(historySource)
	joinScript     = compose(joinSource)
	renewScript    = compose(renewSource)
	removeScript   = compose(removeSource)
	replicasScript = compose(replicasSource)
)

// These stand for errors of the client that look like the end of a context.
var (
	errGaveUp      = errors.New("the client gave up connecting")
	errNoHandshake = errors.New("the server was reached, and did not answer the TLS handshake in time")
)

// script is a Lua script and the hash that the server knows it by.
type script struct{ source, hash string }

func compose(source string) script {
	source = prelude + source
	return script{source, redis.NewScript(source).Hash()}
}

// run runs a script, all its keys in keys, and returns what it returned. A
// client waits for an answer as long as its own timeouts say, whatever becomes
// of the context; run returns when the context ends, and leaves the client to
// its timeout. The script may then still run.
func (s *Store) run(ctx context.Context, script script, keys []string, args ...any) (any, error) {
	return within(ctx, func() (any, error) { return eval(ctx, s.client, script, keys, args) })
}

// within returns what ask does, or the context's error when it ends: ask is left alone then.
func within(ctx context.Context, ask func() (any, error)) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if ctx.Done() == nil {
		return ask()
	}
	type answer struct {
		reply any
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		reply, err := ask()
		answered <- answer{reply, err}
	}()
	select {
	case a := <-answered:
		return a.reply, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// evaluator is a client, or one of its connections.
type evaluator interface {
	Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd
	EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd
}

// eval names the script by its hash, and sends it whole to a server that does
// not know it yet. EVAL and EVALSHA go to the master, also where a cluster's
// client sends reads to replicas.
func eval(ctx context.Context, on evaluator, script script, keys []string, args []any) (any, error) {
	reply, err := on.EvalSha(ctx, script.hash, keys, args...).Result()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		reply, err = on.Eval(ctx, script.source, keys, args...).Result()
	}
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded): // the client's own bound
		var network *net.OpError // the connection itself
		if encrypts(on) && !errors.As(err, &network) {
			return nil, errNoHandshake
		}
		return nil, errGaveUp
	case err != nil:
		return nil, scripted{err, script}
	}
	return reply, nil
}

// encrypts tells whether a client speaks TLS, as far as it tells.
func encrypts(client evaluator) bool {
	switch c := client.(type) {
	case interface{ Options() *redis.Options }:
		return c.Options().TLSConfig != nil
	case *redis.ClusterClient:
		return c.Options().TLSConfig != nil
	}
	return false
}

// list returns a script's answer of at least this many parts. A proxy, or a
// server that only resembles Redis, may answer otherwise.
func list(reply any, least int) ([]any, error) {
	parts, ok := reply.([]any)
	if !ok || len(parts) < least {
		return nil, fmt.Errorf("a script was answered with a %T that it can't return; connect to Redis itself", reply)
	}
	return parts, nil
}

// at returns part i, nil where the answer ends before: Redis may leave out
// what is nil at the end.
func at(parts []any, i int) any {
	if i < len(parts) {
		return parts[i]
	}
	return nil
}

// text returns a part of an answer as it came.
func text(part any) string {
	t, _ := part.(string)
	return t
}

// microseconds returns a time of the server's clock, the zero time where part
// is none.
func microseconds(part any) time.Time {
	n, err := strconv.ParseInt(text(part), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
