package mappingtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/processor"
	"brazebridge/schema"
)

// Schemas is where the schemas come from: a *schema.Registry or a *schema.Dir.
type Schemas interface {
	Latest(ctx context.Context, subject string) (*schema.Schema, error)
	Versions(ctx context.Context, subject string) ([]*schema.Schema, error)
}

// Result is what came of one test.
type Result struct {
	Test *Test
	OK   bool
	// Outcome is mapped, filtered or rejected; empty where the test could not be run. Reason and Error say more of the latter two.
	Outcome, Reason, Error string
	// Fault says why the test could not be run.
	Fault *config.Fault
	Diff  []Difference

	objects []object
}

// object is one that came out.
type object struct {
	kind string
	v    *value
}

// Run runs the tests of a file. The error is a *schema.UnavailableError: the registry could not be asked.
func (f *File) Run(ctx context.Context, cfg *config.Config, schemas Schemas) ([]*Result, error) {
	r := &runner{ctx: ctx, cfg: cfg, schemas: schemas, latest: map[string]lookedUp{}}
	var results []*Result
	for _, t := range f.Tests {
		res, err := r.run(t)
		if err != nil {
			return nil, err
		}
		results = append(results, res)
	}
	return results, nil
}

type runner struct {
	ctx     context.Context
	cfg     *config.Config
	schemas Schemas
	latest  map[string]lookedUp
}

// lookedUp is what the look-up of a subject brought: schemas are asked for once, not for every test.
type lookedUp struct {
	s   *schema.Schema
	err error
}

func (r *runner) latestOf(subject string) (*schema.Schema, error) {
	l, known := r.latest[subject]
	if !known {
		l.s, l.err = r.schemas.Latest(r.ctx, subject)
		r.latest[subject] = l
	}
	return l.s, l.err
}

func (r *runner) run(t *Test) (*Result, error) {
	topic := r.cfg.Topic(t.Topic)
	if topic == nil {
		return t.fault(t.TopicPos, "topic", r.topicHint(t), "the configuration does not map this topic"), nil
	}
	writer, latest, err := r.schemaOf(t)
	var away *schema.UnavailableError
	if errors.As(err, &away) {
		return nil, err
	}
	if err != nil {
		return t.fault(t.TopicPos, "topic", "", "%v", err), nil
	}
	rec := &kgo.Record{Topic: t.Topic, Partition: t.Partition, Offset: t.Offset, Timestamp: t.Timestamp}
	for _, h := range t.Headers {
		rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
	}
	var datum []byte
	if t.Record.Kind == config.NodeNull {
		writer = nil // a tombstone
	} else if datum, err = writer.EncodeJSON(valueOf(t.Record).appendJSON(nil)); err != nil {
		return t.fault(t.Record.Pos, "record", "", "does not fit the schema %s version %d: %v", writer.Subject, writer.Version, err), nil
	}
	rec.Value = datum
	key, fault, err := r.key(t, topic, rec)
	if err != nil || fault != nil {
		return fault, err
	}
	verdict := processor.NewTrial(t.Topic, topic, latest).TryKeyed(writer, datum, key, rec.Key, rec)
	return t.judge(verdict)
}

// key gives the record its key: the text as it stands, or the value written by the key's own schema, which is returned.
func (r *runner) key(t *Test, topic *config.Topic, rec *kgo.Record) (*schema.Schema, *Result, error) {
	switch {
	case t.Key == nil || t.Key.Kind == config.NodeNull:
		return nil, nil, nil
	case topic.Key == config.KeyAvro:
		s, err := r.latestOf(t.Topic + "-key")
		var away *schema.UnavailableError
		if errors.As(err, &away) {
			return nil, nil, err
		}
		if err != nil {
			return nil, t.fault(t.Key.Pos, "key", "key: avro needs the schema of the keys", "%v", err), nil
		}
		if rec.Key, err = s.EncodeJSON(valueOf(t.Key).appendJSON(nil)); err != nil {
			return nil, t.fault(t.Key.Pos, "key", "", "does not fit the schema %s-key: %v", t.Topic, err), nil
		}
		return s, nil, nil
	case t.Key.Kind == config.NodeMap || t.Key.Kind == config.NodeList:
		return nil, t.fault(t.Key.Pos, "key", "where keys are Avro, the topic says key: avro", "must be text, is %s", t.Key.Kind), nil
	}
	rec.Key = []byte(t.Key.Text)
	return nil, nil, nil
}

func (t *Test) fault(at config.Pos, key, hint, format string, args ...any) *Result {
	return &Result{Test: t, Fault: &config.Fault{
		File: at.File, Line: at.Line, Column: at.Column, Path: t.path + "." + key, Topic: t.Topic, Message: fmt.Sprintf(format, args...), Hint: hint,
	}}
}

func (r *runner) topicHint(t *Test) string {
	names := make([]string, len(r.cfg.Topics))
	for i, topic := range r.cfg.Topics {
		names[i] = topic.Name
	}
	if near := config.DidYouMean(t.Topic, names); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// schemaOf finds the schema that the test's record is written with, and the latest one of the topic, which may be nil.
func (r *runner) schemaOf(t *Test) (writer, latest *schema.Schema, err error) {
	latest, err = r.latestOf(schema.Subject(t.Topic))
	if err != nil && (t.Subject == "" || !errors.Is(err, schema.ErrUnknownSubject)) {
		return nil, nil, err
	}
	writer = latest
	subject := schema.Subject(t.Topic)
	if t.Subject != "" {
		subject = t.Subject
		if writer, err = r.latestOf(subject); err != nil {
			return nil, nil, err
		}
	}
	if t.Version == 0 || t.Version == writer.Version {
		return writer, latest, nil
	}
	versions, err := r.schemas.Versions(r.ctx, subject)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range versions {
		if s.Version == t.Version {
			return s, latest, nil
		}
	}
	return nil, nil, fmt.Errorf("subject %s has no version %d", subject, t.Version)
}

// judge compares a verdict with what the test expects.
func (t *Test) judge(v processor.Verdict) (*Result, error) {
	r := &Result{Test: t, Error: v.Error}
	switch {
	case v.Filtered != "":
		r.Outcome, r.Reason = "filtered", v.Filtered
	case v.Holds != "":
		r.Outcome, r.Reason = "rejected", v.Holds
	case v.Reason != "":
		r.Outcome, r.Reason = "rejected", string(v.Reason)
	default:
		r.Outcome = "mapped"
		for _, item := range v.Items {
			value, err := readJSON(item.JSON)
			if err != nil {
				return nil, err
			}
			r.objects = append(r.objects, object{item.Kind.String(), value})
		}
	}
	r.compare()
	r.OK = len(r.Diff) == 0
	return r, nil
}

func (r *Result) compare() {
	t := r.Test
	whole := func(want string) {
		r.Diff = []Difference{{Want: want, Got: r.sentence()}}
		for i, o := range r.objects {
			r.Diff = append(r.Diff, Difference{Path: fmt.Sprintf("want[%d].%s", i, o.kind), Got: o.v.json()})
		}
	}
	switch {
	case t.filtered != "":
		if r.Outcome != "filtered" || t.filtered != "true" && t.filtered != r.Reason {
			whole("filtered: " + t.filtered)
		}
	case t.rejected != "":
		if r.Outcome != "rejected" || t.rejected != r.Reason {
			whole("rejected: " + t.rejected)
		}
	case t.want == nil:
		whole("nothing yet: the test says neither want nor filtered nor rejected (--update writes it)")
	case r.Outcome != "mapped":
		whole(counted(len(t.want.Items)))
	default:
		r.compareObjects()
	}
}

func counted(objects int) string {
	if objects == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", objects)
}

// sentence says what came out.
func (r *Result) sentence() string {
	switch r.Outcome {
	case "mapped":
		return counted(len(r.objects))
	case "filtered":
		return "filtered: " + r.Reason
	}
	return "rejected: " + r.Reason + " (" + r.Error + ")"
}

func (r *Result) compareObjects() {
	want := r.Test.want.Items
	for i, n := range want {
		kind, at := n.Keys[0].Name, fmt.Sprintf("want[%d]", i)
		switch {
		case i >= len(r.objects):
			r.Diff = append(r.Diff, Difference{Path: at + "." + kind, Want: valueOf(n.Keys[0].Value).json()})
		case r.objects[i].kind != kind:
			r.Diff = append(r.Diff,
				Difference{Path: at + "." + kind, Want: valueOf(n.Keys[0].Value).json()},
				Difference{Path: at + "." + r.objects[i].kind, Got: r.objects[i].v.json()})
		default:
			r.Diff = append(r.Diff, compare(at+"."+kind, n.Keys[0].Value, r.objects[i].v)...)
		}
	}
	for i := len(want); i < len(r.objects); i++ {
		r.Diff = append(r.Diff, Difference{Path: fmt.Sprintf("want[%d].%s", i, r.objects[i].kind), Got: r.objects[i].v.json()})
	}
}
