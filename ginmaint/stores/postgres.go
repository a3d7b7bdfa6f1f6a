package stores

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

func openPostgres(ctx context.Context, a *address) (maintenance.Store, func() error, error) {
	var opts []pgstore.Option
	var assumed string
	err := errors.Join(
		a.take("switch", func(name string) { opts = append(opts, pgstore.Switch(name)) }),
		a.take("table", func(name string) { opts = append(opts, pgstore.Table(name)) }),
		a.take("assume", func(word string) { assumed = word }),
	)
	switch {
	case err != nil:
	case assumed == "nothing-lost":
		opts = append(opts, pgstore.AssumeNothingLost())
	case assumed != "":
		err = errors.New("stores: the parameter assume= takes nothing-lost; write that, or leave it out")
	}
	if err != nil {
		return nil, nil, err
	}
	config, err := postgresConfig(a)
	if err != nil {
		return nil, nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, a.fault(err, err.Error(), "correct its pool_… parameters")
	}
	done := func() error { pool.Close(); return nil }
	return pgstore.New(pool, opts...), done, nil
}

func postgresConfig(a *address) (*pgxpool.Config, error) {
	if err := errors.Join(a.slashes(a.url.Scheme+"://localhost:5432/shop"), a.hosts(math.MaxInt)); err != nil {
		return nil, err
	}
	password, err := a.passwordFile()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(a.params)) {
		if !slices.Contains(postgresParams, name) {
			return nil, fmt.Errorf("stores: the URL has %s, which a %s: URL does not take; beside switch, table and assume there are "+
				"those of pgxpool.ParseConfig, and application_name, search_path, options and the like",
				mention(name, a.has), a.url.Scheme)
		}
	}
	text := a.text(a.url.Scheme)
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, a.fault(err, complaint(err, text), "correct it, or the PG… variables of the environment")
	}
	if password != "" {
		config.ConnConfig.Password = password
	}
	return config, nil
}

// complaint is what pgx has to say, without the URL that it puts before it.
func complaint(err error, text string) string {
	_, after, ok := strings.Cut(err.Error(), "`: ")
	if ok && strings.HasPrefix(err.Error(), "cannot parse `") && !strings.Contains(text, "`") {
		return after
	}
	return err.Error()
}

// postgresParams are the parameters that pass. pgx sends any that it does not know
// to the server as a setting of the session, where a mistyped one
// fails only at the first connection, or, with a dot in it, never.
var postgresParams = []string{
	// where and who
	"host", "port", "user", "password", "passfile", "dbname", "database", "service", "servicefile",
	"target_session_attrs", "connect_timeout", "krbspn", "krbsrvname",
	// encryption; the last three are known to later releases of pgx
	"sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslsni",
	"sslnegotiation", "channel_binding", "require_auth",
	// the client
	"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity",
	"pool_max_conns", "pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_lifetime_jitter",
	"pool_max_conn_idle_time", "pool_health_check_period",
	// the session
	"application_name", "search_path", "options", "role", "client_encoding", "timezone",
	"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
}
