package filestore

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// patience bounds every wait for what should happen at once.
const patience = time.Minute

// watching is a watch that runs aside.
type watching struct {
	t      *testing.T
	calls  chan struct{}
	ended  chan error
	cancel context.CancelFunc
}

// listen starts run and returns once it listens.
func listen(t *testing.T, run func(context.Context, func()) error) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{t, make(chan struct{}, 1000), make(chan error, 1), cancel}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.ended <- run(ctx, func() { w.calls <- struct{}{} })
	}()
	t.Cleanup(func() { cancel(); <-stopped })
	w.told()
	return w
}

func watchState(t *testing.T, s *Store) *watching {
	t.Helper()
	return listen(t, func(ctx context.Context, changed func()) error {
		return s.Watch(ctx, func(state maintenance.State) {
			assert.Zero(t, state, "load now")
			changed()
		})
	})
}

func (w *watching) told() {
	w.t.Helper()
	select {
	case <-w.calls:
	case err := <-w.ended:
		require.FailNow(w.t, "the watch ended", "%v", err)
	case <-time.After(patience):
		require.FailNow(w.t, "nothing was told")
	}
}

// toldUntil takes calls until the document is as awaited.
func (w *watching) toldUntil(s *Store, awaited func(maintenance.State) bool) {
	w.t.Helper()
	for range 100 {
		w.told()
		if state, err := s.Load(w.t.Context()); err == nil && awaited(state) {
			return
		}
	}
	require.FailNow(w.t, "the document never came")
}

func (w *watching) fails(with string) {
	w.t.Helper()
	select {
	case err := <-w.ended:
		require.ErrorContains(w.t, err, with)
	case <-time.After(patience):
		require.FailNow(w.t, "the watch goes on")
	}
}

// silent takes the calls that are due, and returns how many came.
func (w *watching) silent() (calls int) {
	for {
		select {
		case <-w.calls:
			calls++
		case <-time.After(100 * time.Millisecond):
			return calls
		}
	}
}

func level(l maintenance.Level) func(maintenance.State) bool {
	return func(s maintenance.State) bool { return s.Level == l }
}

func TestWatchTellsOfEveryKindOfChange(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := New(path)
	w := watchState(t, s)

	require.NoError(t, os.Mkdir(s.roster(), 0o755)) // somebody asks who follows
	w.told()
	w.silent()
	put(t, path, `{"level":"on"}`) // made anew
	w.toldUntil(s, level(maintenance.On))
	put(t, path, `{"level":"read-only"}`) // written in place
	w.toldUntil(s, level(maintenance.ReadOnly))
	put(t, path+".new", `{"level":"on"}`) // exchanged
	require.NoError(t, os.Rename(path+".new", path))
	w.toldUntil(s, level(maintenance.On))
	require.NoError(t, os.Remove(path)) // deleted
	w.toldUntil(s, level(maintenance.Off))
	save(t, New(path), maintenance.On) // saved by another
	w.toldUntil(s, level(maintenance.On))
	require.NoError(t, os.Rename(path, path+"~")) // moved away
	w.toldUntil(s, level(maintenance.Off))
}

func TestWatchIgnoresUnrelatedFiles(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := New(path)
	save(t, s, maintenance.On)
	join(t, s, maintenance.Replica{ID: "B"}) // makes the roster's folder, which is told
	w := watchState(t, s)
	w.silent()
	for _, name := range []string{"other.json", DefaultPath + ".tmp", DefaultPath + "~", "x" + DefaultPath} {
		put(t, filepath.Join(filepath.Dir(path), name), "{}")
	}
	_, err := s.Join(t.Context(), maintenance.Replica{ID: "A"})
	require.NoError(t, err)
	require.NoError(t, s.Remove(t.Context(), "A"))
	assert.Zero(t, w.silent())
}

func TestWatchGathersABurst(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := New(path)
	put(t, path, `{"level":"on"}`)
	w := watchState(t, s)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	const writes = 200
	for range writes {
		_, err := f.WriteAt([]byte(`{"level":"off"}`), 0)
		require.NoError(t, err)
	}
	assert.Less(t, w.silent(), writes/2)
	assert.Equal(t, maintenance.Off, load(t, s).Level)
}

func TestWatchEndsWithItsFolder(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(string) error
	}{
		{"removed", os.RemoveAll},
		{"removed and made anew", func(folder string) error {
			if err := os.RemoveAll(folder); err != nil {
				return err
			}
			return os.Mkdir(folder, 0o755)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "f")
			require.NoError(t, os.Mkdir(folder, 0o755))
			s := New(filepath.Join(folder, DefaultPath))
			w := watchState(t, s)
			require.NoError(t, c.lose(folder))
			w.fails(folder)
		})
	}
}

// configMap lays a folder out as Kubernetes mounts a ConfigMap, and returns
// what puts another content there.
func configMap(t *testing.T, folder string) (swap func(version, text string)) {
	t.Helper()
	require.NoError(t, os.Symlink(filepath.Join("..data", DefaultPath), filepath.Join(folder, DefaultPath)))
	return func(version, text string) {
		t.Helper()
		data := filepath.Join(folder, "..data")
		require.NoError(t, os.Mkdir(filepath.Join(folder, version), 0o755))
		put(t, filepath.Join(folder, version, DefaultPath), text)
		require.NoError(t, os.Symlink(version, data+"_tmp"))
		require.NoError(t, os.Rename(data+"_tmp", data))
	}
}

func TestWatchFollowsAConfigMap(t *testing.T) {
	usual := detour
	detour = time.Hour // it is heard, not found
	t.Cleanup(func() { detour = usual })
	for _, removed := range []bool{false, true} {
		t.Run(map[bool]string{false: "the old version stays", true: "the old version goes"}[removed], func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			swap := configMap(t, folder)
			swap("..2026", `{"level":"off"}`)
			s := New(filepath.Join(folder, DefaultPath))
			w := watchState(t, s)
			var last uint64
			for _, l := range []maintenance.Level{maintenance.On, maintenance.Off, maintenance.ReadOnly, maintenance.On} {
				w.silent()
				old, err := os.Readlink(filepath.Join(folder, "..data"))
				require.NoError(t, err)
				swap(old+"x", `{"level":"`+l.String()+`"}`)
				if removed {
					require.NoError(t, os.RemoveAll(filepath.Join(folder, old)))
				}
				w.toldUntil(s, level(l))
				revision := load(t, s).Revision
				assert.Greater(t, revision, last)
				last = revision
			}
		})
	}
}

func TestWatchFollowsLinksWhereverTheyAre(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"one", "two", "app"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, name), 0o755))
	}
	put(t, filepath.Join(root, "one", "f.json"), `{"level":"off"}`)
	put(t, filepath.Join(root, "two", "f.json"), `{"level":"on"}`)
	require.NoError(t, os.Symlink("one", filepath.Join(root, "current")))
	path := filepath.Join(root, "app", DefaultPath)
	require.NoError(t, os.Symlink("../current/f.json", path))
	s := New(path)
	w := watchState(t, s)

	require.NoError(t, os.Symlink("two", filepath.Join(root, "next")))
	require.NoError(t, os.Rename(filepath.Join(root, "next"), filepath.Join(root, "current")))
	w.toldUntil(s, level(maintenance.On))
	w.silent()
	put(t, filepath.Join(root, "two", "f.json"), `{"level":"read-only"}`) // the scope has moved along
	w.toldUntil(s, level(maintenance.ReadOnly))
	w.silent()
	save(t, New(path), maintenance.Off) // through the link
	w.toldUntil(s, level(maintenance.Off))
}
