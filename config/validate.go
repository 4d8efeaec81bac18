package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// validator checks the values of a configuration against their ranges and each other.
type validator struct {
	cfg      *Config
	values   map[string]*value // what the file says, by path; nil without a file
	top      Pos
	faults   Faults
	warnings Faults
}

func (v *validator) validate() {
	v.kafka(&v.cfg.Kafka)
	v.registry(&v.cfg.SchemaRegistry)
	v.braze(&v.cfg.Braze)
	v.deadLetter(&v.cfg.DeadLetter)
	v.delivery(&v.cfg.Delivery)
	v.listen("admin.listen", v.cfg.Admin.Listen)
	v.oneOf("log.level", v.cfg.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", v.cfg.Log.Format, "json", "text")
	v.topics()
}

// pos is where a path stands in the file: its value, or its key, or that of the section that it is missing from.
func (v *validator) pos(path string) Pos {
	for {
		if val := v.values[path]; val != nil && path != "" {
			return cmp.Or(val.pos, val.key)
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return v.top
		}
		path = path[:i]
	}
}

// silent tells that a value is not to be checked: what is wrong with it, or with the section around it, has been said.
func (v *validator) silent(path string) bool {
	if val := v.values[path]; val != nil && val.missing {
		return true
	}
	section := v.section(path)
	return section != nil && section.wrong
}

// written tells that the file says something about a path.
func (v *validator) written(path string) bool { return v.values[path] != nil }

func (v *validator) fault(path, hint, format string, args ...any) {
	if !v.silent(path) {
		v.faults.add(faultAt(v.pos(path), path, hint, format, args...))
	}
}

func (v *validator) warn(path, hint, format string, args ...any) {
	if !v.silent(path) {
		v.warnings.add(faultAt(v.pos(path), path, hint, format, args...))
	}
}

// item is the path of one entry of a list, or of the single value that was written instead of one.
func (v *validator) item(path string, i int) string {
	if indexed := fmt.Sprintf("%s[%d]", path, i); v.values == nil || v.written(indexed) {
		return indexed
	}
	return path
}

// shown is a value as a fault may show it: as it is written in the file, never what was filled in.
func (v *validator) shown(path, text string) string {
	if val := v.values[path]; val != nil && val.shown != "" {
		return val.shown
	}
	return strconv.Quote(clip(text))
}

// required reports a value that is not there.
func (v *validator) required(path string, given bool, hint string) bool {
	if given || v.silent(path) {
		return given
	}
	if v.written(path) {
		v.fault(path, hint, "is empty")
		return false
	}
	v.faults.add(faultAt(v.sectionPos(path), path, hint, "is required"))
	return false
}

// sectionPos is where the section begins that a path is missing from: its key.
func (v *validator) sectionPos(path string) Pos {
	if val := v.section(path); val != nil {
		return cmp.Or(val.key, val.pos)
	}
	return v.top
}

// section is what the file says about the nearest section around a path; nil where it has none.
func (v *validator) section(path string) *value {
	for i := strings.LastIndexByte(path, '.'); i >= 0; i = strings.LastIndexByte(path, '.') {
		path = path[:i]
		if val := v.values[path]; val != nil {
			return val
		}
	}
	return nil
}

func (v *validator) oneOf(path, got string, allowed ...string) {
	if slices.Contains(allowed, got) {
		return
	}
	hint := ""
	if best := DidYouMean(got, allowed); best != "" && !v.referred(path) {
		hint = "did you mean " + best + "?"
	}
	v.fault(path, hint, "%s is not one of %s", v.shown(path, got), strings.Join(allowed, ", "))
}

// referred tells that a value was filled in from outside.
func (v *validator) referred(path string) bool {
	val := v.values[path]
	return val != nil && strings.Contains(val.shown, "${")
}

// between checks a number that is written as it is.
func (v *validator) between(path string, got, least, most int, hint string) {
	if got < least || got > most {
		v.fault(path, hint, "must be between %d and %d, is %s", least, most, v.number(path, got))
	}
}

// number shows a value without the quotes of a text.
func (v *validator) number(path string, got any) string {
	if val := v.values[path]; val != nil && val.shown != "" {
		return strings.Trim(val.shown, `"`)
	}
	return fmt.Sprint(got)
}

func (v *validator) duration(path string, got Duration, least, most time.Duration) {
	if d := got.D(); d < least || d > most {
		v.fault(path, "", "must be between %s and %s, is %s", Duration(least), Duration(most), v.number(path, got))
	}
}

func (v *validator) size(path string, got, least, most Bytes, hint string) {
	if got < least || got > most {
		v.fault(path, hint, "must be between %d and %d bytes, is %s", int64(least), int64(most), v.number(path, got))
	}
}

func (v *validator) deadLetter(d *DeadLetter) {
	const path = "dead_letter.topic"
	if v.required(path, d.Topic != nil && (d.Topic.Kind != NodeString || d.Topic.Text != ""),
		"name the topic for records that cannot be delivered, such as braze.dead-letter") {
		v.deadLetterTopic(path, d.Topic)
	}
	if c := d.Create; c != nil {
		v.between("dead_letter.create.partitions", c.Partitions, 1, 10_000, "")
		v.between("dead_letter.create.replicas", c.Replicas, 1, 100, "")
		v.duration("dead_letter.create.retention", c.Retention, time.Minute, 100*365*day)
	}
}

func (v *validator) deadLetterTopic(path string, n *Node) {
	switch {
	case n.Kind == NodeMap || n.Kind == NodeList:
		v.fault(path, "", "must be text, is %s", n.Kind)
	case strings.Contains(n.Text, "${"):
		// An expression: its names are checked where mappings are compiled.
	case !legalTopic(n.Text):
		v.fault(path, topicNameHint, "%s is no name of a Kafka topic", v.shown(path, n.Text))
	default:
		if t := v.cfg.Topic(n.Text); t != nil {
			v.fault(path, "choose a name that no topic of the configuration has or matches", "letters would be read again as records of topics.%s", t.Name)
		}
	}
}

func (v *validator) delivery(d *Delivery) {
	v.between("delivery.resend_window", d.ResendWindow, 1, 10_000_000, "")
	v.between("delivery.in_flight_records", d.InFlightRecords, 1, 10_000_000, "")
	v.size("delivery.in_flight_bytes", d.InFlightBytes, 1<<10, 1<<40, "")
	v.duration("delivery.drain_timeout", d.DrainTimeout, time.Millisecond, time.Hour)
	f := d.Flood
	if f.Share <= 0 || f.Share > 1 {
		v.fault("delivery.flood.share", "0.5 is half of the outcomes", "must be above 0 and at most 1, is %s", v.number("delivery.flood.share", f.Share))
	}
	v.between("delivery.flood.of", f.Of, 1, 1_000_000, "")
	if f.Of >= 1 {
		v.between("delivery.flood.at_least", f.AtLeast, 1, f.Of, "it cannot exceed delivery.flood.of")
	}
	if d.OnStuck.DeadLetterAfter != 0 || v.written("delivery.on_stuck.dead_letter_after") {
		v.duration("delivery.on_stuck.dead_letter_after", d.OnStuck.DeadLetterAfter, time.Second, 365*day)
	}
}

// names are the keys of a map in order.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
