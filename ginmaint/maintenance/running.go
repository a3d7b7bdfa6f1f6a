package maintenance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Running names work in flight that a level refuses, and what it waits in: what holds
// up a drain. A replica finds it among its own goroutines once it is waited for
// longer than a second. It holds names of code and of routes, never data of requests.
type Running struct {
	Work  string        `json:"work"`            // the route where it is known, and the function: "POST /upload main.(*Shop).Upload"
	In    string        `json:"in,omitempty"`    // where that is now, from the application's own function to the innermost one
	Count int64         `json:"count"`           // goroutines
	For   time.Duration `json:"for,omitempty"`   // how long each look has found one there, at least; in nanoseconds
	Guess bool          `json:"guess,omitempty"` // the application's own code outside of what is known to hold a Ticket
}

// String returns one line, such as
//
//	POST /upload main.(*Shop).Upload, in io.Copy > net.(*conn).Read, for 3m0s
func (r Running) String() string {
	text := r.Work
	if r.Guess {
		text = "perhaps " + text
	}
	if r.Count > 1 {
		text = fmt.Sprintf("%d × %s", r.Count, text)
	}
	if r.In != "" {
		text += ", in " + r.In
	}
	if r.For >= time.Second {
		text += ", for " + r.For.Round(time.Second).String()
	}
	return text
}

// Recogniser tells work by the functions on the stack of a goroutine, by their full
// names and innermost first, as package runtime writes them. It returns the index of
// the function that does the work, such as a route's handler, and what people know it
// by, such as the route. The index is negative where that goroutine does nothing that
// a drain at this level waits for. ok is false where it knows nothing of the stack.
type Recogniser func(functions []string, l Level) (at int, name string, ok bool)

const (
	// lookAfter is how long work is waited for before anybody wants to know which:
	// most of it is over by then.
	lookAfter = time.Second

	// lookAgain is how soon the next look follows where nothing has left since.
	lookAgain = 10 * time.Second

	// lookShare bounds what looking costs: a look of 20 ms is followed by 1 s without.
	lookShare = 50

	// mostRunning and mostName, in bytes, bound what an entry grows by: 2 kB.
	mostRunning = 5
	mostName    = 160
)

// finder names the work in flight of one Mode, by a look at all goroutines from time to
// time.
type finder struct {
	mu          sync.Mutex
	recognisers []Recogniser
	looking     bool
	looked      time.Time // when the last look began; zero: none since work was last waited for
	cost        time.Duration
	counted     [classes]int64        // at the last look
	met         map[Running]time.Time // when the looks first found it there, without Count and For
	found       []Running
}

// latest returns what the last look has found of the work of t that l refuses, and
// nothing while that is waited for no longer than a moment. Where the next look is due
// the caller takes it.
func (f *finder) latest(t tally, l Level) (found []Running, due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if t.clear(l) || now.Sub(t.since) < lookAfter {
		f.looked, f.met, f.found = time.Time{}, nil, nil
		return nil, false
	}
	rest := max(lookAfter, lookShare*f.cost)
	if t.inFlight == f.counted {
		rest = max(rest, lookAgain)
	}
	due = !f.looking && (f.looked.IsZero() || now.Sub(f.looked) >= rest)
	f.looking = f.looking || due
	return f.found, due
}

// look is the look that is due.
func (f *finder) look(t tally, l Level) {
	began := time.Now()
	f.mu.Lock()
	recognisers := slices.Clone(f.recognisers)
	f.mu.Unlock()
	var refused int64
	for a, n := range t.inFlight {
		if l.Refuses(Access(a)) {
			refused += n
		}
	}
	counts := among(goroutines(), recognisers, l, refused)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found = f.keep(counts, began)
	f.looking, f.looked, f.cost, f.counted = false, began, time.Since(began), t.inFlight
}

// keep notes what a look has found, and returns the handful that has been there
// longest. The caller holds mu.
func (f *finder) keep(counts map[Running]int64, now time.Time) []Running {
	met := make(map[Running]time.Time, len(counts))
	found := make([]Running, 0, len(counts))
	for r, n := range counts {
		since, again := f.met[r]
		if !again {
			since = now
		}
		met[r] = since
		r.Count, r.For = n, now.Sub(since)
		found = append(found, r)
	}
	f.met = met
	slices.SortFunc(found, func(a, b Running) int {
		switch {
		case a.Guess != b.Guess && a.Guess:
			return 1
		case a.Guess != b.Guess:
			return -1
		}
		return cmp.Or(cmp.Compare(b.For, a.For), cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Work, b.Work), cmp.Compare(a.In, b.In))
	})
	return slices.Clip(found[:min(len(found), mostRunning)])
}

// among counts what the goroutines do. It guesses only where less is known than is in
// flight.
func among(all []goroutine, recognisers []Recogniser, l Level, inFlight int64) map[Running]int64 {
	known, guessed := make(map[Running]int64), make(map[Running]int64)
	var n int64
	for _, g := range all {
		at, name, ok := recognise(recognisers, g.functions, l)
		switch {
		case ok && at >= 0:
			known[describe(g.functions[:at+1], name)] += g.count
			n += g.count
		case !ok && mayWork(g.functions):
			r := describe(g.functions[:1+slices.IndexFunc(g.functions, isOwn)], "")
			r.Guess = true
			guessed[r] += g.count
		}
	}
	if n < inFlight {
		for r, n := range guessed {
			known[r] += n
		}
	}
	return known
}

// recognise asks all in turn, as two may know a stack and one of them its route.
func recognise(by []Recogniser, functions []string, l Level) (at int, name string, ok bool) {
	for _, r := range by {
		switch i, n, known := r(functions, l); {
		case known && i < 0:
			return i, "", true
		case known && (!ok || name == ""):
			at, name, ok = i, n, true
		}
	}
	return at, name, ok
}

// describe tells where the work is whose function is the outermost of these: in which
// function of the application, in which one that this has called, and in which one
// that waits.
func describe(functions []string, name string) Running {
	work := len(functions) - 1
	own := max(0, slices.IndexFunc(functions, isOwn))
	if !isOwn(functions[own]) {
		own = work
	}
	innermost := min(own, max(0, slices.IndexFunc(functions, isTelling)))
	var in []string
	for _, i := range []int{own, own - 1, innermost} {
		if i >= innermost && i < work && !slices.Contains(in, short(functions[i])) {
			in = append(in, short(functions[i]))
		}
	}
	text := short(functions[work])
	if name != "" {
		text = name + " " + text
	}
	return Running{Work: shortened(text), In: shortened(strings.Join(in, " > "))}
}

// shortened cuts a text that no entry should hold whole.
func shortened(text string) string {
	if len(text) <= mostName {
		return text
	}
	return strings.ToValidUTF8(text[:mostName-len("…")], "") + "…"
}
