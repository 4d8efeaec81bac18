package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"brazebridge/config"
)

func TestReport(t *testing.T) {
	two := config.Faults{
		{File: "b.yaml", Line: 3, Column: 9, Path: "topics.t.send[0].when", Message: "no field statis", Hint: "did you mean status?",
			Excerpt: "${statis == 1}\n  ^"},
		{File: "b.yaml", Path: "kafka.tls.ca_file", Message: "open x: no such file or directory"},
	}
	const twoText = `b.yaml:3:9: topics.t.send[0].when: no field statis
    ${statis == 1}
      ^
    hint: did you mean status?
b.yaml: kafka.tls.ca_file: open x: no such file or directory
`
	for _, c := range []struct {
		err  error
		code int
		text string
	}{
		{nil, exitDone, ""},
		{errors.New("unknown flag"), exitUsage, "brazebridge: unknown flag\n"},
		{two, exitUsage, twoText},
		{fmt.Errorf("load: %w", two), exitUsage, twoText},
		{failed(errors.New("broken")), exitFaults, "brazebridge: broken\n"},
		{fmt.Errorf("at work: %w", failed(errors.New("broken"))), exitFaults, "brazebridge: at work: broken\n"},
		{&workError{}, exitFaults, ""},
		{failed(nil), exitDone, ""},
	} {
		var out bytes.Buffer
		s := &surroundings{stderr: &out}
		if code := s.report(c.err); code != c.code || out.String() != c.text {
			t.Errorf("%v: exit code %d, want %d; printed\n%s", c.err, code, c.code, out.String())
		}
	}
}
