package stores

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

func openMySQL(a *address) (maintenance.Store, func() error, error) {
	opts, err := sqlOptions(a)
	if err != nil {
		return nil, nil, err
	}
	config, err := mysqlConfig(a)
	if err != nil {
		return nil, nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, nil, a.fault(err, err.Error(), "tls= takes true, preferred or skip-verify")
	}
	db := sql.OpenDB(connector)
	return sqlstore.New(db, sqlstore.MySQL, opts...), db.Close, nil
}

// sqlOptions takes the parameters that all stores of package sqlstore have.
func sqlOptions(a *address) ([]sqlstore.Option, error) {
	var opts []sqlstore.Option
	var interval, assumed string
	err := errors.Join(
		a.take("switch", func(name string) { opts = append(opts, sqlstore.Switch(name)) }),
		a.take("table", func(name string) { opts = append(opts, sqlstore.Table(name)) }),
		a.take("poll", func(text string) { interval = text }),
		a.take("assume", func(word string) { assumed = word }),
	)
	if err != nil {
		return nil, err
	}
	if interval != "" {
		poll, err := time.ParseDuration(interval)
		if err != nil {
			return nil, errors.New("stores: the parameter poll= takes a duration such as 500ms or 1s")
		}
		opts = append(opts, sqlstore.Poll(poll))
	}
	switch assumed {
	case "":
	case "nothing-lost":
		opts = append(opts, sqlstore.AssumeNothingLost())
	default:
		return nil, errors.New("stores: the parameter assume= takes nothing-lost; write that, or leave it out")
	}
	return opts, nil
}

func mysqlConfig(a *address) (*mysql.Config, error) {
	if a.has("password") {
		return nil, errors.New("stores: the password stands before the host, as in mysql://user:password@host/database, " +
			"and not among the parameters; " + encode)
	}
	if err := errors.Join(a.slashes("mysql://localhost:3306/shop"), a.hosts(1)); err != nil {
		return nil, err
	}
	config := mysql.NewConfig()
	config.InterpolateParams = true // one round trip for a statement in place of two
	config.Timeout = 5 * time.Second
	config.User = a.url.User.Username()
	config.Passwd, _ = a.url.User.Password()
	config.DBName = strings.Trim(a.url.Path, "/")
	if config.DBName == "" || strings.Contains(config.DBName, "/") {
		return nil, errors.New("stores: what follows the host of a mysql: URL is the name of the database, as in mysql://localhost:3306/shop")
	}
	config.Net, config.Addr = "tcp", net.JoinHostPort(or(a.url.Hostname(), "localhost"), or(a.url.Port(), "3306"))
	err := errors.Join(
		a.take("socket", func(path string) { config.Net, config.Addr = "unix", path }),
		a.take("tls", func(how string) { config.TLSConfig = how }),
	)
	certificates, wrong := a.certificates()
	password, unread := a.passwordFile()
	err = errors.Join(err, wrong, unread)
	if password != "" {
		config.Passwd = password
	}
	if err == nil && certificates != nil {
		if config.TLSConfig != "" && config.TLSConfig != "true" {
			err = errors.New("stores: ca=, cert= and key= need tls=true, with which the server is checked; write that, or leave tls= out")
		}
		certificates.ServerName = or(a.url.Hostname(), "localhost")
		config.TLS = certificates
	}
	if err == nil && config.Net == "unix" && a.url.Host != "" {
		err = errors.New("stores: the mysql: URL names a host and a socket; keep one")
	}
	if err != nil {
		return nil, err
	}
	return config, a.nothingElse("beside switch, table, poll and assume there are socket, tls, ca, cert, key and password_file")
}

// nothingElse returns an error where a parameter was not taken.
func (a *address) nothingElse(known string) error {
	for _, name := range slices.Sorted(maps.Keys(a.params)) {
		return fmt.Errorf("stores: the URL has %s, which a %s: URL does not take; %s", mention(name, a.has), a.url.Scheme, known)
	}
	return nil
}
