package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fault says where a datum went wrong. The path is gathered while the decoder gives up, innermost first, and costs
// nothing before. It names fields and numbers elements; a map's key is a value, and private.
type fault struct {
	what string
	at   int
	path []string
}

func (f *fault) inField(name string) bool {
	f.path = append(f.path, "."+clip(name))
	return false
}

func (f *fault) inElem(i int) bool {
	f.path = append(f.path, "["+strconv.Itoa(i)+"]")
	return false
}

func (d *decoder) fail(what string) bool { return d.failAt(d.pos, what) }

func (d *decoder) failAt(at int, what string) bool {
	if d.fault.what == "" {
		d.fault.what, d.fault.at = what, at
	}
	return false
}

func (d *decoder) err() error {
	path := d.fault.text()
	if path != "" {
		path += ": "
	}
	return fmt.Errorf("%w: %s%s (byte %d of %d)", ErrUndecodable, path, d.fault.what, d.fault.at, len(d.buf))
}

// text is the path from the root, its middle left out where it is long.
func (f *fault) text() string {
	const ends = 8
	p := slices.Clone(f.path)
	slices.Reverse(p)
	if len(p) > 2*ends {
		p = append(append(p[:ends:ends], "…"), p[len(p)-ends:]...)
	}
	return strings.TrimPrefix(strings.Join(p, ""), ".")
}
