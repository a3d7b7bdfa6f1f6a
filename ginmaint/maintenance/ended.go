package maintenance

import (
	"slices"
	"strings"
	"time"
)

// TellEnded notes that a unit of work is ended by force, because a drain has waited for
// it for so long: the replica's entry says so until work is admitted again, the Reports
// of drains meanwhile, and one line of the log. work names a route, as "POST /upload",
// never data of a request. Call it before the work is ended, so that no drain is proven
// without it.
func (m *Mode) TellEnded(work string, after time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.forced.list == nil {
		// What a drain waits for ends at nearly the same moment.
		m.forced.log = time.AfterFunc(endedSummary, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.logEnded()
		})
	}
	m.forced.add(Running{Work: shortened(work), Count: 1, For: after})
}

// endedSummary is how long what is ended is collected for the line in the log.
const endedSummary = time.Second

// forced is the work that was ended by force since work was last admitted.
type forced struct {
	list []Running
	log  *time.Timer // nil once it is logged
}

// otherWork stands for what would make an entry too long.
const otherWork = "others"

func (e *forced) add(r Running) {
	same := func(other Running) bool { return other.Work == r.Work }
	if len(e.list) >= mostRunning && !slices.ContainsFunc(e.list, same) {
		r.Work = otherWork
	}
	if i := slices.IndexFunc(e.list, same); i >= 0 {
		e.list[i].Count++
		return
	}
	e.list = append(e.list, r)
}

// logEnded says once what was ended. The caller holds mu.
func (m *Mode) logEnded() {
	if m.forced.log == nil {
		return
	}
	m.forced.log.Stop()
	m.forced.log = nil
	m.options.logger.Warn("maintenance: work was ended by force, as it had been waited for", "work", together(m.forced.list))
}

// admits forgets what was ended, as the next drain is another. The caller holds mu.
func (m *Mode) admits() {
	m.logEnded()
	m.forced.list = nil
}

// hasEnded returns this process where it has ended work by force.
func (m *Mode) hasEnded() []Replica {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.forced.list) == 0 {
		return nil
	}
	return []Replica{{ID: m.id, Name: m.options.name, Ended: slices.Clone(m.forced.list)}}
}

// together writes a list on one line.
func together(list []Running) string {
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = r.String()
	}
	return strings.Join(texts, "; ")
}
