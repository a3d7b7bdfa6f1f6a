package filestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The file is made by the first switch, and may be edited by hand.
func ExampleNew() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "shop") // in a service: outside of the release folder
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, filestore.DefaultPath)

	mode, err := maintenance.Open(ctx, filestore.New(path))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	fmt.Println("nobody has switched:", mode.Level())

	if err := os.WriteFile(path, []byte(`{"level":"read-only"}`), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	state, err := mode.Load(ctx) // or wait a moment: the file is watched
	fmt.Println("edited:", mode.Level(), state.Revision, err)
	fmt.Println("switched off:", mode.Off(ctx), mode.Level())

	// Output:
	// nobody has switched: off
	// edited: read-only 1 <nil>
	// switched off: <nil> off
}

// Two accounts switch: the service's, and that of the operators. Both are members of the
// group that the folder belongs to.
func ExamplePermissions() {
	store := filestore.New("/var/lib/shop/maintenance_mode.json", filestore.Permissions(0o664))
	_, _ = maintenance.Open(context.Background(), store)
}
