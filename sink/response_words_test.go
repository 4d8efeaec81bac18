package sink

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Braze queues while it is maintained, and says so with a 202. With another status the word means nothing.
func TestQueuedIsAccepted(t *testing.T) {
	for _, status := range []int{200, 201, 202, 299} {
		a := answerOf(status, nil, []byte(`{"message":"queued","errors":[{"type":"x","input_array":"events","index":1}]}`), nil, threeEvents(), time.Now())
		want := Answer{Class: Transient, Status: status, Ambiguous: true, Cause: CauseNotSuccess, Text: a.Text}
		if status == 202 {
			want = Answer{Class: Accepted, Status: status, Errors: []ObjectError{{1, "x"}}}
		}
		if diff := cmp.Diff(want, a); diff != "" {
			t.Errorf("%d: %s", status, diff)
		}
	}
}

// A 2xx that is no success and names every object has accepted none. Where it names only some, nothing is known of the others,
// and nothing of it counts.
func TestNoSuccessThatNamesAllRefusesAll(t *testing.T) {
	named := func(n ...int) string {
		var list []string
		for _, i := range n {
			list = append(list, fmt.Sprintf(`{"type":"x","input_array":"events","index":%d}`, i))
		}
		return `{"message":"Valid data must be provided","errors":[` + strings.Join(list, ",") + `]}`
	}
	for body, class := range map[string]Class{
		named(0, 1): ObjectsRefused, named(1, 0, 0): ObjectsRefused, named(0): Transient, named(0, 3): Transient,
		`{"message":"fatal","errors":["a","b"]}`:                                        Transient,
		strings.Replace(named(0, 1), `"message":"Valid data must be provided",`, ``, 1): Transient,
	} {
		r := NewRequest(nil, threeEvents().items[:2])
		a := answerOf(201, nil, []byte(body), nil, &r, time.Now())
		if a.Class != class || (len(a.Errors) == 2) != (class == ObjectsRefused) || a.Ambiguous == (class == ObjectsRefused) || a.Unattributed != 0 || a.Text == "" {
			t.Errorf("%s: %+v", body, a)
		}
	}
}
