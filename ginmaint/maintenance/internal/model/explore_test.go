package model

import (
	"bytes"
	"hash/maphash"
	"slices"
	"unsafe"
)

// system is a protocol to search: its states, and the steps that lead from one
// to the next. Everything that may happen in a state is a step of its own, so
// all orders of all steps are searched. A state is made of bytes alone: numbers
// of eight bits and truths.
type system[S comparable] interface {
	// initial is the state that the search begins with.
	initial() S

	// next calls step for everything that may happen in s: who does it, what it
	// is, and the state that follows. The texts are constants: nothing is built
	// for millions of steps that nobody reads.
	next(s S, step func(who, what string, to S))

	// violation says what is wrong with s, and is empty where nothing is.
	violation(s S) string

	// canonical returns the one state that stands for all that differ from s
	// only in the names of equal parts (request 1 and 2, replica A and B).
	canonical(s S) S

	// goals are what a search of the protocol must come across. A model in
	// which no drain ever returns keeps every promise.
	goals() []goal[S]
}

// goal is a named kind of state.
type goal[S comparable] struct {
	name string
	met  func(S) bool
}

// move is one step of a trace.
type move struct{ who, what string }

// result is what a search found.
type result struct {
	states int      // different states met
	depth  int      // steps of the longest of all shortest ways
	full   bool     // the bound was hit: not every state was searched
	broken string   // what was violated; empty where nothing was
	trace  []move   // the shortest way to the violation
	missed []string // goals that no state met
}

// explore searches all states that sys can reach, breadth first, until one
// violates the invariant or most states were met. The first violation found is
// therefore one of the nearest.
func explore[S comparable](sys system[S], most int) result {
	met := newVisited[S]()
	start := sys.canonical(sys.initial())
	met.add(start, 0)
	open := sys.goals()
	var found result

	layer := 1 // index of the first state that is one step farther
	for at := 0; at < len(met.states) && !found.full; at++ {
		if at == layer {
			found.depth++
			layer = len(met.states)
		}
		s := met.states[at]
		open = slices.DeleteFunc(open, func(g goal[S]) bool { return g.met(s) })
		if found.broken = sys.violation(s); found.broken != "" {
			found.trace = replay(sys, met.way(at))
			break
		}
		sys.next(s, func(_, _ string, to S) {
			if len(met.states) < most {
				met.add(sys.canonical(to), at)
			} else {
				found.full = true
			}
		})
	}
	found.states = len(met.states)
	for _, g := range open {
		found.missed = append(found.missed, g.name)
	}
	return found
}

// replay walks the way with the parts under their own names. That each step is
// found again is also the proof that the renaming was sound.
func replay[S comparable](sys system[S], way []S) []move {
	var moves []move
	here := sys.initial()
	for _, want := range way[1:] {
		var (
			done move
			then S
		)
		sys.next(here, func(who, what string, to S) {
			if done.what == "" && sys.canonical(to) == want {
				done, then = move{who, what}, to
			}
		})
		if done.what == "" {
			panic("model: a step of the trace does not exist under other names; the reduction by symmetry is unsound")
		}
		moves = append(moves, done)
		here = then
	}
	return moves
}

// visited holds the states met, in the order in which they were met, and finds
// them again by an open hash table.
type visited[S comparable] struct {
	states []S
	from   []uint32 // the index of the state before
	table  []uint64 // half a hash, then the index + 1; 0 is free
	seed   maphash.Seed
}

func newVisited[S comparable]() *visited[S] {
	return &visited[S]{table: make([]uint64, 1<<10), seed: maphash.MakeSeed()}
}

// add keeps s, first reached from the state with index from, unless it is known.
func (v *visited[S]) add(s S, from int) {
	hash := maphash.Comparable(v.seed, s) >> 32
	mask := uint64(len(v.table) - 1)
	slot := hash & mask
	for ; v.table[slot] != 0; slot = (slot + 1) & mask {
		if found := v.table[slot]; found>>32 == hash && v.states[uint32(found)-1] == s {
			return
		}
	}
	v.states = append(v.states, s)
	v.from = append(v.from, uint32(from))
	v.table[slot] = hash<<32 | uint64(len(v.states))
	if 4*len(v.states) > 3*len(v.table) {
		v.grow()
	}
}

func (v *visited[S]) grow() {
	old := v.table
	v.table = make([]uint64, 2*len(old))
	mask := uint64(len(v.table) - 1)
	for _, found := range old {
		if found == 0 {
			continue
		}
		slot := found >> 32 & mask
		for v.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		v.table[slot] = found
	}
}

// way returns the states from the first to the one with index at.
func (v *visited[S]) way(at int) []S {
	way := []S{v.states[at]}
	for at != 0 {
		at = int(v.from[at])
		way = append(way, v.states[at])
	}
	slices.Reverse(way)
	return way
}

// order compares equal parts of a state, so that they can be sorted: by the bytes
// that they are made of.
func order[T any](a, b T) int { return bytes.Compare(bytesOf(&a), bytesOf(&b)) }

func bytesOf[T any](part *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(part)), unsafe.Sizeof(*part))
}
