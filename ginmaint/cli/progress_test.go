package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// live returns the progress of a drain on a terminal that writes to out.
func live(out *bytes.Buffer, names ...string) *progress {
	p := &progress{session: &session{console: &console{err: out, live: true}}, names: map[string]string{}}
	for _, name := range names {
		p.meet(maintenance.Replica{ID: "ID-" + name, Name: name})
	}
	return p
}

func TestLinesOfADrain(t *testing.T) {
	since := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	replica := func(name string) maintenance.Replica {
		return maintenance.Replica{ID: "ID-" + name, Name: name, Reads: 2, Writes: 1, Since: since, RenewedAt: since.Add(12 * time.Second)}
	}
	report := maintenance.Report{
		State: maintenance.State{Level: maintenance.On}, Total: 5, Waited: 3 * time.Second,
		Pending: []maintenance.Pending{
			{Replica: replica("busy"), Cause: maintenance.Busy},
			{Replica: replica("lost"), Cause: maintenance.Lost, LostFor: 23 * time.Second},
			{Replica: replica("slow"), Cause: maintenance.Waiting},
			{Replica: maintenance.UnknownReplica("UNKNOWN", maintenance.Replica{}), Cause: maintenance.Unknown},
		},
		Note: "the window begins soon",
	}
	var out bytes.Buffer
	p := live(&out, "idle")
	p.show(report)
	assert.Equal(t, []string{
		"Draining: 1 of 5 replicas, 3s",
		"  the window begins soon",
		"  busy              busy with 2 reads and 1 write, the oldest for at least 12s",
		"  idle              drained",
		"  lost              lost for 23s, ID ID-lost",
		"  slow              waiting",
		"  unknown replicas  unknown, what a lost roster may have held, ID UNKNOWN",
	}, p.view)

	report.State.Level = maintenance.ReadOnly
	p.show(report)
	assert.Contains(t, p.view[2], "busy with 1 write,", "reads go on at read-only")

	p.asides = true
	p.show(maintenance.Report{Drained: true, Total: 4, Waited: 4 * time.Second})
	assert.Equal(t, "Drained: 5 replicas, 4s", p.view[0])
	assert.Equal(t, "  busy              \x1b[32mdrained\x1b[0m", p.view[1])
}

func TestProgressNamesWhatRuns(t *testing.T) {
	busy := maintenance.Replica{ID: "ID-web", Name: "web", Writes: 1}
	report := func() maintenance.Report {
		return maintenance.Report{
			State: maintenance.State{Level: maintenance.On}, Total: 1,
			Pending: []maintenance.Pending{{Replica: busy, Cause: maintenance.Busy}},
		}
	}
	var out, plain bytes.Buffer
	p := live(&out)
	q := &progress{session: &session{console: &console{err: &plain}}, names: map[string]string{}, told: map[string]string{}}
	for i := range 3 {
		p.show(report())
		q.show(report())
		busy.Running = []maintenance.Running{
			{Work: "POST /upload main.(*Shop).Upload", In: "net.(*conn).Read", Count: 1, For: time.Duration(i) * time.Minute},
			{Work: "evil\x1b[2J\nname", Count: 1},
		}
	}
	assert.Equal(t, "  web  busy with 1 write: POST /upload main.(*Shop).Upload, in net.(*conn).Read, for 1m0s", p.view[1])
	assert.Equal(t, `draining 1 replica
  web: busy with 1 write
  web: busy with 1 write: POST /upload main.(*Shop).Upload, in net.(*conn).Read
`, plain.String(), "told once when it is found")
	assert.Equal(t, []string{"web: POST /upload main.(*Shop).Upload, in net.(*conn).Read, for 2m0s", "web: evil\ufffd[2J name"},
		underWay([]maintenance.Replica{{Name: "idle"}, busy}))
	assert.Equal(t, "\n  web (ID-web): 1 write in flight"+
		"\n    POST /upload main.(*Shop).Upload, in net.(*conn).Read, for 2m0s\n    evil\ufffd[2J name", listed(report().Pending))
	p.show(maintenance.Report{Drained: true, Ended: []maintenance.Replica{busy}})
	assert.Equal(t, "  web  drained, has ended work by force", p.view[1])
}

func TestLinesAreBounded(t *testing.T) {
	var names []string
	var pending []maintenance.Pending
	for i := range 300 {
		names = append(names, fmt.Sprintf("web-%03d", i))
	}
	for _, name := range names[290:] {
		pending = append(pending, maintenance.Pending{Replica: maintenance.Replica{ID: "ID-" + name, Name: name}})
	}
	var out bytes.Buffer
	p := live(&out, names...)
	p.show(maintenance.Report{Total: 300, Pending: pending})
	assert.Len(t, p.view, mostRows+2)
	assert.Contains(t, p.view[1], "web-290  waiting", "those waited for come first")
	assert.Equal(t, "  … and 284 more", p.view[mostRows+1])
}

func TestNamesCannotSteerTheTerminal(t *testing.T) {
	var out bytes.Buffer
	p := live(&out, "evil\x1b[2J\r\nname")
	p.show(maintenance.Report{Drained: true})
	assert.NotContains(t, out.String(), "\x1b[2J")
	assert.Len(t, p.view, 2)
}

// What is noted while the view is on comes above it.
func TestNotesComeAboveTheView(t *testing.T) {
	var out bytes.Buffer
	c := &console{err: &out, live: true}
	c.draw([]string{"one", "two"})
	c.note("the store is away")
	c.draw([]string{"one", "three"})
	c.leave()
	c.note("done")
	assert.Equal(t, strings.Join([]string{
		"\r\x1b[?7lone\x1b[K\ntwo\x1b[K\n\x1b[?7h\x1b[J",
		"\r\x1b[2A\x1b[J" + "the store is away\n" + "\x1b[?7lone\ntwo\n\x1b[?7h",
		"\r\x1b[2A\x1b[?7lone\x1b[K\nthree\x1b[K\n\x1b[?7h\x1b[J",
		"done\n",
	}, ""), out.String())
}
