package demo

import "sync"

// place is where a record lies in Kafka. The demo's three witnesses (generator, fake Braze, dead-letter topic) have
// nothing in common but this.
type place struct {
	topic     string
	partition int32
	offset    int64
}

type lane struct {
	topic     string
	partition int32
}

// marks holds a number for each offset of each partition. Offsets of the demo's topics count up from zero without a
// gap, so a slice does, and a demo that serves for days stays small. Zero means: no mark.
type marks struct {
	mu    sync.Mutex
	lanes map[lane][]uint16
}

func newMarks() *marks { return &marks{lanes: map[lane][]uint16{}} }

// update changes the mark of a place.
func (m *marks) update(p place, f func(old uint16) uint16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := lane{p.topic, p.partition}
	s := m.lanes[l]
	for int64(len(s)) <= p.offset {
		s = append(s, 0)
	}
	s[p.offset] = f(s[p.offset])
	m.lanes[l] = s
}

// at is the mark of a place.
func (m *marks) at(p place) uint16 {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.lanes[lane{p.topic, p.partition}]
	if p.offset < 0 || p.offset >= int64(len(s)) {
		return 0
	}
	return s[p.offset]
}

// each calls f for every place that has a mark, in no particular order of partitions. f must not call m.
func (m *marks) each(f func(p place, mark uint16)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for l, s := range m.lanes {
		for offset, mark := range s {
			if mark != 0 {
				f(place{l.topic, l.partition, int64(offset)}, mark)
			}
		}
	}
}
