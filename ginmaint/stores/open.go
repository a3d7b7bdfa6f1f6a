package stores

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// written is what the errors say to write, where it can't be told which
// scheme was meant.
const written = "write file:PATH, redis://HOST, rediss://HOST, redis+unix:///SOCKET, postgres://HOST/DATABASE, " +
	"mysql://HOST/DATABASE or sqlite:PATH"

// Open opens the store that rawURL names, as the package comment describes. It
// does not connect, so a wrong password or an unreachable server is an
// error of the store's first call; only a parameter that asks for idle
// connections, such as pool_min_conns, makes the client begin with them in the
// background. Tables are not created, and no file of SQLite: the method
// Migrate(context.Context) error of the stores that need them does that.
//
// done closes the client that Open made. Call it once, after every Mode on the store
// is closed, as it waits for connections in use. It is not nil where err is nil.
//
// Open returns an error where rawURL is wrong, which says what to write and
// never shows any of the URL's secrets, and the context's where that has ended.
func Open(ctx context.Context, rawURL string) (store maintenance.Store, done func() error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("stores: nothing was opened: %w", err)
	}
	a, err := parse(rawURL)
	if err != nil {
		return nil, nil, err
	}
	switch a.url.Scheme {
	case "file":
		return openFile(a)
	case "redis", "rediss", "redis+unix", "unix":
		return openRedis(a)
	case "mysql", "mariadb":
		return openMySQL(a)
	case "sqlite":
		return openSQLite(a)
	case "postgres", "postgresql":
		return openPostgres(ctx, a)
	}
	return nil, nil, unknownScheme(a.url)
}

// unknownScheme names the scheme only where slashes show that it is one: of
// "admin:secret@host", or of a drive letter, the part before the colon is not.
func unknownScheme(u *url.URL) error {
	if u.Opaque != "" || u.OmitHost || u.Scheme == "" || len(u.Scheme) > 20 {
		return errors.New("stores: this is not the URL of a store, also not a path by itself; " + written)
	}
	return fmt.Errorf("stores: there is no store for %s: URLs; %s", u.Scheme, written)
}
