package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Option configures New.
type Option func(*Collector)

// WithoutReplicas leaves ginmaint_replicas out, and with it the question to the store.
func WithoutReplicas() Option { return func(c *Collector) { c.roster = nil } }

// Collector collects the metrics of one Mode. Where a process has several, register each
// with a label of its own, by prometheus.WrapRegistererWith.
type Collector struct {
	mode   *maintenance.Mode
	roster *roster // nil: it is not asked
}

var _ prometheus.Collector = (*Collector)(nil)

// New returns the collector of a Mode. It starts nothing, and needs no closing.
func New(mode *maintenance.Mode, opts ...Option) *Collector {
	c := &Collector{mode: mode, roster: &roster{mode: mode}}
	for _, opt := range opts {
		opt(c)
	}
	return c
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ginmaint_"+name, help, labels, nil)
}

var (
	level    = describe("level", "Level in force: 0 off, 1 read-only, 2 on.")
	ordered  = describe("ordered_level", "Level of the document, also outside of its window: 0 off, 1 read-only, 2 on.")
	revision = describe("revision", "Revision of the document.")
	changed  = describe("changed_timestamp_seconds", "When what is in force was ordered, or began by the clock, in Unix time.")
	start    = describe("start_timestamp_seconds", "Start of the window, in Unix time.")
	end      = describe("end_timestamp_seconds", "Planned end of the window, in Unix time.")
	trusted  = describe("trusted", "1 while the document decides what is in force, 0 while nothing is admitted since it is not sure.")
	age      = describe("state_age_seconds", "Time since the store has confirmed the document.")
	failures = describe("store_errors_total", "Questions that the store has not answered.")
	changes  = describe("changes_total", "Changes of what this process goes by.")
	requests = describe("requests_total", "Requests decided while a level is in force.", "decision", "rule")
	held     = describe("held", "Requests that wait for the level to fall.")
	inFlight = describe("in_flight", "Work that was admitted and has not ended.", "access")
	draining = describe("drain_seconds", "For how long work has been refused that was admitted before and still runs.")
	replicas = describe("replicas", "Replicas by their condition, as this process has listed them.", "condition")
)

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		level, ordered, revision, changed, start, end, trusted, age, failures, changes, requests, held, inFlight, draining, replicas,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	moment := func(d *prometheus.Desc, t time.Time) {
		if !t.IsZero() {
			gauge(d, float64(t.UnixMicro())/1e6)
		}
	}
	s, now := c.mode.Stats(), time.Now()
	gauge(level, float64(s.InForce))
	gauge(ordered, float64(s.State.Level))
	gauge(revision, float64(s.State.Revision))
	moment(changed, since(s.State, now))
	moment(start, s.State.Start)
	moment(end, s.State.End)
	if s.Trusted {
		gauge(trusted, 1)
	} else {
		gauge(trusted, 0)
	}
	if !s.Confirmed.IsZero() {
		gauge(age, now.Sub(s.Confirmed).Seconds())
	}
	counter(failures, s.Failures)
	counter(changes, s.Changes)
	counter(requests, s.Admitted, "admitted", "level")
	for rule, n := range s.Exempt {
		counter(requests, n, "exempt", rule)
	}
	for rule, n := range s.Refused {
		counter(requests, n, "refused", rule)
	}
	gauge(held, float64(s.Held))
	gauge(inFlight, float64(s.Reads), maintenance.Read.String())
	gauge(inFlight, float64(s.Writes), maintenance.Write.String())
	gauge(draining, s.Draining.Seconds())
	if c.roster == nil {
		return
	}
	for condition, n := range c.roster.conditions(s.State.ID) {
		gauge(replicas, float64(n), condition)
	}
}

// since returns when what is in force was ordered, or began by the clock.
func since(s maintenance.State, now time.Time) time.Time {
	t := s.ChangedAt
	for _, edge := range []time.Time{s.Start, s.End} {
		if s.Level != maintenance.Off && edge.After(t) && !edge.After(now) {
			t = edge
		}
	}
	return t
}
