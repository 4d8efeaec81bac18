package demo

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// How arrivals marks a place: how many objects of it Braze took, and whether it refused one.
const (
	refusedMark = 1 << 15
	countMask   = refusedMark - 1
)

// arrivals is what the fake Braze saw: each object says itself which record it came from (source_record).
type arrivals struct {
	marks    *marks
	nameless atomic.Int64 // objects that did not say
}

func newArrivals() *arrivals { return &arrivals{marks: newMarks()} }

// object notes one object that the fake has answered for.
func (a *arrivals) object(array string, object map[string]any, accepted bool) {
	p, ok := parsePlace(sourceRecord(array, object))
	if !ok {
		a.nameless.Add(1)
		return
	}
	a.marks.update(p, func(old uint16) uint16 {
		if !accepted {
			return old | refusedMark
		}
		return old&refusedMark | min(old&countMask+1, countMask)
	})
}

// sourceRecord finds where the example's mapping has put the record's place: in the attributes themselves, in an
// event's metadata where Braze allows no key of our own beside it, or among the properties.
func sourceRecord(array string, object map[string]any) string {
	if array != "attributes" {
		object, _ = object["properties"].(map[string]any)
		if metadata, ok := object["metadata"].(map[string]any); ok {
			object = metadata
		}
	}
	s, _ := object["source_record"].(string)
	return s
}

// parsePlace reads TOPIC/PARTITION/OFFSET.
func parsePlace(s string) (place, bool) {
	rest, offset, ok1 := cutLast(s)
	topic, partition, ok2 := cutLast(rest)
	o, err1 := strconv.ParseInt(offset, 10, 64)
	p, err2 := strconv.ParseInt(partition, 10, 32)
	if !ok1 || !ok2 || err1 != nil || err2 != nil || o < 0 {
		return place{}, false
	}
	return place{topic, int32(p), o}, true
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
