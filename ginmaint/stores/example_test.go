package stores_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// Where the state is kept is a setting of the service.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	setting := "file://" + filepath.ToSlash(filepath.Join(dir, "on.json")) // os.Getenv("MAINTENANCE_STORE")

	store, done, err := stores.Open(ctx, setting)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = done() }() // after the Mode is closed
	if tables, ok := store.(interface{ Migrate(context.Context) error }); ok {
		if err := tables.Migrate(ctx); err != nil { // PostgreSQL, MySQL, SQLite
			fmt.Println(err)
			return
		}
	}
	mode, err := maintenance.Open(ctx, store)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	fmt.Println(mode.Level())

	_, _, err = stores.Open(ctx, "etcd://user:secret@host") // no error shows a secret
	fmt.Println(err != nil)

	// Output:
	// off
	// true
}

// The environment names the store, as for the command.
func ExampleFromEnvironment() {
	environment := map[string]string{"GINMAINT_STORE": "redis://redis:6379/0"} // in a service: os.Getenv
	url, open, err := stores.FromEnvironment(func(name string) string { return environment[name] })
	fmt.Println(url, err)
	if open {
		fmt.Println("others may read the file that GINMAINT_STORE_FILE names")
	}

	environment["GINMAINT_STORE_FILE"] = "/run/secrets/store"
	_, _, err = stores.FromEnvironment(func(name string) string { return environment[name] })
	fmt.Println("both are set:", err != nil)
	// Output:
	// redis://redis:6379/0 <nil>
	// both are set: true
}

// A service warns, as the command does, where others may read what opens its store.
func ExampleExposedSecrets() {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "password")
	if err := os.WriteFile(path, []byte("secret\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	for _, exposed := range stores.ExposedSecrets("redis://redis:6379/0?password_file=" + filepath.ToSlash(path)) {
		fmt.Println("accounts other than this one's may read", exposed)
	}
	fmt.Println("checked")
	// Output: checked
}
