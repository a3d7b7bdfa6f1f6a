// Package metrics makes metrics for Prometheus of what a [maintenance.Mode] knows and
// counts anyway:
//
//	prometheus.MustRegister(metrics.New(mode))
//
// Nothing is added to the way of a request: the numbers are those of [maintenance.Mode.Stats],
// which needs no Prometheus, and are read when somebody scrapes. The replicas are listed
// at that time too, one question to the store in ten seconds at most; see [WithoutReplicas].
//
//	ginmaint_level                        in force: 0 off, 1 read-only, 2 on
//	ginmaint_ordered_level                of the document, also outside of its window
//	ginmaint_revision                     of the document
//	ginmaint_changed_timestamp_seconds    when what is in force was ordered, or began by the clock
//	ginmaint_start_timestamp_seconds      of the window; absent where it has none
//	ginmaint_end_timestamp_seconds        likewise: the planned end
//	ginmaint_trusted                      1 while the document decides; 0: nothing is admitted
//	ginmaint_state_age_seconds            since the store has confirmed the document; absent before that
//	ginmaint_store_errors_total           questions that the store has not answered
//	ginmaint_changes_total                documents taken over, and edges of windows
//	ginmaint_requests_total               by decision (admitted, exempt, refused) and rule
//	ginmaint_held                         requests that wait for the level to fall
//	ginmaint_in_flight                    admitted and not ended, by access (read, write)
//	ginmaint_drain_seconds                for how long work from before is waited for; 0: drained
//	ginmaint_replicas                     by condition; absent where they can't be listed
//
// # What adds up
//
// Off costs nothing, so nothing is counted while maintenance is off. While a level is in
// force, admitted, exempt and refused are together all requests that were decided.
// admitted counts those that the level lets on: reads under read-only, and what was held.
// With a counter of your application's own for all requests, the rest is what was admitted
// while off. A route marked ForceOn is refused at each level, and is always counted.
//
// The rules are level, force_off (also endpoints and probes), url, redirect_target,
// address, pass, ignore and role; and of what was refused force_on and none.
//
// # Replicas
//
// A replica is following, behind (it obeys another document, or none yet), busy (work runs
// there that its level refuses), idle (has admitted nothing yet, so that no drain waits for
// it, and may have ended), silent (not renewed for its lease, seen by this process's
// scrapes), or unknown (an entry that stands for those that a lost roster may have held).
// Each process tells of all of them, so take the maximum, not the sum.
//
// # Rules and dashboard
//
// The folder has alerts.yaml, rules for Prometheus that you may change: on for too long,
// past the planned end, stale, replicas that disagree, silent replicas. dashboard.json is
// for Grafana.
//
// # OpenTelemetry
//
// Its Collector scrapes the same metrics by its Prometheus receiver. In the process, its
// bridge reads them from the registry:
//
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(prometheusbridge.NewMetricProducer()))
//
// with go.opentelemetry.io/contrib/bridges/prometheus as prometheusbridge. Without
// either, observe the fields of Stats in a callback of its meter.
package metrics
