// Package sqlstore keeps the maintenance state in an SQL database, by way of database/sql.
//
//	store := sqlstore.New(db, sqlstore.MySQL)
//	if err := store.Migrate(ctx); err != nil { … }
//	mode, err := maintenance.Open(ctx, store)
package sqlstore
