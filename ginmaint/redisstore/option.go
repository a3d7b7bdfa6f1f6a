package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Client is what the store needs of a Redis client. A redis.UniversalClient
// fits: for one server, for a cluster, or for a master that Sentinels watch.
type Client interface {
	Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd
	EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd
	Subscribe(ctx context.Context, channels ...string) *redis.PubSub
}

// Option sets one thing of a Store.
type Option func(*settings)

const (
	defaultPrefix = "ginmaint"
	defaultName   = "default"
)

type settings struct {
	prefix, name string
	vouched      bool
}

// Prefix sets what all keys and channels begin with; "ginmaint" where it is
// empty or not given. Applications that share a database take different ones.
// Bytes other than ASCII letters, digits and -._~:/@+ are written as % and two
// hexadecimal digits, so that no prefix can break the keys' hash tag.
func Prefix(prefix string) Option {
	return func(s *settings) { s.prefix = cmp.Or(prefix, defaultPrefix) }
}

// Switch names the switch that is kept; "default" where the name is empty or not
// given. Switches with different names know nothing of each other. The name is
// escaped as Prefix says.
func Switch(name string) Option {
	return func(s *settings) { s.name = cmp.Or(name, defaultName) }
}

// AssumeNothingLost is the word of Redis's owner that this server never loses a write
// which it has acknowledged, unless it loses everything: no fail-over to a copy that may
// lag behind, no restart from an older snapshot. Drains need it where the server does not
// tell who it is, as the package's documentation describes.
//
// Where the server does tell, no unknown entry is added after a fail-over or a restart that
// kept the roster: each Join waits until all copies that are connected have the entry, at
// least as many as min-replicas-to-write says. Where the server's settings contradict the
// word, Join returns an error that names them. Give the option to all that use the switch.
//
// The Report of a drain that rests on the word names this option.
func AssumeNothingLost() Option { return func(s *settings) { s.vouched = true } }

// keys are the names that one switch uses in Redis. Their common hash tag, the
// part in braces, keeps them on one node of a cluster, where one script can
// reach them all.
type keys struct {
	state, roster, history string // keys
	changes, replicas      string // channels
}

func (s settings) keys(database int) keys {
	base := escape(s.prefix) + ":{" + escape(s.name) + "}:"
	k := keys{base + "state", base + "roster", base + "history", base + "changes", base + "replicas"}
	if database != 0 {
		// A channel spans all databases of a server, a key does not. Without
		// this, a test system in database 1 would switch production in 0.
		k.changes += fmt.Sprintf("@%d", database)
		k.replicas += fmt.Sprintf("@%d", database)
	}
	return k
}

// database returns the number of the database that the client selects: 0 in a
// cluster, which has no other, and where the client does not tell.
func database(client Client) int {
	if c, ok := client.(interface{ Options() *redis.Options }); ok {
		return c.Options().DB
	}
	return 0
}

func escape(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', strings.IndexByte("-._~:/@+", b) >= 0:
			out.WriteByte(b)
		default:
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}
