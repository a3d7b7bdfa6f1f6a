package redisstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// remedies say what to do about an error that Redis answers with, by how it
// begins. The first that fits counts.
var remedies = []struct{ prefix, remedy string }{
	{"WRONGPASS", "check the client's user name and password"},
	{"invalid password", "check the client's user name and password"},
	{"NOAUTH", "give the client the user name and password that Redis asks for"},
	{"Protocol error: unauthenticated", "give the client the user name and password that Redis asks for"},
	{"Client sent AUTH", "take the password out of the client's options, or set one in Redis"},
	{"AUTH ", "take the password out of the client's options, or set one in Redis"},
	{"WRONGTYPE", "choose another Prefix or Switch, or remove that key"},
	{"READONLY", "connect the client to the master, or through a cluster or the Sentinels that know it"},
	{"OOM", "raise Redis's maxmemory or free some of it"},
	{"MISCONF", "see why Redis can't write its data to disk, in its log"},
	{"NOREPLICAS", "bring back the replicas that min-replicas-to-write asks for"},
	{"LOADING", "try again when Redis has read its data"},
	{"BUSY", "try again when the script that keeps Redis busy has ended"},
	{"MOVED", "this Redis is one node of a cluster: use redis.NewClusterClient, or another client that knows them all"},
	{"ASK", "this Redis is one node of a cluster: use redis.NewClusterClient, or another client that knows them all"},
	{"CLUSTERDOWN", "bring the cluster back to a state in which all slots are served"},
	{"MASTERDOWN", "bring the master back, or let a replica take over"},
	{"DB index is out of range", "write another number for the client's DB, or after the slash of the URL: this server has fewer databases"},
	{"max number of clients reached", "raise Redis's maxclients, or lower the pools of its clients"},
	{"unknown command", "scripts are not to be had there: for a Sentinel's port use redis.NewFailoverClient, which asks it for the master; " +
		"on Redis itself leave EVAL and EVALSHA enabled, under these names"},
	{"Unknown command called from", "leave the commands that the package's documentation lists enabled, under their own names"},
	{"Unknown Redis command called from", "leave the commands that the package's documentation lists enabled, under their own names"},
	{"This Redis command is not allowed from", "scripts on this server may not use all commands; the package's documentation lists those that they need"},
}

// explain says what did not happen, why, and what to do. An error that Redis
// or the client gives names addresses and keys, never a password.
func explain(what string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("redisstore: %s: %w", what, err)
	}
	var unconfirmed unconfirmed
	if errors.As(err, &unconfirmed) {
		return fmt.Errorf("redisstore: %s: %w", what, err)
	}
	return fmt.Errorf("redisstore: %s: %w; %s", what, err, remedy(err))
}

func remedy(err error) string {
	if said, ok := answerOf(err); ok {
		return ofReply(said, command(err, said))
	}
	var (
		untrusted x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		misnamed  x509.HostnameError
		plain     tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "give it more time"
	case errors.Is(err, errNoHandshake):
		return "perhaps it speaks no TLS on this port: connect to Redis's tls-port, or without TLS, by redis:// in a URL"
	case errors.Is(err, errGaveUp):
		return "check that Redis runs at the client's address, can be reached from here, and speaks TLS just where the client does"
	case errors.Is(err, redis.ErrClosed):
		return "keep the client open for as long as the store is in use"
	case errors.As(err, &misnamed):
		return "connect by a name that the server's certificate has, or set ServerName in the client's TLSConfig"
	case errors.As(err, &untrusted), errors.As(err, &invalid):
		return "the server's certificate is not trusted: put the one that signed it into RootCAs of the client's TLSConfig, or into the system's"
	case errors.As(err, &plain):
		return "this port speaks no TLS: connect to Redis's tls-port, or without TLS"
	case errors.Is(err, io.EOF):
		return "check that Redis runs at the client's address; a tls-port hangs up on a client without TLS, " +
			"and some proxies do so at HELLO, with which go-redis begins: connect past these"
	}
	return "check that Redis runs at the client's address and can be reached from here"
}

// answerOf returns what Redis answered, as one release says it and the other: before 7
// the error of a command within a script follows where it was called.
func answerOf(err error) (said string, ok bool) {
	var answer redis.Error
	if !errors.As(err, &answer) {
		return "", false
	}
	said = strings.TrimPrefix(answer.Error(), "ERR ")
	if strings.HasPrefix(said, "Error running script") || strings.HasPrefix(said, "@user_script") {
		if at := called.FindAllStringIndex(said, -1); at != nil {
			said = strings.TrimPrefix(strings.TrimLeft(said[at[len(at)-1][1]:], ": -"), "ERR ")
		}
	}
	return said, true
}

var (
	// called is where in a script a command was called.
	called = regexp.MustCompile(`@user_script: ?(\d+)`)
	// calls are the commands of one line of a script.
	calls = regexp.MustCompile(`redis\.p?call\('(\w+)'`)
	// named is the command that an error names itself.
	named = regexp.MustCompile(`the '([^']+)' command`)
)

// scripted is the error of a script, which often does not name the command that it is
// about.
type scripted struct {
	error
	script script
}

func (s scripted) Unwrap() error { return s.error }

// command returns the command that an error is about, in lower case, empty where that
// is not known.
func command(err error, said string) string {
	if name := named.FindStringSubmatch(said); name != nil {
		return name[1]
	}
	var s scripted
	at := called.FindStringSubmatch(err.Error())
	if at == nil || !errors.As(err, &s) {
		return ""
	}
	lines := strings.Split(s.script.source, "\n")
	n, _ := strconv.Atoi(at[1])
	if n < 1 || n > len(lines) {
		return ""
	}
	if names := calls.FindAllStringSubmatch(lines[n-1], -1); len(names) == 1 {
		return strings.ToLower(names[0][1])
	}
	return ""
}

// ofReply is the remedy for what Redis answered about a command.
func ofReply(said, command string) string {
	if forbidden(said) {
		const listed = "allow the Redis user what the package's documentation lists"
		switch {
		case strings.Contains(said, "channel"):
			return listed + ": the channels, as &ginmaint:*, are missing"
		case strings.Contains(said, "access") && strings.Contains(said, "key"):
			return listed + ": the keys, as ~ginmaint:*, are missing"
		case command != "":
			return listed + ": +" + command + " is missing"
		}
		return listed
	}
	for _, r := range remedies {
		switch {
		case !strings.HasPrefix(said, r.prefix):
		case command != "" && strings.Contains(r.prefix, "command "): // of a script
			return r.remedy + "; here it is " + strings.ToUpper(command)
		default:
			return r.remedy
		}
	}
	return "see Redis's log"
}

// forbidden tells whether access control refused, in the words of Redis 6, 7.0, 7.2
// and later, and Valkey.
func forbidden(said string) bool {
	for _, words := range []string{"NOPERM", "ACL failure in script", "The user executing the script"} {
		if strings.HasPrefix(said, words) {
			return true
		}
	}
	return false
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
		if said, _ := answerOf(err); strings.HasPrefix(said, moving) {
			return false
		}
	}
	return answered(err) || errors.Is(err, redis.ErrClosed)
}

// answered tells whether the error is Redis's own answer.
func answered(err error) bool {
	_, ok := answerOf(err)
	return ok
}

// timedOut tells whether nothing came in time, on a connection that may be whole.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
