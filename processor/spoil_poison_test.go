//go:build poison

package processor

import (
	"bytes"
	"testing"
)

// The tag must do what it is for, also behind the length: a body that is given back is written over from its beginning.
func TestSpoilOverwritesAllOfIt(t *testing.T) {
	b := append(make([]byte, 0, 64), "{}"...)
	spoil(b)
	if want := bytes.Repeat([]byte{spoiled}, 64); !bytes.Equal(b[:cap(b)], want) {
		t.Errorf("left %q", b[:cap(b)])
	}
	spoil(nil)
}
