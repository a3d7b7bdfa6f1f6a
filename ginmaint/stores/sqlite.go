package stores

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"

	"modernc.org/sqlite"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

func openSQLite(a *address) (maintenance.Store, func() error, error) {
	path, err := filePath(a.url, "app.db")
	if err != nil {
		return nil, nil, err
	}
	opts, err := sqlOptions(a)
	if err == nil {
		err = a.nothingElse("there are switch, table, poll and assume; write a ? in the name of a file as %3F")
	}
	if err != nil {
		return nil, nil, err
	}
	file := &sqliteFile{path: path}
	db := sql.OpenDB(file)
	return &sqliteStore{sqlstore.New(db, sqlstore.SQLite, opts...), file}, db.Close, nil
}

// sqliteStore is a store whose file only Migrate makes: a mistyped path must not become an
// empty database.
type sqliteStore struct {
	*sqlstore.Store
	file *sqliteFile
}

// Migrate makes the tables where they are missing, and the file.
func (s *sqliteStore) Migrate(ctx context.Context) error {
	s.file.creates.Store(true)
	defer s.file.creates.Store(false)
	return s.Store.Migrate(ctx)
}

// sqliteFile opens a file of SQLite.
type sqliteFile struct {
	path    string
	creates atomic.Bool // where it is missing
}

// Connect implements driver.Connector.
func (f *sqliteFile) Connect(context.Context) (driver.Conn, error) {
	mode := "rw"
	if f.creates.Load() {
		mode = "rwc"
	}
	// A statement that finds the file locked waits for a second within SQLite, where no
	// context ends it; the store tries again.
	conn, err := f.Driver().Open("file:" + (&url.URL{Path: filepath.ToSlash(f.path)}).EscapedPath() + "?mode=" + mode + "&_pragma=busy_timeout(1000)")
	if err != nil {
		return nil, f.explain(err)
	}
	return conn, nil
}

// Driver implements driver.Connector.
func (*sqliteFile) Driver() driver.Driver { return &sqlite.Driver{} }

// explain says what SQLite does not tell: why the file can't be opened.
func (f *sqliteFile) explain(err error) error {
	path := f.path
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	dir := filepath.Dir(path)
	folder, noFolder := os.Stat(dir)
	file, noFile := os.Stat(path)
	switch {
	case errors.Is(noFolder, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s; correct the path, or make the folder", dir)
	case noFolder != nil:
		return fmt.Errorf("the folder %s can't be used: %w; correct the path", dir, noFolder)
	case !folder.IsDir():
		return fmt.Errorf("%s is no folder; correct the path", dir)
	case noFile == nil && file.IsDir():
		return fmt.Errorf("%s is a folder; write the name of a file behind it", path)
	case errors.Is(noFile, fs.ErrNotExist) && !f.creates.Load():
		return fmt.Errorf(`there is no file %s; correct the path, or make the file with "ginmaint store migrate"`, path)
	}
	return err
}
