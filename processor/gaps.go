package processor

// gap is a stretch of offsets that were gone when reading came to them.
type gap struct {
	next    int64 // where reading went on
	offsets int64 // without those that were settled before
	marked  []run // these
}

// newGap is a gap of some offsets after which reading goes on at next.
func newGap(from, offsets, next int64, m *marks) gap {
	g := gap{next: next, offsets: offsets, marked: m.within(from, from+offsets)}
	for _, r := range g.marked {
		g.offsets -= r.to - r.from
	}
	return g
}

// gaps are those that the watermark has not passed, in order. They are counted in a commit only once it lies beyond them:
// the next owner of a partition that is committed before a gap comes to it again, and must know what is marked in it.
type gaps []gap

// pass drops the gaps that the watermark has passed, and returns how many offsets they are.
func (g *gaps) pass(watermark int64) (offsets int64) {
	for len(*g) > 0 && (*g)[0].next < watermark {
		offsets += (*g)[0].offsets
		*g = (*g)[1:]
	}
	return offsets
}

// forget drops the gaps beyond a place that reading goes back to, since it will come by them again, and returns their marks
// and how many offsets they are.
func (g *gaps) forget(from int64) (marked []run, offsets int64) {
	for n := len(*g); n > 0 && (*g)[n-1].next > from; n-- {
		marked = append(marked, (*g)[n-1].marked...)
		offsets += (*g)[n-1].offsets
		*g = (*g)[:n-1]
	}
	return marked, offsets
}

// andMarks are runs and the marks in the gaps.
func (g *gaps) andMarks(runs []run) []run {
	if len(*g) == 0 {
		return runs
	}
	all := append([]run(nil), runs...)
	for _, p := range *g {
		all = append(all, p.marked...)
	}
	return all
}
