package maintenance

import (
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

// Option configures Open.
type Option func(*options)

type options struct {
	poll     time.Duration
	lease    time.Duration
	closes   bool
	limit    time.Duration
	limited  bool
	fallback *Level
	observer bool
	sole     bool
	fresh    bool
	name     string
	skew     time.Duration
	logger   *slog.Logger

	listeners []func(Change)
}

const (
	// defaultPoll bounds how long a lost push stays unnoticed, and is the
	// heartbeat of the roster.
	defaultPoll = time.Second

	// leasePolls is how many heartbeats of a replica that does not fail closed
	// may be missed before it is called lost.
	leasePolls = 10

	// longestRest is the pause after a question that was not answered.
	longestRest = time.Second

	// openedRest is how long a replica that has opened rests before it tells so: it asked
	// the store to open, as all others do in that moment, and those who still ask come first.
	openedRest = 100 * time.Millisecond

	// longestAsking is how long one question to the store may take at most;
	// two polls where those are shorter.
	longestAsking = 3 * time.Second

	// defaultSkew is what two well-kept clocks differ by at the very most.
	defaultSkew = 2 * time.Second
)

// Poll sets how often the store is asked for the document, besides its pushes;
// default 1 s, at least 10 ms. It is the longest that a replica which can
// reach the store follows behind, and the heartbeat by which replicas are seen. A longer
// one also has the store's own questions come more rarely (Pacer), for a database that is
// paid by the question or sleeps without any; a drain, and the wait for survivors when a
// store is new or has lost something, then take as long. That wait is of two polls and
// the longest time for an answer: 4 s with the default, 1 s with 250 ms.
// Give all processes of a service the same: how long one waits for survivors of a
// loss is reckoned by its own.
func Poll(interval time.Duration) Option { return func(o *options) { o.poll = interval } }

// FreshStore is your word that the store was made for this process and those beside
// it, and that it has lost nothing since: so neither a start nor a drain waits for
// replicas that may know better than the store. It is for tests that start a server
// each. In a service that outlives its store it breaks the promise of a drain.
func FreshStore() Option { return func(o *options) { o.fresh = true } }

// FailClosed makes a process refuse all work once the store has not confirmed
// the document for the length of the lease, rather than go on with the last
// one known. A lease spans at least three polls.
func FailClosed(lease time.Duration) Option {
	return func(o *options) { o.lease, o.closes = lease, true }
}

// WorkLimit declares that no work of this process lasts longer than limit, pauses of
// the process included; default: no such word is given. It needs FailClosed. A drain
// then counts the replica as drained, without AllowLost, once it was lost for its lease
// and that long: killed processes hold nothing up, though Expect counts none of them. So
// long after its last renewal its entry is removed by the others that declare a limit, who
// look at the roster about once a lease, all together; each removal is logged. That is
// your word and no proof, so Report.Declared names each. The plugin for Gin ends the
// context of a request and its connection then; a handler that looks at neither breaks
// your word. Bound other work yourself. It also rests on one server answering for the
// store: in a split brain, a drain that asks the deposed one can't know who renews at the
// other.
func WorkLimit(limit time.Duration) Option {
	return func(o *options) { o.limit, o.limited = limit, true }
}

// Fallback lets Open succeed where the store can't be reached: at this level,
// until the store answers. Fallback(On) keeps every promise. With any other
// level the process may admit work while a drain elsewhere counts on none: it is outside
// the promise of Drain until it has reached the store once.
func Fallback(l Level) Option { return func(o *options) { o.fallback = &l } }

// Observer opens a Mode that only looks and switches, as the command line
// does: it has no entry in the roster, and Enter admits nothing.
func Observer() Option { return func(o *options) { o.observer = true } }

// Name labels the process for people, in the roster and as ChangedBy where a
// saved state names nobody; default host:pid.
func Name(label string) Option { return func(o *options) { o.name = label } }

// Sole declares that there are never two processes of this Name at the same time, as with
// the pods of a StatefulSet or a unit of systemd; it needs Name, and one Mode of that Name
// in the process. A process that starts then removes the entries of its Name whose
// processes have declared it too, so a killed predecessor holds no drain up. That is the
// owner's word and no proof: where the predecessor lives after all, as a pod does on a node
// that is cut off and was deleted by force, its work may go on while a drain elsewhere
// counts on none. Each removal is logged.
func Sole() Option { return func(o *options) { o.sole = true } }

// ClockSkew sets by how much the clocks of two replicas may differ; default
// 2 s. Drain proves nothing closer than that to the End of a window.
func ClockSkew(most time.Duration) Option { return func(o *options) { o.skew = most } }

// Logger sets where changes, outages of the store and repairs are told; default
// slog.Default. See the package's documentation for the lines.
func Logger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }

// roundTrip is how long one question to the store may take.
func (o options) roundTrip() time.Duration {
	return min(max(2*o.poll, longestAsking/6), longestAsking)
}

// survivorWait is how old a roster must be before what it lacks proves anything.
// A survivor of a loss may wait for an answer that never comes, then pauses for
// one and a half polls at most, and then finds out.
func (o options) survivorWait() time.Duration {
	if o.fresh {
		return 0
	}
	return o.roundTrip() + 2*o.poll
}

// spread returns between half of d and one and a half times d, so that processes
// which failed together don't come back in step. It is drawn from the process's name
// and the nanoseconds of its clock rather than from the runtime, so that a simulation
// which stops the clock can repeat what it has found.
func (o options) spread(d time.Duration) time.Duration {
	return d/2 + time.Duration(o.draw().Int64N(int64(d)))
}

// oneIn draws one of n lots, as spread does.
func (o options) oneIn(n int) bool { return o.draw().IntN(n) == 0 }

func (o options) draw() *rand.Rand {
	name := fnv.New64a()
	_, _ = name.Write([]byte(o.name))
	return rand.New(rand.NewPCG(name.Sum64(), uint64(time.Now().UnixNano())))
}

// resolve applies the options to the defaults, and names all faults at once.
func resolve(opts []Option) (options, error) {
	o := options{poll: defaultPoll, skew: defaultSkew}
	for _, opt := range opts {
		opt(&o)
	}
	var faults []error
	if o.poll < 10*time.Millisecond {
		faults = append(faults, fmt.Errorf("Poll(%v): the interval is at least 10ms", o.poll))
	}
	if o.closes && o.lease < 3*o.poll {
		faults = append(faults, fmt.Errorf("FailClosed(%v): the lease spans at least three polls, %v", o.lease, 3*o.poll))
	}
	if o.limited && o.limit <= 0 {
		faults = append(faults, fmt.Errorf("WorkLimit(%v): work takes some time", o.limit))
	}
	if o.limited && !o.closes {
		faults = append(faults, fmt.Errorf("WorkLimit(%v): it needs FailClosed, else new work may begin for as long as the store is away", o.limit))
	}
	if o.fallback != nil && *o.fallback > On {
		faults = append(faults, fmt.Errorf("Fallback: there is no level %d", uint8(*o.fallback)))
	}
	if o.skew < 0 {
		faults = append(faults, fmt.Errorf("ClockSkew(%v): a difference is not negative", o.skew))
	}
	if err := checkText(o.name, maxAudit); err != nil {
		faults = append(faults, fmt.Errorf("Name: %w", err))
	}
	if o.sole && o.name == "" {
		faults = append(faults, errors.New("Sole: it needs Name, one that no other process has at the same time"))
	}
	if slices.ContainsFunc(o.listeners, func(f func(Change)) bool { return f == nil }) {
		faults = append(faults, errors.New("OnChange(nil): hand it a function"))
	}
	if len(faults) > 0 {
		return o, fmt.Errorf("maintenance: these options of Open are wrong: %w", errors.Join(faults...))
	}
	if !o.closes {
		o.lease = leasePolls * o.poll
	}
	if o.name == "" {
		o.name = defaultName()
	}
	if o.logger == nil {
		o.logger = slog.Default()
	}
	return o, nil
}

func defaultName() string {
	host, err := os.Hostname()
	if err != nil || checkText(host, maxAudit/2) != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}
