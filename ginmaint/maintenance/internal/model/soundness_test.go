package model

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jugs is a system whose answers are known: jugs of five and three litres, of
// which one is to hold four. The shortest way takes six steps.
type jugs struct {
	wanted uint8
	rename func([2]uint8) [2]uint8
	looks  []goal[[2]uint8]
}

func (j jugs) initial() [2]uint8 { return [2]uint8{} }

func (j jugs) next(s [2]uint8, step func(who, what string, to [2]uint8)) {
	sizes := [2]uint8{5, 3}
	for i, name := range []string{"five", "three"} {
		filled, emptied, poured := s, s, s
		filled[i], emptied[i] = sizes[i], 0
		moved := min(s[i], sizes[1-i]-s[1-i])
		poured[i], poured[1-i] = s[i]-moved, s[1-i]+moved
		step(name, "is filled", filled)
		step(name, "is emptied", emptied)
		step(name, "is poured over", poured)
	}
}

func (j jugs) violation(s [2]uint8) string {
	if s[0] == j.wanted {
		return "measured"
	}
	return ""
}

func (j jugs) canonical(s [2]uint8) [2]uint8 {
	if j.rename != nil {
		return j.rename(s)
	}
	return s
}

func (j jugs) goals() []goal[[2]uint8] { return j.looks }

func TestExploreFindsTheShortestWay(t *testing.T) {
	t.Parallel()
	found := explore[[2]uint8](jugs{wanted: 4}, 1000)
	assert.Equal(t, "measured", found.broken)
	assert.False(t, found.full)
	assert.Equal(t, []move{
		{"five", "is filled"}, {"five", "is poured over"}, {"three", "is emptied"},
		{"five", "is poured over"}, {"five", "is filled"}, {"five", "is poured over"},
	}, found.trace)
}

func TestExploreMeetsEveryState(t *testing.T) {
	t.Parallel()
	found := explore[[2]uint8](jugs{wanted: 6, looks: []goal[[2]uint8]{
		{"both full", func(s [2]uint8) bool { return s == [2]uint8{5, 3} }},
		{"one litre in each", func(s [2]uint8) bool { return s == [2]uint8{1, 1} }},
	}}, 1000)
	assert.Empty(t, found.broken)
	assert.Equal(t, 16, found.states, "those in which one jug is full or empty")
	assert.Equal(t, []string{"one litre in each"}, found.missed)
}

func TestExploreKeepsItsBound(t *testing.T) {
	t.Parallel()
	found := explore[[2]uint8](jugs{wanted: 6}, 10)
	assert.True(t, found.full)
	assert.Equal(t, 10, found.states)
}

func TestExploreRefusesUnsoundNames(t *testing.T) {
	t.Parallel()
	// The jugs are not alike, so they must not be sorted.
	unsound := jugs{wanted: 4, rename: func(s [2]uint8) [2]uint8 { return [2]uint8{max(s[0], s[1]), min(s[0], s[1])} }}
	assert.Panics(t, func() { explore[[2]uint8](unsound, 1000) })
}

// TestStatesAreBytes: only what is made of bytes can be compared by them.
func TestStatesAreBytes(t *testing.T) {
	t.Parallel()
	for _, state := range []any{gateState{}, clusterState{}, windowState{}, lossState{}, leaseState{}} {
		assertBytes(t, reflect.TypeOf(state))
	}
}

func assertBytes(t *testing.T, part reflect.Type) {
	t.Helper()
	switch part.Kind() {
	case reflect.Struct:
		for i := range part.NumField() {
			assertBytes(t, part.Field(i).Type)
		}
	case reflect.Array:
		assertBytes(t, part.Elem())
	default:
		assert.EqualValues(t, 1, part.Size(), part)
	}
}

// TestReductionsLoseNothing searches small worlds twice, with states reduced and
// told apart.
func TestReductionsLoseNothing(t *testing.T) {
	t.Parallel()
	known := []mutant{
		clusterWithout("nothing", "cluster", func(*cluster) {}),
		clusterWithout("nothing", "cluster, read-only", func(c *cluster) { c.levels, c.classes = allLevels, allClasses }),
		clusterWithout("nothing", "cluster, revisions again", func(c *cluster) { c.again = true }),
		clusterWithout("nothing", "cluster, late renewals and kills", func(c *cluster) { c.late, c.kills = true, true }),
		clusterWithout("nothing", "cluster, loads and saves", func(c *cluster) { c.loads = true }),
		windowWithout("nothing", "window", func(*window) {}),
		windowWithout("nothing", "window, revisions again", func(w *window) { w.again, w.spans = true, []span{{2, 5}, {3, 7}} }),
		lossWithout("nothing", "loss", func(*loss) {}),
		lossWithout("nothing", "loss, also of the document alone", func(l *loss) { l.evicts = true }),
		leaseWithout("nothing", "lease", func(l *lease) { l.loads, l.names = true, true }),
	}
	compared := 0
	for _, m := range append(known, mutants...) {
		if m.small == nil {
			continue
		}
		compared++
		t.Run(m.rule+"/"+m.name, func(t *testing.T) {
			t.Parallel()
			m.small(t)
		})
	}
	assert.Greater(t, compared, 40)
}

// assertSame searches both. They have to find the same after as many steps; and
// where they find nothing, the states told apart have to be, when reduced, those
// that the other search met.
func assertSame[S comparable](t *testing.T, reduced, plain system[S]) {
	t.Helper()
	images := make(map[S]bool)
	apart := explore[S](seen[S]{plain, func(s S) { images[reduced.canonical(s)] = true }}, most())
	if apart.cutOff() {
		return
	}
	require.False(t, apart.full, "the small world is too large")
	together := explore(reduced, most())
	assert.Equal(t, apart.broken, together.broken)
	assert.Len(t, together.trace, len(apart.trace))
	if apart.broken == "" {
		assert.Len(t, images, together.states)
	}
}

// seen is a system that tells of every state met.
type seen[S comparable] struct {
	system[S]
	tell func(S)
}

func (s seen[S]) violation(state S) string {
	s.tell(state)
	return s.system.violation(state)
}
