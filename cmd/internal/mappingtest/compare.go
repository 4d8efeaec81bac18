package mappingtest

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"brazebridge/config"
)

// Difference is one place in which what came out is not what was wanted. Want or Got is empty where the place is not
// there at all; otherwise they are JSON, or a sentence where they stand for the whole outcome.
type Difference struct {
	Path string `json:"path"`
	Want string `json:"want"`
	Got  string `json:"got"`

	node *config.Node // of what was wanted, where it is a value of the file
	got  *value
}

// compare finds the differences between a value of the file and what came out.
func compare(path string, want *config.Node, got *value) []Difference {
	w := valueOf(want)
	if w.kind != got.kind {
		return []Difference{{Path: path, Want: w.json(), Got: got.json(), node: want, got: got}}
	}
	var found []Difference
	switch want.Kind {
	case config.NodeMap:
		for i := range want.Keys {
			k := &want.Keys[i]
			if g := got.get(k.Name); g != nil {
				found = append(found, compare(join(path, k.Name), k.Value, g)...)
			} else {
				found = append(found, Difference{Path: join(path, k.Name), Want: valueOf(k.Value).json()})
			}
		}
		for i, name := range got.keys {
			if want.Get(name) == nil {
				found = append(found, Difference{Path: join(path, name), Got: got.items[i].json()})
			}
		}
	case config.NodeList:
		for i, item := range want.Items {
			at := fmt.Sprintf("%s[%d]", path, i)
			if i < len(got.items) {
				found = append(found, compare(at, item, got.items[i])...)
			} else {
				found = append(found, Difference{Path: at, Want: valueOf(item).json()})
			}
		}
		for i := len(want.Items); i < len(got.items); i++ {
			found = append(found, Difference{Path: fmt.Sprintf("%s[%d]", path, i), Got: got.items[i].json()})
		}
	default:
		if !equal(w, got) {
			found = append(found, Difference{Path: path, Want: w.json(), Got: got.json(), node: want, got: got})
		}
	}
	return found
}

var plainKey = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$-]*$`)

func join(path, key string) string {
	if plainKey.MatchString(key) {
		return path + "." + key
	}
	return fmt.Sprintf("%s[%q]", path, key)
}

// equal compares scalars of one kind: numbers by value, times as instants.
func equal(a, b *value) bool {
	if a.text == b.text {
		return true
	}
	switch a.kind {
	case config.NodeNumber:
		x, xOK := exact(a.text)
		y, yOK := exact(b.text)
		return xOK && yOK && x.Cmp(y) == 0
	case config.NodeString:
		x, xErr := time.Parse(time.RFC3339Nano, a.text)
		y, yErr := time.Parse(time.RFC3339Nano, b.text)
		return xErr == nil && yErr == nil && x.Equal(y)
	}
	return false
}

// exact is a number's exact value. An exponent of more than three digits would make it too large to compute with.
func exact(text string) (*big.Rat, bool) {
	if i := strings.IndexAny(text, "eE"); i >= 0 && len(strings.TrimLeft(text[i+1:], "+-0")) > 3 {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
