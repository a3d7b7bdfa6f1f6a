package fire

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// engine is a store under fire.
type engine struct {
	upstream string                      // its address; empty where there is none to proxy
	url      func(address string) string // how a replica reaches it, by a proxy's address
	restart  func(empty bool)            // nil where there is nothing to restart
	forgets  bool                        // it can come back empty
}

// arena is a store, its replicas, and what they did.
type arena struct {
	t        *testing.T
	engine   engine
	binary   string
	journals string
	proxies  *toxitest.Server
	control  *maintenance.Mode
	roster   maintenance.Roster

	replicas []*replica
	started  int
	gone     map[string]time.Duration
	events   map[string]int
}

type replica struct {
	name    string
	process *proc.Child
	pid     int
	proxy   *toxitest.Proxy // nil: reaches the store directly
}

func newArena(t *testing.T, e engine, binary string) *arena {
	a := &arena{
		t: t, engine: e, binary: binary, journals: t.TempDir(),
		gone: make(map[string]time.Duration), events: make(map[string]int),
	}
	if e.upstream != "" {
		a.proxies = toxitest.Start(t)
	}
	store, done, err := stores.Open(t.Context(), e.url(e.upstream))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, done()) })
	a.roster = store.(maintenance.Roster)
	a.control, err = maintenance.Open(t.Context(), store, maintenance.Observer(), maintenance.Name("control"),
		maintenance.Poll(Poll), maintenance.Fallback(maintenance.On), maintenance.Logger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.control.Close()) })
	t.Cleanup(a.killAll)
	return a
}

// start adds a replica, and waits until it says that it is ready.
func (a *arena) start() {
	a.started++
	r := &replica{name: nameOf(a.started)}
	address := a.engine.upstream
	if a.proxies != nil {
		r.proxy = a.proxies.Proxy(a.t, address)
		address = r.proxy.Addr()
	}
	command := exec.Command(a.binary)
	command.Env = append(os.Environ(), "FIRE_STORE="+a.engine.url(address), "FIRE_REPLICA="+r.name, "FIRE_JOURNALS="+a.journals)
	var err error
	r.process, err = proc.Start(command)
	require.NoError(a.t, err)
	r.pid = command.Process.Pid
	err = r.process.Ready(func() bool { return strings.Contains(r.process.Printed(), "ready\n") })
	require.NoError(a.t, err, r.name)
	a.replicas = append(a.replicas, r)
}

// remove ends a replica by a signal, notes when it was gone, and strikes its
// entry where it could not do that itself: what a person does who has looked. Those
// of earlier ones go as well: what a process has sent before its end may arrive later.
func (a *arena) remove(r *replica, signal syscall.Signal) {
	a.end(r, signal)
	a.forget(func(entry maintenance.Replica) bool {
		_, gone := a.gone[entry.Name]
		return gone
	})
}

// pause stops a replica, and returns once it has stopped: on a busy machine its threads run
// on for a moment after the signal.
func (a *arena) pause(r *replica) {
	a.t.Helper()
	require.NoError(a.t, r.process.Signal(syscall.SIGSTOP), r.name)
	var status syscall.WaitStatus
	_, err := syscall.Wait4(r.pid, &status, syscall.WUNTRACED, nil)
	require.NoError(a.t, err, r.name)
}

// serve waits until a replica has admitted something: no drain waits for one that is idle.
func (a *arena) serve(r *replica) {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		snapshot, err := a.roster.Replicas(a.t.Context())
		return err == nil && slices.ContainsFunc(snapshot.Replicas, func(entry maintenance.Replica) bool {
			return entry.Name == r.name && !entry.Idle
		})
	}, time.Minute, 20*time.Millisecond, "%s does not serve", r.name)
}

// end ends a replica by a signal, and notes when it was gone.
func (a *arena) end(r *replica, signal syscall.Signal) {
	if signal == syscall.SIGKILL {
		// Stopped first: where the kernel tells who lives, a drain may be proven before
		// this process has noticed the end, and work of before would seem to overlap.
		a.pause(r)
		a.gone[r.name] = Now()
	}
	require.NoError(a.t, r.process.Stop(signal), r.name)
	if signal != syscall.SIGKILL {
		a.gone[r.name] = Now()
	}
	a.replicas = slices.DeleteFunc(a.replicas, func(other *replica) bool { return other == r })
}

// forget strikes the entries that match, as soon as the store answers.
func (a *arena) forget(match func(maintenance.Replica) bool) {
	require.Eventually(a.t, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		entries, err := a.control.Replicas(ctx)
		if err != nil {
			return false
		}
		for _, entry := range entries {
			if match(entry) && a.control.Forget(ctx, entry.ID) != nil {
				return false
			}
		}
		return true
	}, time.Minute, 20*time.Millisecond, "the store does not come back")
}

// restart restarts the store.
func (a *arena) restart(empty bool) {
	a.engine.restart(empty)
	a.settled()
}

// settled waits until all replicas are listed by the present roster, and accepts
// that no others are: what a person does who has looked.
func (a *arena) settled() {
	require.Eventually(a.t, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		snapshot, err := a.roster.Replicas(ctx)
		listed := 0
		for _, entry := range snapshot.Replicas {
			if entry.Incarnation == snapshot.Incarnation && a.has(entry.Name) {
				listed++
			}
		}
		return err == nil && listed == len(a.replicas)
	}, time.Minute, 20*time.Millisecond, "the replicas do not come back after the store has")
	a.forget(func(entry maintenance.Replica) bool { return entry.Unknown })
}

func (a *arena) has(name string) bool {
	return slices.ContainsFunc(a.replicas, func(r *replica) bool { return r.name == name })
}

func (a *arena) killAll() {
	for _, r := range a.replicas {
		r.process.Kill()
		a.gone[r.name] = Now()
	}
	a.replicas = nil
}

// runs returns what all replicas did, once none is left.
func (a *arena) runs() []Run {
	a.killAll()
	runs, err := ReadRuns(a.journals, a.gone)
	require.NoError(a.t, err)
	return runs
}
