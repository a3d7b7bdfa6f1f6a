package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// childIncrement adds one to the number in the message, as often as its second
// argument says.
func childIncrement(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := New(args[0])
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	for done := 0; done < times; {
		state, err := s.Load(ctx)
		if err != nil {
			return err
		}
		count, _ := strconv.Atoi(state.Message) // none before the first save
		state.Level, state.Message = maintenance.On, strconv.Itoa(count+1)
		switch _, err := s.Save(ctx, state); {
		case err == nil:
			done++
		case !errors.Is(err, maintenance.ErrConflict):
			return err
		}
	}
	return nil
}

func TestProcessesLoseNoUpdate(t *testing.T) {
	t.Parallel()
	const processes, times = 4, 20
	path := onDisk(t)
	var all []*child
	for range processes {
		all = append(all, start(t, "increment", path, strconv.Itoa(times)))
	}
	for _, c := range all {
		c.wait()
	}
	state := load(t, elsewhere(path))
	assert.Equal(t, strconv.Itoa(processes*times), state.Message)
	assert.EqualValues(t, processes*times, state.Revision)
}

// childToggle saves until it is killed, and writes a line after each save.
func childToggle(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := New(args[0])
	state, err := s.Load(ctx)
	for err == nil {
		state.Level = maintenance.On - state.Level
		if state, err = s.Save(ctx, state); err == nil {
			fmt.Println(state.Revision, state.ID)
		}
	}
	return err
}

func TestKilledWriterLeavesAState(t *testing.T) {
	t.Parallel()
	path := onDisk(t)
	var revision uint64
	ids := make(map[string]uint64)
	for round := range 12 {
		c := start(t, "toggle", path)
		for range round + 1 {
			var id string
			_, err := fmt.Sscan(c.line(), &revision, &id)
			require.NoError(t, err)
			ids[id] = revision
		}
		c.kill() // somewhere within a save, as a rule
		state := load(t, elsewhere(path))
		require.GreaterOrEqual(t, state.Revision, revision)
		if was, ok := ids[state.ID]; ok {
			require.Equal(t, was, state.Revision, "an ID came again")
		}
		again := load(t, elsewhere(path))
		require.Equal(t, state, again, "two processes disagree about the document")
		ids[state.ID] = state.Revision
	}
	save(t, New(path), maintenance.Off)
	assert.NotContains(t, listing(t, path), DefaultPath+".tmp")
}

// childJoin joins under the ID that it is given, and stays until its standard
// input is closed.
func childJoin(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := New(args[0])
	r, err := s.Join(ctx, maintenance.Replica{ID: args[1], Name: "child"})
	if err != nil {
		return err
	}
	fmt.Println(r.Incarnation)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}

func replicas(t *testing.T, s *Store) map[string]maintenance.Replica {
	t.Helper()
	snapshot, err := s.Replicas(t.Context())
	require.NoError(t, err)
	all := make(map[string]maintenance.Replica)
	for _, r := range snapshot.Replicas {
		all[r.ID] = r
	}
	return all
}

func TestKilledReplicaGoes(t *testing.T) {
	t.Parallel()
	path := switched(t)
	s := New(path)
	stays, goes := start(t, "join", path, "STAYS"), start(t, "join", path, "GOES")
	assert.Equal(t, stays.line(), goes.line(), "one roster, one incarnation")
	require.Len(t, replicas(t, s), 2)

	goes.kill()
	all := replicas(t, s)
	assert.Contains(t, all, "STAYS")
	assert.NotContains(t, all, "GOES")
	assert.NoFileExists(t, s.inRoster("GOES", entrySuffix))

	require.NoError(t, s.Remove(t.Context(), "STAYS"), "another process holds it")
	assert.Empty(t, replicas(t, s))
	require.NoError(t, stays.stdin.Close())
	stays.wait()
}
