package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

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

// Two switches stand in one table of another name. Ten questions a second in place of one
// have replicas follow within a tenth of a second.
func ExampleSwitch() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_pragma=busy_timeout(1000)&_pragma=journal_mode(WAL)")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	open := func(name string) *sqlstore.Store {
		return sqlstore.New(db, sqlstore.SQLite,
			sqlstore.Table("switches"), sqlstore.Switch(name), sqlstore.Poll(100*time.Millisecond))
	}
	shop, billing := open("shop"), open("billing")
	if err := shop.Migrate(ctx); err != nil { // the tables serve both
		log.Fatal(err)
	}
	if _, err := shop.Save(ctx, maintenance.State{Level: maintenance.On}); err != nil {
		log.Fatal(err)
	}
	for _, store := range []*sqlstore.Store{shop, billing} {
		state, err := store.Load(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(state.Level)
	}
	// Output:
	// on
	// off
}
