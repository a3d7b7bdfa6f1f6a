// Command vuln fails where the code reaches a known vulnerability, with the
// lowest versions that go.mod allows or with the newest. Run it in the root of
// the repository:
//
//	go run .tools/vuln.go
//
// The database comes from the module golang.org/x/vulndb, so a module proxy is
// all it needs. .tools/vuln.mod pins the database and govulncheck; these bring
// them up to date:
//
//	go get -modfile=.tools/vuln.mod -tool golang.org/x/vuln/cmd/govulncheck@latest
//	go get -modfile=.tools/vuln.mod golang.org/x/vulndb@latest
//
// A vulnerability of the standard library is printed and is no failure: a newer
// Go mends it, and no version in go.mod does.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// patience bounds everything, downloads and builds included. On two idle cores it
// takes one minute when the modules are there, and three when they are not.
const patience = 20 * time.Minute

// vulnerability is one of a module, by its ID in the database.
type vulnerability struct{ ID, Module string }

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "vuln:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	database, err := download(ctx)
	if err != nil {
		return err
	}
	scanner, err := output(ctx, "go", "tool", "-modfile=.tools/vuln.mod", "-n", "govulncheck")
	if err != nil {
		return err
	}
	scan := func() ([]byte, error) {
		return output(ctx, strings.TrimSpace(string(scanner)), "-format=json", "-db=file://"+filepath.ToSlash(database), "./...")
	}
	lowest, err := scan()
	if err != nil {
		return err
	}
	replaced, err := useNewest()
	if err != nil {
		return err
	}
	defer os.RemoveAll(replaced)
	newest, err := scan()
	if err != nil {
		return err
	}
	return errors.Join(judge("lowest", lowest), judge("newest", newest))
}

// download returns the folder with the database's entries, which govulncheck
// indexes by itself.
func download(ctx context.Context) (string, error) {
	out, err := output(ctx, "go", "mod", "download", "-modfile=.tools/vuln.mod", "-json", "golang.org/x/vulndb")
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", err
	}
	folder := filepath.Join(module.Dir, "data", "osv")
	if entries, err := filepath.Glob(filepath.Join(folder, "GO-*.json")); err != nil || len(entries) == 0 {
		return "", fmt.Errorf("the database in %s is empty", folder)
	}
	return folder, nil
}

// useNewest has the go command take .tools/newest.mod for go.mod from now on,
// and returns a folder to remove at the end. It is an overlay, because
// govulncheck also asks the go command what it answers without modules, where
// -modfile is an error.
func useNewest() (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "vuln")
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(root, "go.mod"): filepath.Join(root, ".tools", "newest.mod"),
		filepath.Join(root, "go.sum"): filepath.Join(root, ".tools", "newest.sum"),
	}})
	file := filepath.Join(folder, "overlay.json")
	return folder, errors.Join(err,
		os.WriteFile(file, overlay, 0o600),
		os.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -overlay="+file))
}

// judge prints what a scan has found, and returns an error where a version in go.mod
// mends it.
func judge(versions string, scan []byte) error {
	reached, err := read(scan)
	if err != nil {
		return fmt.Errorf("the answer of govulncheck can't be read: %w", err)
	}
	fmt.Printf("known vulnerabilities that the code reaches with the %s versions:\n", versions)
	var errs []error
	for _, v := range slices.SortedFunc(maps.Keys(reached), func(a, b vulnerability) int {
		return cmp.Or(strings.Compare(a.Module, b.Module), strings.Compare(a.ID, b.ID))
	}) {
		verdict := "raise the version"
		if v.Module == "stdlib" {
			verdict = "needs a newer Go"
		} else {
			errs = append(errs, fmt.Errorf("%s is reached with the %s versions: %s", v.ID, versions, reached[v].way))
		}
		fmt.Printf("  %s %s %s: %s\n", v.ID, v.Module, reached[v].versions, verdict)
	}
	return errors.Join(errs...)
}

// finding is where a vulnerability is, and a way there.
type finding struct{ versions, way string }

// read returns what a scan has found to be reached.
func read(scan []byte) (map[vulnerability]finding, error) {
	reached := map[vulnerability]finding{}
	analysed := 0
	for decoder := json.NewDecoder(bytes.NewReader(scan)); ; {
		var message struct {
			SBOM struct {
				Modules []struct{ Path string }
			}
			Finding struct {
				OSV          string
				FixedVersion string `json:"fixed_version"`
				Trace        []struct{ Module, Version, Package, Function string }
			}
		}
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) && analysed > 1 {
			return reached, nil
		} else if errors.Is(err, io.EOF) {
			return nil, errors.New("it has analysed nothing")
		} else if err != nil {
			return nil, err
		}
		analysed += len(message.SBOM.Modules)
		f := message.Finding
		if len(f.Trace) == 0 || f.Trace[0].Function == "" {
			continue // no finding, or one of what is linked and not called
		}
		var way []string
		for _, call := range slices.Backward(f.Trace) {
			way = append(way, path.Base(call.Package)+"."+call.Function)
		}
		reached[vulnerability{f.OSV, f.Trace[0].Module}] = finding{
			f.Trace[0].Version + ", fixed in " + cmp.Or(f.FixedVersion, "none"), strings.Join(way, " > "),
		}
	}
}

// output runs a command and returns what it prints.
func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), errors.Join(err, ctx.Err()), out, &stderr)
	}
	return out, err
}
