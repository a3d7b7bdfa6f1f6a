package storetest

import (
	"context"
	"crypto/rand"
	"reflect"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// patience bounds every wait for something that should happen at once. It is
// long because a machine that runs tests may be busy.
const patience = 30 * time.Second

// tester is what a check needs of *testing.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// A check is one rule of the contract. It reports to its probe alone, so that
// the suite's own tests can watch it fail.
type check struct {
	name string
	run  func(*probe)
}

// probe is what a check is given: the test that it reports to, and the stores.
type probe struct {
	tester
	open      func(name string) maintenance.Store
	interrupt func() // nil: the engine has no connections
	patience  time.Duration
}

// newName returns a name that no switch had before.
func newName() string { return strings.ToLower(rand.Text()[:16]) }

// fresh opens a store on a switch that nobody used before.
func (p *probe) fresh() maintenance.Store { return p.open(newName()) }

// pair opens two Store values on one switch that nobody used before.
func (p *probe) pair() (a, b maintenance.Store) {
	name := newName()
	return p.open(name), p.open(name)
}

// bounded returns the context for one call of a store.
func (p *probe) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), p.patience)
}

// load returns what s holds; a failure ends the check.
func (p *probe) load(s maintenance.Store) maintenance.State {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	state, err := s.Load(ctx)
	if err != nil {
		p.Fatalf("Load: %v", err)
	}
	return state
}

// save saves state and returns what was stored; a failure ends the check.
func (p *probe) save(s maintenance.Store, state maintenance.State) maintenance.State {
	p.Helper()
	saved, err := p.trySave(s, state)
	if err != nil {
		p.Fatalf("Save over revision %d: %v", state.Revision, err)
	}
	return saved
}

func (p *probe) trySave(s maintenance.Store, state maintenance.State) (maintenance.State, error) {
	ctx, cancel := p.bounded()
	defer cancel()
	return s.Save(ctx, state)
}

// holds fails the check where s does not hold exactly want.
func (p *probe) holds(s maintenance.Store, want maintenance.State) {
	p.Helper()
	p.same("Load", p.load(s), want)
}

// same fails the check where got is not want, in a field or in a member of the
// document that this release does not know; what says where got came from.
func (p *probe) same(what string, got, want maintenance.State) {
	p.Helper()
	faults := differences(got, want)
	for _, fault := range faults {
		p.Errorf("%s: %s", what, fault)
	}
	a, b := members(got), members(want)
	if len(faults) == 0 && !reflect.DeepEqual(a, b) {
		p.Errorf("%s: members that this release does not know: got %s, want %s", what, brief(a), brief(b))
	}
}

// eventually tries until it succeeds; a failure that lasts ends the check. It is
// for the time after a connection was cut, when a few calls may still meet
// what is left of it.
func (p *probe) eventually(what string, try func(context.Context) error) {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.Fatalf("%s: still failing after %v: %v", what, p.patience, err)
		}
	}
}

// inTime runs call aside and returns its error; where it does not return in time
// the check ends. The call must not report to the probe.
func (p *probe) inTime(what string, call func() error) error {
	p.Helper()
	returned := make(chan error, 1)
	go func() { returned <- call() }()
	select {
	case err := <-returned:
		return err
	case <-time.After(p.patience):
		p.Fatalf("%s did not return within %v", what, p.patience)
		return nil
	}
}
