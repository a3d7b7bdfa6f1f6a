package stores

import (
	"errors"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// redisClient makes the client of one server, of a cluster, or of the master that
// Sentinels name.
func redisClient(a *address) (redis.UniversalClient, error) {
	var cluster, master, user, path string
	secret := ""
	err := errors.Join(
		a.take("cluster", func(word string) { cluster = word }),
		a.take("master_name", func(name string) { master = name }),
		a.take("sentinel_username", func(name string) { user = name }),
		a.take("sentinel_password_file", func(name string) { path = name }),
	)
	if err == nil && path != "" {
		secret, err = readSecret("sentinel_password_file=", path)
	}
	switch {
	case err != nil:
	case cluster != "" && cluster != "true":
		err = errors.New("stores: the parameter cluster= takes true; write that, or leave it out")
	case cluster != "" && master != "":
		err = errors.New("stores: cluster= and master_name= are two ways to reach Redis; keep one")
	case master == "" && user+path != "":
		err = errors.New("stores: sentinel_username= and sentinel_password_file= are about Sentinels; name the master too, master_name=NAME")
	case cluster+master != "" && strings.HasSuffix(a.url.Scheme, "unix"):
		err = errors.New("stores: a cluster and Sentinels are reached by host, not by a socket; write redis://HOST:PORT,HOST:PORT")
	}
	if err != nil {
		return nil, err
	}
	if cluster+master == "" {
		options, err := redisOptions(a)
		if err != nil {
			return nil, err
		}
		return redis.NewClient(options), nil
	}
	port := "6379"
	if master != "" {
		port = "26379"
	}
	addrs, err := a.several(port)
	if err != nil {
		return nil, err
	}
	options, err := redisOptions(a)
	if err != nil {
		return nil, err
	}
	if len(addrs) > 1 && options.TLSConfig != nil {
		options.TLSConfig.ServerName = "" // that of each node
	}
	if cluster != "" {
		if options.DB != 0 {
			return nil, errors.New("stores: a cluster has no database but 0; leave the number out")
		}
		return redis.NewClusterClient(clusterOptions(addrs, options)), nil
	}
	failover := failoverOptions(addrs, options)
	failover.MasterName, failover.SentinelUsername, failover.SentinelPassword = master, user, secret
	if failover.TLSConfig != nil {
		failover.TLSConfig.ServerName = "" // the master has another name than the Sentinel
	}
	return redis.NewFailoverClient(failover), nil
}

// several returns the hosts of the URL with their ports, and leaves the first one in it.
func (a *address) several(port string) ([]string, error) {
	if err := errors.Join(a.slashes(a.url.Scheme+"://host1,host2"), a.hosts(1<<10)); err != nil {
		return nil, err
	}
	var addrs []string
	for _, host := range strings.Split(a.url.Host, ",") {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(or(strings.Trim(host, "[]"), "localhost"), port)
		}
		addrs = append(addrs, host)
	}
	a.url.Host = addrs[0]
	return addrs, nil
}

func clusterOptions(addrs []string, o *redis.Options) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs: addrs, ClientName: o.ClientName, Protocol: o.Protocol, Username: o.Username, Password: o.Password,
		MinRetryBackoff: o.MinRetryBackoff, MaxRetryBackoff: o.MaxRetryBackoff, MaxRetries: o.MaxRetries,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		PoolFIFO: o.PoolFIFO, PoolSize: o.PoolSize, PoolTimeout: o.PoolTimeout, MinIdleConns: o.MinIdleConns,
		MaxIdleConns: o.MaxIdleConns, MaxActiveConns: o.MaxActiveConns, ConnMaxIdleTime: o.ConnMaxIdleTime,
		ConnMaxLifetime: o.ConnMaxLifetime, TLSConfig: o.TLSConfig,
	}
}

func failoverOptions(addrs []string, o *redis.Options) *redis.FailoverOptions {
	return &redis.FailoverOptions{
		SentinelAddrs: addrs, DB: o.DB, ClientName: o.ClientName, Protocol: o.Protocol, Username: o.Username, Password: o.Password,
		MinRetryBackoff: o.MinRetryBackoff, MaxRetryBackoff: o.MaxRetryBackoff, MaxRetries: o.MaxRetries,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		PoolFIFO: o.PoolFIFO, PoolSize: o.PoolSize, PoolTimeout: o.PoolTimeout, MinIdleConns: o.MinIdleConns,
		MaxIdleConns: o.MaxIdleConns, MaxActiveConns: o.MaxActiveConns, ConnMaxIdleTime: o.ConnMaxIdleTime,
		ConnMaxLifetime: o.ConnMaxLifetime, TLSConfig: o.TLSConfig,
	}
}
