package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

func ExampleNew() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	source := "file:" + filepath.Join(dir, "app.db") + "?_pragma=busy_timeout(1000)&_pragma=journal_mode(WAL)"
	db, err := sql.Open("sqlite", source) // in an application with GORM: db, err := gormDB.DB()
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	store := sqlstore.New(db, sqlstore.SQLite)
	if err := store.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	saved, err := store.Save(ctx, maintenance.State{Level: maintenance.ReadOnly, Message: "Back at seven."})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(saved.Level, saved.Revision)

	// Somebody who did not see that change can't undo it.
	_, err = store.Save(ctx, maintenance.State{Level: maintenance.Off})
	fmt.Println(err)
	// Output:
	// read-only 1
	// maintenance: somebody else changed the state first; load it and decide again
}
