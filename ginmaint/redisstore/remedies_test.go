package redisstore_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// answering is a server that answers every script with one error.
type answering struct {
	redisstore.Client
	said string
}

func (a answering) Error() string { return a.said }
func (answering) RedisError()     {}

func (a answering) EvalSha(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	reply := redis.NewCmd(ctx)
	reply.SetErr(a)
	return reply
}

// What servers say in the words of their releases, and what to do about it.
func TestRemedies(t *testing.T) {
	const (
		allow    = "allow the Redis user what the package's documentation lists"
		sentinel = "for a Sentinel's port use redis.NewFailoverClient"
		old      = "ERR Error running script (call to f_25d2f75d3107909042084222706fd7a81c92cd7b): @user_script:3: @user_script: 3: "
	)
	for _, tt := range []struct{ name, said, remedy string }{
		{"6: EVALSHA", "NOPERM this user has no permissions to run the 'evalsha' command or its subcommand", allow + ": +evalsha is missing"},
		{"7.0: EVALSHA", "NOPERM this user has no permissions to run the 'evalsha' command", allow + ": +evalsha is missing"},
		{"7.2: EVALSHA", "NOPERM User shop has no permissions to run the 'evalsha' command", allow + ": +evalsha is missing"},
		{"6: in a script", old + "The user executing the script can't run this command or subcommand", allow},
		{"7.0: in a script", "ERR The user executing the script can't run this command or subcommand script: 25d2f75d, on @user_script:3.", allow},
		{"7.2: in a script", "ERR ACL failure in script: User shop has no permissions to run the 'publish' command script: 25d2f75d, on @user_script:3.", allow + ": +publish is missing"},
		{"6: a key", "NOPERM this user has no permissions to access one of the keys used as arguments", allow + ": the keys, as ~ginmaint:*, are missing"},
		{"7.2: a key", "NOPERM No permissions to access a key", allow + ": the keys, as ~ginmaint:*, are missing"},
		{"6: a key in a script", old + "The user executing the script can't access at least one of the keys mentioned in the command arguments", allow + ": the keys"},
		{"6: a channel", "NOPERM this user has no permissions to access one of the channels used as arguments", allow + ": the channels, as &ginmaint:*, are missing"},
		{"7.2: a channel in a script", "ERR ACL failure in script: No permissions to access a channel", allow + ": the channels, as &ginmaint:*, are missing"},
		{"5: read-only", old + "-READONLY You can't write against a read only replica.", "connect the client to the master"},
		{"5: full", old + "-OOM command not allowed when used memory > 'maxmemory'.", "raise Redis's maxmemory"},
		{"7: full", "OOM command not allowed when used memory > 'maxmemory'. script: 25d2f75d, on @user_script:3.", "raise Redis's maxmemory"},
		{"5: disk", old + "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "see why Redis can't write its data to disk"},
		{"5: no EVALSHA", "ERR unknown command `evalsha`, with args beginning with: `25d2f75d`, ", sentinel},
		{"7: no EVALSHA", "ERR unknown command 'evalsha', with args beginning with: '25d2f75d' ", sentinel},
		{"6: no such command in a script", old + "Unknown Redis command called from Lua script", "leave the commands that the package's documentation lists enabled"},
		{"7: no such command in a script", "ERR Unknown Redis command called from script script: 25d2f75d, on @user_script:3.", "leave the commands that the package's documentation lists enabled"},
		{"Valkey 8: no such command in a script", "ERR Unknown command called from script script: 25d2f75d, on @user_script:3.", "leave the commands that the package's documentation lists enabled"},
		{"6.2: a channel in a script", "@user_script: 3: The user executing the script can't publish to the channel mentioned in the command", allow + ": the channels"},
		{"7: not in scripts", "ERR This Redis command is not allowed from script script: 25d2f75d, on @user_script:3.", "scripts on this server may not use all commands"},
		{"a node of a cluster", "MOVED 3999 127.0.0.1:6381", "use redis.NewClusterClient"},
		{"5: password", "ERR invalid password", "check the client's user name and password"},
		{"anything else", "ERR no such luck", "see Redis's log"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := redisstore.New(answering{Client: shared.Client(t), said: tt.said}).Load(within(t))
			article(t, err, tt.remedy)
			assert.Contains(t, err.Error(), tt.said, "what the server said is told as well")
		})
	}
}

// Commands that the server does not have, or not under their names, are named.
func TestRenamedCommands(t *testing.T) {
	for _, tt := range []struct{ command, remedy string }{
		{"EVALSHA", "leave EVAL and EVALSHA enabled"},
		{"EVAL", "leave EVAL and EVALSHA enabled"},
		{"HSETNX", "under their own names; here it is HSETNX"},
		{"TIME", "under their own names; here it is TIME"},
		{"PUBLISH", "under their own names; here it is PUBLISH"},
	} {
		t.Run(tt.command, func(t *testing.T) {
			store := redisstore.New(redistest.Start(t, "rename-command "+tt.command+` ""`).Client(t))
			_, err := store.Join(within(t), replica("a"))
			article(t, err, tt.remedy)
		})
	}
}

func TestClientOfAnotherServer(t *testing.T) {
	sentinels := redistest.StartSentinels(t)
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(nil)
	t.Cleanup(plain.Close)
	for _, tt := range []struct {
		name    string
		options *redis.Options
		remedy  string
	}{
		{"a Sentinel", &redis.Options{Addr: sentinels.Sentinel.Addr()}, "for a Sentinel's port use redis.NewFailoverClient"},
		{"a certificate that nobody trusts", &redis.Options{Addr: secure.Listener.Addr().String(), TLSConfig: &tls.Config{ServerName: "example.com"}}, "the server's certificate is not trusted: put the one that signed it into RootCAs"},
		{"a certificate of another name", &redis.Options{Addr: secure.Listener.Addr().String(), TLSConfig: &tls.Config{
			ServerName: "redis.internal", RootCAs: trusted(secure),
		}}, "connect by a name that the server's certificate has"},
		{"no TLS there", &redis.Options{Addr: plain.Listener.Addr().String(), TLSConfig: &tls.Config{ServerName: "redis"}}, "this port speaks no TLS"},
		{"no TLS there, in silence", &redis.Options{Addr: shared.Addr(), TLSConfig: &tls.Config{ServerName: "redis"}, DialTimeout: 300 * time.Millisecond}, "perhaps it speaks no TLS on this port"},
		{"no such database", &redis.Options{Addr: shared.Addr(), DB: 99}, "write another number for the client's DB"},
		{"a proxy that hangs up at HELLO", &redis.Options{Addr: hangsUp(t)}, "some proxies do so at HELLO"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.MaxRetries = -1
			store := redisstore.New(redistest.Connect(t, tt.options))
			_, err := store.Load(within(t))
			article(t, err, tt.remedy)
		})
	}
}

func trusted(server *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return pool
}

// hangsUp listens as a proxy that reads a command and closes.
func hangsUp(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Read(make([]byte, 1024))
			_ = connection.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}
