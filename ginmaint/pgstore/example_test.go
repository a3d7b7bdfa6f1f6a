package pgstore_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	store := pgstore.New(pool)
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

func ExampleSwitch() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	shop := pgstore.New(pool, pgstore.Table("switches"), pgstore.Switch("shop"))
	billing := pgstore.New(pool, pgstore.Table("switches"), pgstore.Switch("billing"))
	if err := shop.Migrate(ctx); err != nil { // one table serves both
		log.Fatal(err)
	}
	if _, err := shop.Save(ctx, maintenance.State{Level: maintenance.On}); err != nil {
		log.Fatal(err)
	}
	for _, store := range []*pgstore.Store{shop, billing} {
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
