package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// plain is the engine for MySQL and SQLite: statements that both take, in a transaction
// where one does not do.
//
// An incarnation of the roster is a random token, made with the roster's row, and again by
// the first that joins on another server than the one that the row names. So a token never
// comes back, also where a fail-over is undone.
type plain struct {
	name string
	q    statements
	own  ways

	// undo ends a transaction whose commit has failed, where that leaves it open.
	undo string
}

// ways are what MySQL and SQLite differ in, besides the words of their statements.
type ways interface {
	// usable returns an error where a connection in this mode must not be used.
	usable(mode string) error
	// server says which server the connection leads to, from what the server tells.
	server(ctx context.Context, on querier, told string) (string, error)
	// unproven says why that can't tell of a loss; it is empty where it can.
	unproven(ctx context.Context, on querier, server string) (string, error)
	// json returns a document in the form in which its column keeps it.
	json(text string) string
	// duplicate tells whether an insert found its key taken.
	duplicate(err error) bool
	// durably runs a transaction that is on disk before it returns.
	durably(ctx context.Context, on *sql.Conn, run func() error) error
	// snapshot are the options of a transaction whose reads see one moment.
	snapshot() *sql.TxOptions
	local() bool
	condition(err error) condition
}

// querier is a connection or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (p *plain) local() bool { return p.own.local() }

func (p *plain) condition(err error) condition { return p.own.condition(err) }

func (p *plain) load(ctx context.Context, on *sql.Conn) (loaded, error) {
	found, _, server, err := p.look(ctx, on)
	if err != nil {
		return loaded{}, err
	}
	return found.on(server), nil
}

// look reads, and says which server has answered.
func (p *plain) look(ctx context.Context, on *sql.Conn) (f found, told, server string, err error) {
	if f, told, err = p.read(ctx, on); err == nil {
		server, err = p.own.server(ctx, on, told)
	}
	return f, told, server, err
}

// found is what the statement load answers.
type found struct {
	sqlrow.Row
	token, server *string
	aged          *int64
}

// read asks for the document and the roster's row in one snapshot.
func (p *plain) read(ctx context.Context, on querier) (f found, told string, err error) {
	var mode string
	err = on.QueryRowContext(ctx, p.q.load, p.name, p.name).Scan(&mode, &told, &f.token, &f.server, &f.aged,
		&f.Version, &f.Revision, &f.ID, &f.Document)
	if err == nil {
		err = p.own.usable(mode)
	}
	return f, told, err
}

// on tells the roster's present incarnation on a server.
func (f found) on(server string) loaded {
	l := loaded{Row: f.Row}
	switch {
	case f.moved(server): // nobody has joined here yet
		l.incarnation = *f.token + "." + server
	case f.token != nil:
		l.incarnation, l.aged = *f.token, f.aged
	}
	return l
}

// moved tells whether the roster's row names another server: this is a copy of that one.
func (f found) moved(server string) bool {
	return f.token != nil && f.server != nil && *f.server != server
}

func (p *plain) put(ctx context.Context, on *sql.Conn, save sqlrow.Save) error {
	document := p.own.json(save.Document)
	return p.own.durably(ctx, on, func() error {
		return p.transact(ctx, on, nil, func(tx *sql.Tx) (err error) {
			if save.Over.Revision == 0 {
				err = p.putFirst(ctx, tx, save, document)
			} else {
				err = p.putOver(ctx, tx, save, document)
			}
			if err == nil {
				_, err = tx.ExecContext(ctx, p.q.forget, p.name, p.name)
			}
			return err
		})
	})
}

func (p *plain) putFirst(ctx context.Context, tx *sql.Tx, save sqlrow.Save, document string) error {
	_, err := tx.ExecContext(ctx, p.q.insert, int64(save.State.Revision), save.State.ID, document, p.name)
	switch {
	case p.own.duplicate(err):
		return sqlrow.ErrNotReplaced
	case err != nil:
		return err
	}
	_, err = tx.ExecContext(ctx, p.q.recordFirst, p.name, document, p.name)
	return err
}

// putOver records first what it is about to replace; where that is another document after
// all, the transaction ends without either.
func (p *plain) putOver(ctx context.Context, tx *sql.Tx, save sqlrow.Save, document string) error {
	if _, err := tx.ExecContext(ctx, p.q.lockRow, p.name); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, p.q.record, document, p.name); err != nil {
		return err
	}
	return oneOr(sqlrow.ErrNotReplaced)(tx.ExecContext(ctx, p.q.update, int64(save.State.Revision), save.State.ID, document, p.name,
		int64(save.Over.Revision), save.Over.ID, save.Over.ID))
}

func (p *plain) history(ctx context.Context, on *sql.Conn) (string, error) {
	rows, err := on.QueryContext(ctx, p.q.history, p.name)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var records []string
	for rows.Next() {
		before, after := sql.NullString{}, ""
		if err := rows.Scan(&before, &after); err != nil {
			return "", err
		}
		if !before.Valid {
			before.String = "null"
		}
		records = append(records, `{"before":`+before.String+`,"after":`+after+`}`)
	}
	return "[" + strings.Join(records, ",") + "]", rows.Err()
}

// oneOr returns none where a statement changed no row.
func oneOr(none error) func(sql.Result, error) error {
	return func(result sql.Result, err error) error {
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err == nil && n == 0 {
			return none
		}
		return err
	}
}

func (p *plain) join(ctx context.Context, on *sql.Conn, j joining) (incarnation string, at time.Time, err error) {
	_, told, server, err := p.look(ctx, on)
	if err != nil {
		return "", time.Time{}, err
	}
	err = p.own.durably(ctx, on, func() error {
		return p.transact(ctx, on, nil, func(tx *sql.Tx) error {
			incarnation, at, err = p.enter(ctx, tx, j, server, told)
			return err
		})
	})
	return incarnation, at, err
}

// enter locks the roster's row first, also where it has to make it, so that those who join
// at once take turns, and agree on a new incarnation.
func (p *plain) enter(ctx context.Context, tx *sql.Tx, j joining, server, told string) (string, time.Time, error) {
	if _, err := tx.ExecContext(ctx, p.q.begin, p.name, j.token, server); err != nil {
		return "", time.Time{}, err
	}
	var token, of, tells string
	var now int64
	if err := tx.QueryRowContext(ctx, p.q.roster, p.name).Scan(&token, &of, &tells, &now); err != nil {
		return "", time.Time{}, err
	}
	if tells != told {
		return "", time.Time{}, errElsewhere
	}
	lost := []string{j.before} // incarnations that have ended
	if of != server {
		if _, err := tx.ExecContext(ctx, p.q.beginAnew, j.token, server, now, p.name); err != nil {
			return "", time.Time{}, err
		}
		lost = append(lost, token) // also where nobody comes back who belonged to it
		token = j.token
	}
	if _, err := tx.ExecContext(ctx, p.q.enter, p.name, j.id, token, j.work, p.own.json(j.entry), now); err != nil {
		return "", time.Time{}, err
	}
	for _, incarnation := range lost {
		if incarnation == "" || incarnation == token {
			continue
		}
		id, unknown, err := unknownOf(incarnation, j.lease)
		if err == nil {
			_, err = tx.ExecContext(ctx, p.q.enterUnknown, p.name, id, token, p.own.json(unknown), now)
		}
		if err != nil {
			return "", time.Time{}, err
		}
	}
	return token, time.UnixMicro(now), nil
}

// errElsewhere is what a proxy may cause that sends each statement wherever it likes.
var errElsewhere = errors.New("two statements on one connection were answered by different servers; " +
	"let the pool connect to one server")

// transact runs do in a transaction.
func (p *plain) transact(ctx context.Context, on *sql.Conn, opts *sql.TxOptions, do func(*sql.Tx) error) error {
	tx, err := on.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // the first error says more
		return err
	}
	if err = tx.Commit(); err != nil && p.undo != "" {
		_, _ = on.ExecContext(context.WithoutCancel(ctx), p.undo) // an error where nothing is open
	}
	return err
}

// renew changes the entry first, and then loads the document together with the incarnation:
// the answer counts only if the roster was still that of the entry.
func (p *plain) renew(ctx context.Context, on *sql.Conn, r maintenance.Replica, entry string) (sqlrow.Row, error) {
	if _, err := p.own.server(ctx, on, ""); errors.Is(err, errMoved) {
		return sqlrow.Row{}, maintenance.ErrUnlisted // Join says why
	}
	err := oneOr(maintenance.ErrUnlisted)(on.ExecContext(ctx, p.q.renew, r.Work(), p.own.json(entry), p.name, r.ID, r.Incarnation))
	if err != nil {
		return sqlrow.Row{}, err
	}
	present, err := p.load(ctx, on)
	if err == nil && present.incarnation != r.Incarnation {
		return sqlrow.Row{}, maintenance.ErrUnlisted
	}
	return present.Row, err
}

// remove deletes an entry. The one that replicas makes up is removed by beginning the
// incarnation in which it is not listed.
func (p *plain) remove(ctx context.Context, on *sql.Conn, id string) error {
	err := p.own.durably(ctx, on, func() error {
		return oneOr(maintenance.ErrUnlisted)(on.ExecContext(ctx, p.q.remove, p.name, id))
	})
	if !errors.Is(err, maintenance.ErrUnlisted) {
		return err
	}
	present, _, server, err := p.look(ctx, on)
	if err != nil {
		return err
	}
	if !present.moved(server) || id != sqlrow.LostPrefix+*present.token {
		return maintenance.ErrUnlisted
	}
	return p.own.durably(ctx, on, func() error {
		return oneOr(maintenance.ErrUnlisted)(on.ExecContext(ctx, p.q.accept, rand.Text(), server, p.name, *present.token))
	})
}

func (p *plain) removeUnrenewed(ctx context.Context, on *sql.Conn, r maintenance.Replica) error {
	renewals := fmt.Sprintf(`%%"renewals":%d,%%`, r.Renewals)
	return p.own.durably(ctx, on, func() error {
		return oneOr(maintenance.ErrUnlisted)(on.ExecContext(ctx, p.q.removeUnrenewed, p.name, r.ID, r.Incarnation, renewals))
	})
}

func (p *plain) replicas(ctx context.Context, on *sql.Conn) (l listed, err error) {
	var present found
	var told string
	err = p.transact(ctx, on, p.own.snapshot(), func(tx *sql.Tx) (err error) {
		if present, told, err = p.read(ctx, tx); err != nil {
			return err
		}
		l.entries, err = p.list(ctx, tx)
		return err
	})
	if err != nil {
		return listed{}, err
	}
	server, err := p.own.server(ctx, on, told)
	if err != nil {
		return listed{}, err
	}
	l.loaded = present.on(server)
	if present.moved(server) {
		l.ended = present.token
	}
	l.unproven, err = p.own.unproven(ctx, on, server)
	return l, err
}

func (p *plain) list(ctx context.Context, on querier) (entries []sqlrow.Entry, err error) {
	rows, err := on.QueryContext(ctx, p.q.entries, p.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e sqlrow.Entry
		var renewed, silent int64
		if err := rows.Scan(&e.ID, &e.Incarnation, &e.JSON, &renewed, &silent); err != nil {
			return nil, err
		}
		e.RenewedAt, e.Silent = time.UnixMicro(renewed), time.Duration(silent)*time.Microsecond
		entries = append(entries, e)
	}
	return entries, rows.Err()
}
