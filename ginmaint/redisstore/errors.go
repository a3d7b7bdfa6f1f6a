package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"
)

// remedies say what to do about an error that Redis answers with, by how it
// begins. The first that fits counts.
var remedies = []struct{ prefix, remedy string }{
	{"WRONGPASS", "check the client's user name and password"},
	{"NOAUTH", "give the client the user name and password that Redis asks for"},
	{"Protocol error: unauthenticated", "give the client the user name and password that Redis asks for"},
	{"invalid password", "check the client's password"},
	{"Client sent AUTH", "take the password out of the client's options, or set one in Redis"},
	{"AUTH ", "take the password out of the client's options, or set one in Redis"},
	{"NOPERM", "allow the Redis user what the package's documentation lists"},
	{"The user executing the script", "allow the Redis user what the package's documentation lists"},
	{"WRONGTYPE", "choose another Prefix or Name, or remove that key"},
	{"READONLY", "connect the client to the master, or through a cluster or the Sentinels that know it"},
	{"OOM", "raise Redis's maxmemory or free some of it"},
	{"MISCONF", "see why Redis can't write its data to disk, in its log"},
	{"NOREPLICAS", "bring back the replicas that min-replicas-to-write asks for"},
	{"LOADING", "try again when Redis has read its data"},
	{"BUSY", "try again when the script that keeps Redis busy has ended"},
	{"CLUSTERDOWN", "bring the cluster back to a state in which all slots are served"},
	{"MASTERDOWN", "bring the master back, or let a replica take over"},
	{"max number of clients reached", "raise Redis's maxclients, or lower the pools of its clients"},
	{"unknown command", "use Redis 7.0 or later, and leave the script commands enabled"},
}

// explain says what did not happen, why, and what to do. An error that Redis
// or the client gives names addresses and keys, never a password.
func explain(what string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("redisstore: %s: %w", what, err)
	}
	return fmt.Errorf("redisstore: %s: %w; %s", what, err, remedy(err))
}

func remedy(err error) string {
	for _, r := range remedies {
		if prefixed(err, r.prefix) {
			return r.remedy
		}
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "give it more time"
	case errors.Is(err, redis.ErrClosed):
		return "keep the client open for as long as the store is in use"
	case answered(err):
		return "see Redis's log"
	}
	return "check that Redis runs at the client's address and can be reached from here"
}

// unknown is the error of a save that may have been stored.
func unknown(err error) error {
	return fmt.Errorf("redisstore: whether the state was saved can't be known: %w; %s, and load the state before you decide again",
		err, remedy(err))
}

// unproven is why no drain can be proven on a server that does not tell its lineage.
func unproven(why string) error {
	return fmt.Errorf("redisstore: this server does not tell which one it is (%s), so a fail-over to a copy that lags behind "+
		"would not be noticed; if it never loses a write that it has acknowledged, say so by redisstore.AssumeNothingLost, or assume=nothing-lost in the store's URL", why)
}

// known tells whether an error means that nothing was stored. A server that is
// just starting or losing its office may have stored what an earlier try of
// the client brought.
func known(err error) bool {
	for _, moving := range []string{"LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN"} {
		if prefixed(err, moving) {
			return false
		}
	}
	return answered(err) || errors.Is(err, redis.ErrClosed)
}

// answered tells whether the error is Redis's own answer.
func answered(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

// prefixed tells how Redis's answer begins, wherever in err it is.
func prefixed(err error, prefix string) bool {
	var reply redis.Error
	return errors.As(err, &reply) && redis.HasErrorPrefix(reply, prefix)
}

// timedOut tells whether nothing came in time, on a connection that may be whole.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
