package maintenance

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReportText(t *testing.T) {
	busy := Pending{Replica: Replica{ID: "B2", Name: "web-2", Reads: 1, Writes: 2, Since: noon, RenewedAt: noon.Add(41 * time.Second)}, Cause: Busy}
	busy.Replica.Running = []Running{{Work: "GET / main.f", Count: 1}, {Work: "main.g", In: "time.Sleep", Count: 2}}
	for _, c := range []struct {
		name   string
		report Report
		want   string
	}{
		{"drained", Report{Drained: true, Total: 12, Waited: 1234567 * time.Microsecond}, "drained after 1.235s, 12 replicas"},
		{"drained, one replica", Report{Drained: true, Total: 1}, "drained after 0s, 1 replica"},
		{"drained, local", Report{Drained: true, Local: true, Waited: time.Millisecond}, "drained after 1ms, this process alone"},
		{
			"local, in flight", Report{Local: true, Waited: time.Second, Note: "1 write in flight"},
			"not drained after 1s, 0 pending of this process alone\n  1 write in flight",
		},
		{
			"pending", Report{
				Total: 5, Waited: 42 * time.Second, Note: "the window begins at 2026-11-22T12:00:00Z",
				Pending: []Pending{
					{Replica: Replica{ID: "A1", Name: "web-1"}},
					busy,
					{Replica: Replica{ID: "C3", Writes: 1}, Cause: Busy},
					{Replica: Replica{ID: "D4", Name: "cron", Reads: 3}, Cause: Lost, LostFor: 61400 * time.Millisecond},
					{Replica: Replica{ID: "E5"}, Cause: Lost, LostFor: 11 * time.Second},
					{Replica: Replica{ID: "F6", Unknown: true}, Cause: Unknown},
				},
			},
			`not drained after 42s, 6 pending of 5 replicas
  the window begins at 2026-11-22T12:00:00Z
  web-1 (A1): has not acknowledged the change yet
  web-2 (B2): 1 read and 2 writes in flight, the oldest for at least 41s
    GET / main.f
    2 × main.g, in time.Sleep
  C3: 1 write in flight
  cron (D4): lost for 1m1s; when last heard of it had 3 reads in flight
  E5: lost for 11s; when last heard of it had not acknowledged
  F6: the store lost its roster, and nobody knows whether replicas were lost with it; look, then forget this entry`,
		},
		{
			"allowed", Report{Drained: true, Total: 2, Allowed: []Pending{{Replica: Replica{ID: "E5"}, Cause: Lost, LostFor: 31 * time.Second}}},
			"drained after 0s, 2 replicas\n  allowed, not proven: E5: lost for 31s; when last heard of it had not acknowledged",
		},
		{
			"may end by its own word", Report{Total: 2, Pending: []Pending{{Replica: Replica{ID: "E5", FailsClosed: true, Lease: 10 * time.Second, WorkLimit: time.Minute}, Cause: Lost, LostFor: 31 * time.Second}}},
			"not drained after 0s, 1 pending of 2 replicas\n  E5: lost for 31s; when last heard of it had not acknowledged; by its own word (WorkLimit 1m0s) it has ended once this drain has waited for lease, limit and a second",
		},
		{
			"vouched", Report{Drained: true, Total: 2, Vouched: "redisstore.AssumeNothingLost"},
			"drained after 0s, 2 replicas\n  on the owner's word (redisstore.AssumeNothingLost): this store can't tell whether it lost a replica's entry",
		},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, c.report.String()) })
	}
}

func TestCauseText(t *testing.T) {
	for cause, want := range map[Cause]string{Waiting: "waiting", Busy: "busy", Lost: "lost", Unknown: "unknown", 9: "Cause(9)"} {
		assert.Equal(t, want, cause.String())
		text, err := json.Marshal(cause)
		require.NoError(t, err)
		assert.Equal(t, `"`+want+`"`, string(text))
	}
}

func TestInFlightText(t *testing.T) {
	for _, c := range []struct {
		reads, writes int64
		want          string
	}{{0, 0, "nothing"}, {1, 0, "1 read"}, {0, 1, "1 write"}, {2, 0, "2 reads"}, {1, 2, "1 read and 2 writes"}} {
		assert.Equal(t, c.want, inFlight(c.reads, c.writes))
	}
}

func TestReportJSON(t *testing.T) {
	report := Report{
		State: State{Level: On, Revision: 3, ID: "d"}, Total: 2, Note: "n", Vouched: "AnOption", Waited: 1500 * time.Millisecond,
		Pending:  []Pending{{Replica{ID: "A", Level: On, Running: []Running{{"main.f", "time.Sleep", 2, time.Minute, true}}}, Lost, 40 * time.Second}},
		Allowed:  []Pending{{Replica{ID: "unknown", Unknown: true}, Unknown, 0}},
		Declared: []Pending{{Replica{ID: "W", FailsClosed: true, WorkLimit: time.Minute}, Lost, 75 * time.Second}},
		Ended:    []Replica{{ID: "B", Ended: []Running{{Work: "GET /", Count: 3}}}},
	}
	text, err := json.Marshal(report)
	require.NoError(t, err)
	for _, part := range []string{
		`"state":{"level":"on","revision":3,"id":"d"}`, `"drained":false`, `"total":2`, `"note":"n"`, `"vouched":"AnOption"`, `"waited_seconds":1.5`,
		`"running":[{"work":"main.f","in":"time.Sleep","count":2,"for":60000000000,"guess":true}]`,
		`"declared":[{"replica":{"id":"W",`, `"work_limit":60000000000`,
		`"ended":[{"id":"B",`, `"ended":[{"work":"GET /","count":3}]`,
		`"cause":"lost","lost_for_seconds":40`, `"cause":"unknown"`,
	} {
		assert.Contains(t, string(text), part)
	}
	var read Report
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, report, read)

	text, err = json.Marshal(Report{Drained: true})
	require.NoError(t, err)
	assert.Contains(t, string(text), `"pending":[],"allowed":[]`, "a list is never null")
	assert.Error(t, json.Unmarshal([]byte(`{"pending":[{"cause":"bored"}]}`), &read))
}

func TestHowLongOneIsSilentAlready(t *testing.T) {
	for want, r := range map[string]Replica{
		"":                       {Lease: 10 * time.Second, Silent: 1900 * time.Millisecond},
		", last heard of 3s ago": {Lease: 10 * time.Second, Silent: 3 * time.Second},
		", silent for 12s":       {Lease: 10 * time.Second, Silent: 12 * time.Second},
	} {
		assert.Equal(t, want, r.silence())
	}
	assert.Empty(t, Replica{Lease: 30 * time.Second, FailsClosed: true, Silent: 14 * time.Second}.silence(), "its poll may be of ten seconds")
}
