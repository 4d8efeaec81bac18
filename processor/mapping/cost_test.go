package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"brazebridge/processor/mapping"
)

// TestWorkIsPaidFor holds that the size of what a loop goes through, makes or matches counts, not only its turns: each of
// these few turns over much text, or over many elements, would take seconds or hundreds of megabytes.
func TestWorkIsPaidFor(t *testing.T) {
	const avsc = `{"type":"record","name":"R","fields":[{"name":"big","type":"string"},{"name":"other","type":"string"},
 {"name":"xs","type":{"type":"array","items":"int"}},{"name":"m","type":{"type":"map","values":"int"}},{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}]}`
	const steps, size, text = "too many steps for one record", "the record's objects grow beyond 16 MiB", "text grows beyond 1 MiB"
	loop := func(value string) string { return "{for_each: '${xs}', value: '" + value + "'}" }
	tests := []struct{ name, value, want string }{
		{"copies of a text", "'${map(xs, big)}'", size},
		{"copies in a map", "'${map(xs, ({\"a\": big}))}'", size},
		{"texts built", "'${len(map(xs, big + \"x\"))}'", steps},
		{"pieces", "'${len(map(xs, split(big, \"a\")))}'", steps},
		{"upper", "'${len(map(xs, upper(big)))}'", steps},
		{"sha256", "'${len(map(xs, sha256(big)))}'", steps},
		{"slug", "'${len(map(xs, slug(big)))}'", steps},
		{"layout", "'${len(map(xs, formatTime(t, big)))}'", steps},
		{"keys of a map", "'${len(map(xs, keys(m)))}'", steps},
		{"unique", "'${len(map(xs, unique(xs)))}'", steps},
		{"search", "'${count(xs, big contains \"zz\")}'", steps},
		{"comparison", "'${count(xs, big == other)}'", steps},
		{"order", "'${count(xs, big < other)}'", steps},
		{"search in a list", "'${count(xs, # in map(xs, -#))}'", steps},
		{"a pattern, often", "'${count(xs, big matches \"(a|b|ab|ba)*(a|aa|b|bb)*c\")}'", steps},
		{"a pattern that is large as matched, once", "'${big matches \"[ab]{0,1000}c\"}'", steps},
		{"an element's text function", loop("${lower(big)}"), steps},
		{"a list made anew for every element", loop("${len(xs)}"), steps},
		{"a predicate for every element", loop("${count(xs, # > 3)}"), steps},
		{"a long expression for every element", "{for_each: '${xs}', value: {for_each: '${xs[0:400]}', value: '${1" + strings.Repeat(" + 1", 300) + " > 0 ? nil : nil}'}}", steps},
		{"a text that grows past its own bound", "'${big + big + big + big + big + big}'", text},
	}
	var xs, m []string
	for i := range 1000 {
		xs, m = append(xs, fmt.Sprint(i%7)), append(m, fmt.Sprintf(`"k%d":%d`, i, i))
	}
	s := schemaOf(t, avsc)
	record := func(n int) string {
		ab := strings.Repeat("ab", n)
		return fmt.Sprintf(`{"big":"%sa","other":"%sb","xs":[%s],"m":{%s},"t":0}`, ab, ab, strings.Join(xs[:min(n, 1000)], ","), strings.Join(m[:min(n, 1000)], ","))
	}
	large, small := decode(t, s, record(100_000)), decode(t, s, record(10))
	for _, tt := range tests {
		p := compiled(t, event(tt.value), s)
		_, err := run(t, p, large)
		var e *mapping.Error
		if !errors.As(err, &e) || e.Text != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if _, err := run(t, p, small); err != nil {
			t.Errorf("%s: a small record is refused: %v", tt.name, err)
		}
	}
}

// TestSpanBeyondADuration holds that instants further apart than a duration reaches are a fault, not a wrong number.
func TestSpanBeyondADuration(t *testing.T) {
	s := schemaOf(t, numbers)
	p := compiled(t, event("'${seconds(t - time(\"0001-01-01T00:00:00Z\"))}'"), s)
	_, err := run(t, p, decode(t, s, `{"i":1,"d":1,"s":"x","t":0,"day":0,"any":null,"xs":[],"dec":"1.00"}`))
	var e *mapping.Error
	if !errors.As(err, &e) || e.Text != "a span of more than 292 years" {
		t.Errorf("got %v", err)
	}
}
