package processor

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"brazebridge/sink"
)

// metrics are the processor's: counters of its own for what passes, and what the ledger knows at the moment of a scrape.
type metrics struct {
	p *Processor

	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	objects  *prometheus.CounterVec
	resent   *prometheus.CounterVec
	deltas   *prometheus.CounterVec
	refused  *prometheus.CounterVec
	noted    *prometheus.CounterVec
	ignored  prometheus.Counter

	consumed, settled, returned, letters, filtered               *prometheus.Desc
	inFlight, window, unmarked, held, oldest, lag, skipped, left *prometheus.Desc
}

func newMetrics(p *Processor) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("brazebridge_"+name, help, labels, nil)
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "brazebridge_" + name, Help: help}, labels)
	}
	m := &metrics{
		p:        p,
		requests: counter("requests_total", "Attempts to deliver a request, by what the answer meant.", "workspace", "class"),
		objects:  counter("objects_total", "Objects that Braze accepted or refused.", "kind", "outcome"),
		resent:   counter("resent_objects_total", "Objects sent again although Braze may have accepted them, by the cause of the doubt.", "cause"),
		deltas:   counter("resent_deltas_total", "Of the objects sent again although Braze may have accepted them, those that change a value by an amount: twice is wrong, not only double.", "effect"),
		refused:  counter("check_refusals_total", "Objects refused before sending, by rule.", "rule"),
		noted:    counter("check_notes_total", "What the check saw in objects that were sent all the same, or mended, by kind.", "note"),
		ignored: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "brazebridge_commit_notes_ignored_total", Help: "Commits whose metadata is foreign, damaged, or of a topic since made anew: what they may have marked is sent again.",
		}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "brazebridge_request_duration_seconds", Help: "Time of one attempt.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"workspace"}),
		consumed: desc("records_consumed_total", "Records read: delivered + dead-lettered + filtered + in flight + returned.", "topic"),
		settled:  desc("records_settled_total", "Records with an outcome.", "topic", "outcome"),
		returned: desc("records_returned_total", "Records read and left unsettled when their partition went to another member.", "topic"),
		letters:  desc("dead_letters_total", "Records in the dead-letter topic, by reason.", "topic", "reason"),
		filtered: desc("filtered_total", "Records that the mapping passes over, by reason.", "topic", "reason"),
		inFlight: desc("records_in_flight", "Records read and not settled.", "topic"),
		window:   desc("resend_window_records", "Records that would be sent again if the process died now, at most.", "workspace"),
		unmarked: desc("unmarked_records", "Records settled ahead of the partition's commit for whose marks the commit had no room: they would be sent again if the process died now.", "topic", "partition"),
		held:     desc("held", "1 for each reason that keeps records from moving.", "topic", "workspace", "reason"),
		oldest:   desc("oldest_unsettled_seconds", "Age of the partition's oldest record that is read and not settled.", "topic", "partition"),
		skipped:  desc("skipped_offsets_total", "Offsets that were gone before they were read, by reason: retention deleted them.", "topic", "reason"),
		left:     desc("retention_seconds_left", "Time until the topic's retention.ms lets the partition's oldest unsettled record be deleted; retention.bytes is not looked at.", "topic", "partition"),
		lag:      desc("lag_records", "Offsets between the watermark and the end that can be read.", "topic", "partition"),
	}
	m.zero()
	return m
}

// zero makes every combination of labels exist from the start: a rate over a series that appears with its first event misses it.
func (m *metrics) zero() {
	for name := range m.p.lanes {
		m.duration.WithLabelValues(name)
		for c := sink.Accepted; c <= sink.Interrupted; c++ {
			m.requests.WithLabelValues(name, c.String())
		}
	}
	for _, k := range []sink.Kind{sink.Attributes, sink.Event, sink.Purchase} {
		m.objects.WithLabelValues(k.String(), "accepted")
		m.objects.WithLabelValues(k.String(), "refused")
	}
	for _, c := range sink.Causes {
		m.resent.WithLabelValues(string(c))
	}
	for _, e := range sink.Effects {
		if e != sink.EffectOnce {
			m.deltas.WithLabelValues(string(e))
		}
	}
	for _, r := range sink.Rules() {
		m.refused.WithLabelValues(r)
	}
	for _, n := range sink.Notes() {
		m.noted.WithLabelValues(n)
	}
}

// attempt counts one attempt with its objects.
func (m *metrics) attempt(workspace string, a sink.Answer, items []sink.Item, took time.Duration) {
	m.requests.WithLabelValues(workspace, a.Class.String()).Inc()
	m.duration.WithLabelValues(workspace).Observe(took.Seconds())
	if a.Class != sink.Accepted && a.Class != sink.ObjectsRefused {
		return
	}
	var sent, refused [3]int
	for i := range items {
		sent[items[i].Kind]++
	}
	for _, e := range a.Errors {
		refused[items[e.Item].Kind]++
	}
	for k := range sent {
		if refused[k] > 0 {
			m.objects.WithLabelValues(sink.Kind(k).String(), "refused").Add(float64(refused[k]))
		}
		if n := sent[k] - refused[k]; n > 0 && a.Class == sink.Accepted {
			m.objects.WithLabelValues(sink.Kind(k).String(), "accepted").Add(float64(n))
		}
	}
}

// resend counts objects that are sent again although Braze may have accepted them.
func (m *metrics) resend(cause sink.Cause, items []sink.Item) {
	m.resent.WithLabelValues(string(cause)).Add(float64(len(items)))
	for i := range items {
		if effect := items[i].Effect(); effect != sink.EffectOnce {
			m.deltas.WithLabelValues(string(effect)).Inc()
		}
	}
}

// checked takes over what a check has counted.
func (m *metrics) checked(c *sink.Checker) {
	c.TakeCounted(func(note string, n int64) { m.noted.WithLabelValues(note).Add(float64(n)) })
}

func (m *metrics) refusals(rs []sink.Refusal) {
	for _, r := range rs {
		m.refused.WithLabelValues(r.Rule).Inc()
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.objects, m.resent, m.deltas, m.refused, m.noted, m.ignored} {
		c.Describe(ch)
	}
	for _, d := range []*prometheus.Desc{m.consumed, m.settled, m.returned, m.letters, m.filtered, m.inFlight, m.window, m.unmarked, m.held, m.oldest, m.lag, m.skipped, m.left} {
		ch <- d
	}
}

// Collect implements prometheus.Collector: one look at the ledger, so that the numbers of a scrape add up.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.objects, m.resent, m.deltas, m.refused, m.noted, m.ignored} {
		c.Collect(ch)
	}
	send := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	topics, parts := m.p.ledger.snapshot()
	for name, s := range topics {
		var letters, filtered int64
		for _, reason := range sink.Reasons {
			letters += s.deadLettered[reason]
			send(m.letters, prometheus.CounterValue, float64(s.deadLettered[reason]), name, string(reason))
		}
		for _, reason := range filterReasons {
			filtered += s.filtered[reason]
			send(m.filtered, prometheus.CounterValue, float64(s.filtered[reason]), name, reason)
		}
		send(m.consumed, prometheus.CounterValue, float64(s.consumed), name)
		send(m.returned, prometheus.CounterValue, float64(s.returned), name)
		send(m.skipped, prometheus.CounterValue, float64(s.skipped), name, "retention")
		send(m.inFlight, prometheus.GaugeValue, float64(s.inFlight), name)
		send(m.settled, prometheus.CounterValue, float64(s.delivered), name, "delivered")
		send(m.settled, prometheus.CounterValue, float64(letters), name, "dead_lettered")
		send(m.settled, prometheus.CounterValue, float64(filtered), name, "filtered")
	}
	now := time.Now()
	for _, s := range parts {
		partition := strconv.Itoa(int(s.partition))
		age := 0.0
		if s.oldest > 0 {
			age = now.Sub(time.Unix(0, s.oldest)).Seconds()
		}
		send(m.oldest, prometheus.GaugeValue, age, s.topic, partition)
		send(m.unmarked, prometheus.GaugeValue, float64(s.unmarked), s.topic, partition)
		if kept, ok := m.p.retention.of(s.topic); ok && s.stamp > 0 {
			send(m.left, prometheus.GaugeValue, left(s.stamp, kept, now), s.topic, partition)
		}
		if s.lag >= 0 {
			send(m.lag, prometheus.GaugeValue, float64(s.lag), s.topic, partition)
		}
	}
	for name, l := range m.p.lanes {
		send(m.window, prometheus.GaugeValue, float64(l.window.inUse()), name)
	}
	for _, r := range m.p.Status().Reasons {
		send(m.held, prometheus.GaugeValue, 1, r.Topic, r.Workspace, r.Code)
	}
}
