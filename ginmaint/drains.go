package ginmaint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// drains has at most one drain run in this process. It belongs to nobody's request: it
// goes on where the browser goes away, changes nothing, and ends by itself.
type drains struct {
	mode   *maintenance.Mode
	logger *slog.Logger
	told   func() // of every finding; it does not wait

	mu   sync.Mutex
	last *draining // the one that runs, or the one before; nil: there was none
}

// draining is one drain.
type draining struct {
	by      string
	began   time.Time
	names   map[string]string // of the replicas that were there, by ID
	report  maintenance.Report
	err     error
	running bool
	stop    context.CancelFunc
	ended   chan struct{}
}

// errRunning means that a drain runs here already.
var errRunning = errors.New("a drain runs in this process already; wait for it, or stop it")

// begin starts a drain that lasts so long at most.
func (d *drains) begin(by string, bound time.Duration, options []maintenance.DrainOption) (*draining, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last != nil && d.last.running {
		return nil, errRunning
	}
	if d.mode.State().Level == maintenance.Off {
		return nil, maintenance.ErrOff
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	one := &draining{
		by: by, began: time.Now(), names: make(map[string]string), report: maintenance.Report{State: d.mode.State()},
		running: true, stop: cancel, ended: make(chan struct{}),
	}
	d.last = one
	go d.run(ctx, one, options)
	return one, nil
}

func (d *drains) run(ctx context.Context, one *draining, options []maintenance.DrainOption) {
	defer close(one.ended)
	defer one.stop()
	// Those which have drained at the first look are in no report by name.
	listing, cancel := context.WithTimeout(ctx, longestLook)
	listed, _ := d.mode.Replicas(listing) // the drain says so where they can't be listed
	cancel()
	d.note(func() {
		for _, r := range listed {
			one.meet(r)
		}
	})
	report, err := d.mode.Drain(ctx, append(options, maintenance.OnProgress(func(r maintenance.Report) {
		d.note(func() { one.found(r) })
	}))...)
	d.note(func() {
		one.found(report)
		one.err, one.running = err, false
	})
}

// note changes what is known of the drain, and tells of it.
func (d *drains) note(change func()) {
	d.mu.Lock()
	change()
	d.mu.Unlock()
	d.told()
}

func (o *draining) meet(r maintenance.Replica) {
	o.names[r.ID] = fleet.Line(cmp.Or(r.Name, r.ID))
}

func (o *draining) found(r maintenance.Report) {
	o.report = r
	for _, p := range slices.Concat(r.Pending, r.Allowed, r.Declared) {
		o.meet(p.Replica)
	}
	for _, ended := range r.Ended {
		o.meet(ended)
	}
}

// end stops the drain that runs, and returns it, or the one before; nil: there was none.
func (d *drains) end() *draining {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last != nil {
		d.last.stop()
	}
	return d.last
}

// drainView is what is told of a drain.
type drainView struct {
	Running  bool                `json:"running"`
	Stands   bool                `json:"stands"` // it is proven, and nobody has changed the state since
	By       string              `json:"by,omitempty"`
	Began    time.Time           `json:"began"`
	Says     string              `json:"says"`
	Rows     []drainRow          `json:"rows"`     // by name
	Commands []string            `json:"commands"` // that may help where it is not proven
	Report   *maintenance.Report `json:"report"`

	err error // why it was not proven
}

// drainRow is what a drain says of one replica.
type drainRow struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Status string   `json:"status"`
	Detail string   `json:"detail"`
	Done   bool     `json:"done"`
	Works  []string `json:"works"` // what runs there, a line each
	Ended  []string `json:"ended"` // what was ended there by force, a line each
}

// view tells of the latest drain, and nil where there was none under the state that is
// known now: what one has found says nothing about another state.
func (d *drains) view() *drainView {
	d.mu.Lock()
	defer d.mu.Unlock()
	one, now := d.last, d.mode.Snapshot()
	if one == nil || !one.running && one.report.State.ID != now.State.ID {
		return nil
	}
	report := one.report
	v := &drainView{
		Running: one.running, By: one.by, Began: one.began, Rows: one.rows(), Commands: []string{}, Report: &report, err: one.err,
		Stands: !one.running && one.err == nil && report.Drained && now.Trusted && now.InForce >= report.State.Level,
	}
	v.Says = one.says(v.Stands)
	if !one.running && one.err != nil {
		v.Commands = advice(one)
	}
	return v
}

func (o *draining) rows() []drainRow {
	list := make([]drainRow, 0, len(o.names))
	others := fleet.Others(o.report)
	for id, name := range o.names {
		list = append(list, drainRow{id, name, others.Status, "", others.Mood == fleet.Done, []string{}, []string{}})
	}
	row := func(one maintenance.Replica) *drainRow {
		return &list[slices.IndexFunc(list, func(r drainRow) bool { return r.ID == one.ID })]
	}
	for _, p := range o.report.Pending {
		r, w := row(p.Replica), fleet.Waited(p, o.report.State.Level)
		r.Status, r.Detail, r.Done = w.Status, w.Detail, false
		for _, running := range p.Replica.Running {
			r.Works = append(r.Works, fleet.Line(running.String()))
		}
	}
	for _, p := range o.report.Allowed {
		r := row(p.Replica)
		r.Status, r.Detail, r.Done = "lost", ", counted as drained by allow_lost, not proven", true
	}
	for _, p := range o.report.Declared {
		r := row(p.Replica)
		r.Status, r.Detail, r.Done = "lost", ", counted as drained by its own word, not proven", true
	}
	for _, one := range o.report.Ended {
		r := row(one)
		r.Detail += ", has ended work by force"
		for _, ended := range one.Ended {
			r.Ended = append(r.Ended, fleet.Line(ended.String()))
		}
	}
	slices.SortFunc(list, func(a, b drainRow) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list
}

// says puts a drain into a sentence.
func (o *draining) says(stands bool) string {
	where := fleet.Count(max(len(o.names), o.report.Total), "replica", "replicas")
	if o.report.Local {
		where = "this process alone"
	}
	waited := o.report.Waited.Round(time.Millisecond).String()
	var text string
	switch {
	case o.running:
		done := 0
		for _, r := range o.rows() {
			if r.Done {
				done++
			}
		}
		text = fmt.Sprintf("Draining: %d of %s drained.", done, where)
	case o.err == nil && !stands:
		return "It was drained, and is not any more: the service has been opened since, or the state is not confirmed."
	case o.err == nil:
		text = "Drained after " + waited + ": nothing that is refused runs any more (" + where + ")."
		if o.report.Vouched != "" {
			text += " On the word of the store’s owner (" + o.report.Vouched + ")."
		}
		return text
	case errors.Is(o.err, maintenance.ErrNotDrained):
		text = "Not drained after " + waited + ", " + fleet.Count(len(o.report.Pending), "is", "are") + " waited for, of " + where + "."
	default:
		return "Not drained: " + whyNot(o.err)
	}
	if o.report.Note != "" {
		text += " " + fleet.Sentence(o.report.Note)
	}
	for _, cause := range fleet.Causes(o.err) {
		if cause.Error() != o.report.Note {
			text += " " + fleet.Sentence(cause.Error())
		}
	}
	return text
}

// whyNot says why there is no drain, or none any more.
func whyNot(err error) string {
	switch {
	case errors.Is(err, errRunning):
		return "a drain runs in this process already. Wait for it, or stop it."
	case errors.Is(err, maintenance.ErrOff):
		return "the service is open, so there is nothing to drain. Close it first."
	case errors.Is(err, maintenance.ErrChanged):
		return "the level was lowered meanwhile."
	case errors.Is(err, maintenance.ErrEnding):
		return "the window ends too soon. Move its end, or take it out."
	case errors.Is(err, maintenance.ErrClosed):
		return "this process is shutting down. Try again at another."
	}
	return "the service’s log has the details."
}

// advice are commands that may help.
func advice(o *draining) []string {
	list := []string{}
	if order := fleet.Forget(o.report.Pending); order != "" {
		list = append(list, "ginmaint "+order)
	}
	if errors.Is(o.err, maintenance.ErrNotDrained) {
		list = append(list, "ginmaint replicas --watch")
	}
	return list
}
