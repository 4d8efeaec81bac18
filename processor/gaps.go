package processor

import "slices"

// gap is a stretch of offsets that were gone when reading came to them.
type gap struct {
	next    int64 // where reading went on
	offsets int64 // without those that were settled before
}

// gaps are those that the watermark has not passed, in order. They are counted in a commit only once it lies beyond them:
// the next owner of a partition that is committed before a gap comes to it again.
type gaps []gap

// pass drops the gaps that the watermark has passed, and returns how many offsets they are.
func (g *gaps) pass(watermark int64) (offsets int64) {
	for len(*g) > 0 && (*g)[0].next < watermark {
		offsets += (*g)[0].offsets
		*g = (*g)[1:]
	}
	return offsets
}

// forget drops the gaps beyond a place that reading goes back to: it will come by them again.
func (g *gaps) forget(from int64) {
	*g = slices.DeleteFunc(*g, func(p gap) bool { return p.next > from })
}
