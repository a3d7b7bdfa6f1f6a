package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// vouchedBy is the option by which a server's owner vouches.
const vouchedBy = "redisstore.AssumeNothingLost"

// word is what scripts are told of the owner's word. It counts for clients that can have
// a join confirmed.
func (s *Store) word() string {
	if s.vouched && s.pins() {
		return "+"
	}
	return "-"
}

// join runs the script of that name. Where the owner vouches, every copy that the master
// knows has the entry before join returns: so no fail-over loses it.
func (s *Store) join(ctx context.Context, before string, mine, unknown entry) (any, error) {
	keys := []string{s.keys.roster}
	args := []any{mine.id, mine.text, s.word() + before, unknown.text, rand.Text(), s.keys.replicas}
	if s.word() == "-" {
		return s.run(ctx, joinScript, keys, args...)
	}
	return within(ctx, func() (any, error) {
		conn, err := s.pin(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { _ = conn.Close() }() // back to the pool
		reply, err := eval(ctx, conn, joinScript, keys, args)
		if err != nil {
			return nil, err
		}
		answer, err := list(reply, 3)
		if err != nil {
			return nil, err
		}
		if copies, _ := answer[2].(int64); copies >= 0 {
			err = confirm(ctx, conn, copies)
		}
		return reply, err
	})
}

// confirm checks what the owner has declared as far as the server tells, and waits until
// its copies have what conn has written.
func confirm(ctx context.Context, conn *redis.Conn, copies int64) error {
	if setting(ctx, conn, "appendonly") == "yes" {
		if sync := setting(ctx, conn, "appendfsync"); sync != "" && sync != "always" {
			return denied("appendfsync is "+sync, "a crash may take back what was acknowledged", "set appendfsync to always")
		}
	} else if save := setting(ctx, conn, "save"); save != "" {
		return denied("appendonly is off and save is "+save, "a restart may go back to an older snapshot", "set appendonly to yes and appendfsync to always")
	}
	least, err := strconv.ParseInt(setting(ctx, conn, "min-replicas-to-write"), 10, 64)
	if err == nil && least == 0 && copies > 0 {
		return denied(fmt.Sprintf("min-replicas-to-write is 0 and there are copies (%d)", copies), "a master that was replaced may go on acknowledging", "set min-replicas-to-write to 1 or more")
	}
	if least = max(least, copies); least == 0 {
		return nil
	}
	wait := again
	if end, ok := ctx.Deadline(); ok {
		wait = max(time.Millisecond, time.Until(end)/2) // so that what is missing can be told
	}
	confirmed, err := conn.Wait(ctx, int(least), wait).Result()
	if err == nil && confirmed < least {
		err = unconfirmed(fmt.Sprintf("%d of %d copies have confirmed the entry in time, as %s asks for; see that they follow the master", confirmed, least, vouchedBy))
	}
	return err
}

// setting returns one of the server's settings, empty also where it is not told.
func setting(ctx context.Context, conn *redis.Conn, name string) string {
	all, _ := conn.ConfigGet(ctx, name).Result()
	return all[name]
}

func denied(fact, so, remedy string) error {
	return unconfirmed(fmt.Sprintf("%s says that nothing is lost, but %s: %s; %s, or leave the option out", vouchedBy, fact, so, remedy))
}

// unconfirmed says why an entry may be lost against the owner's word, and what to do.
type unconfirmed string

func (e unconfirmed) Error() string { return string(e) }

// pins tells whether the client can hand out one connection: WAIT is about what was
// written by the same one.
func (s *Store) pins() bool {
	switch s.client.(type) {
	case *redis.ClusterClient, interface{ Conn() *redis.Conn }:
		return true
	}
	return false
}

func (s *Store) pin(ctx context.Context) (*redis.Conn, error) {
	switch c := s.client.(type) {
	case *redis.ClusterClient:
		master, err := c.MasterForKey(ctx, s.keys.roster)
		if err != nil {
			return nil, err
		}
		return master.Conn(), nil
	case interface{ Conn() *redis.Conn }:
		return c.Conn(), nil
	}
	return nil, errors.New("the client hands out no connection")
}
