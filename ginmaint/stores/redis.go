package stores

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

func openRedis(a *address) (maintenance.Store, func() error, error) {
	var opts []redisstore.Option
	var assumed string
	err := errors.Join(
		a.take("switch", func(name string) { opts = append(opts, redisstore.Switch(name)) }),
		a.take("prefix", func(prefix string) { opts = append(opts, redisstore.Prefix(prefix)) }),
		a.take("assume", func(word string) { assumed = word }),
	)
	switch {
	case err != nil:
	case assumed == "nothing-lost":
		opts = append(opts, redisstore.AssumeNothingLost())
	case assumed != "":
		err = errors.New("stores: the parameter assume= takes nothing-lost; write that, or leave it out")
	}
	if err != nil {
		return nil, nil, err
	}
	client, err := redisClient(a)
	if err != nil {
		return nil, nil, err
	}
	done := sync.OnceValue(func() error {
		// After a fail-over, go-redis closes connections that it has closed before.
		if err := client.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return redisstore.New(client, opts...), done, nil
}

func redisOptions(a *address) (*redis.Options, error) {
	if a.has("password") {
		return nil, errors.New("stores: the password stands before the host, as in " + a.url.Scheme + "://user:password@host, " +
			"and not among the parameters; " + encode)
	}
	scheme, err := redisScheme(a)
	certificates, wrong := a.certificates()
	password, unread := a.passwordFile()
	if err := errors.Join(err, wrong, unread); err != nil {
		return nil, err
	}
	if certificates != nil && scheme != "rediss" {
		return nil, errors.New("stores: ca=, cert= and key= are about TLS, and this URL is without; write rediss://")
	}
	options, err := redis.ParseURL(a.text(scheme))
	if err != nil {
		return nil, a.fault(err, strings.TrimPrefix(err.Error(), "redis: "),
			"beside switch, prefix and assume it takes the parameters of redis.ParseURL")
	}
	if scheme == "rediss" && options.DialTimeout == 0 {
		// A port without TLS leaves a handshake without an answer. The client does not
		// heed a context then; this is less than the 5 s that the command waits, so that
		// what is wrong can be told.
		options.DialTimeout = 3 * time.Second
	}
	if certificates != nil {
		certificates.ServerName = options.TLSConfig.ServerName
		options.TLSConfig = certificates
	}
	if password != "" {
		options.Password = password
	}
	return options, nil
}

// redisScheme checks what go-redis would pass over, and returns the scheme under
// which it knows the URL.
func redisScheme(a *address) (string, error) {
	u := a.url
	if strings.HasSuffix(u.Scheme, "unix") {
		if err := a.slashes(u.Scheme + ":///run/redis/redis.sock"); err != nil {
			return "", err
		}
		if u.Host != "" || strings.Trim(u.Path, "/") == "" {
			return "", errors.New("stores: the URL names no socket; write three slashes before its path, as in " +
				u.Scheme + ":///run/redis/redis.sock")
		}
		return "unix", nil
	}
	if err := errors.Join(a.slashes(u.Scheme+"://localhost:6379/0"), a.hosts(1)); err != nil {
		return "", err
	}
	if database := strings.Trim(u.Path, "/"); database != "" {
		if n, err := strconv.Atoi(database); err != nil || n < 0 {
			return "", errors.New("stores: what follows the host of a " + u.Scheme + ": URL is the number of the database, " +
				"as in " + u.Scheme + "://localhost:6379/0; the name of the switch is a parameter, ?switch=NAME")
		}
		if a.params["db"] != "" {
			return "", errors.New("stores: the URL names the database twice, after the host and as db=; keep one")
		}
	}
	if u.Port() == "" { // go-redis takes [::1] without a port for a name
		u.Host = net.JoinHostPort(or(u.Hostname(), "localhost"), "6379")
	}
	return u.Scheme, nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
