package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"brazebridge/config"
	"brazebridge/processor"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

// Schemas is where the schemas come from: a *schema.Registry or a *schema.Dir.
type Schemas interface {
	Latest(ctx context.Context, subject string) (*schema.Schema, error)
	Versions(ctx context.Context, subject string) ([]*schema.Schema, error)
	Subjects(ctx context.Context) ([]string, error)
}

// Options say what is checked.
type Options struct {
	Config  *config.Config
	Schemas Schemas
	// AllVersions checks every version of a subject, not only the latest.
	AllVersions bool
	// Topic, where set, is the only one that is checked.
	Topic *config.Topic
	// File is what was read, where something is wrong with the configuration itself: topics whose mapping that leaves open
	// are not compiled, and what follows from its faults is not told again. They are not part of the result. Nil: all is well.
	File *config.Inspection
}

// Result is everything that was found.
type Result struct {
	Faults   config.Faults
	Warnings config.Faults
	Topics   int // compiled
	Skipped  int // that could not be compiled, for faults of the configuration itself
	Schemas  int // that they were compiled against
}

// Run compiles the mappings. The error is a *schema.UnavailableError: the registry could not be asked.
func Run(ctx context.Context, o Options) (*Result, error) {
	c := &checker{ctx: ctx, o: o, result: &Result{}, seen: map[config.Fault]bool{}}
	topics := o.Config.Topics
	if o.Topic != nil {
		topics = []*config.Topic{o.Topic}
	} else {
		_, faults := mapping.CompileTopicName(o.Config.DeadLetter.Topic)
		c.add(c.news(faults), mapping.WarnAcross(topics))
	}
	for _, t := range topics {
		if o.File != nil && !o.File.IsMapped(t) {
			c.result.Skipped++
			continue
		}
		if err := c.topic(t); err != nil {
			return nil, err
		}
	}
	c.result.Faults.Sort()
	c.result.Warnings.Sort()
	return c.result, nil
}

// Candidate is a pair of schemas, registered or not, that a topic's records may come to be written with.
type Candidate struct {
	Value *schema.Schema
	Key   *schema.Schema // nil: none, or not known
	// Accepts are the record types that the topic accepts; none accepts all.
	Accepts []string
}

// Against compiles one topic's mapping, o.Topic, against one pair of schemas. Of the options it uses Topic and File.
func Against(o Options, with Candidate) *Result {
	c := &checker{o: o, result: &Result{}, seen: map[config.Fault]bool{}}
	if o.File != nil && !o.File.IsMapped(o.Topic) {
		c.result.Skipped++
		return c.result
	}
	c.result.Topics++
	c.schema(o.Topic, with.Value, with.Key, with.Accepts)
	if with.Key != nil && o.Topic.Tombstones == config.TombstonesMap {
		c.tombstones(o.Topic, with.Key)
	}
	c.result.Faults.Sort()
	c.result.Warnings.Sort()
	return c.result
}

type checker struct {
	ctx    context.Context
	o      Options
	result *Result
	seen   map[config.Fault]bool // warnings, without subject and version
	names  []string              // of all subjects, once asked for
}

func (c *checker) add(faults, warnings config.Faults) {
	c.result.Faults = append(c.result.Faults, faults...)
	for _, w := range warnings {
		key := *w
		key.Subject, key.Version, key.Excerpt = "", 0, ""
		if !c.seen[key] {
			c.seen[key] = true
			c.result.Warnings = append(c.result.Warnings, w)
		}
	}
}

// news are the faults that those of the file do not tell already.
func (c *checker) news(faults config.Faults) config.Faults {
	if c.o.File == nil {
		return faults
	}
	return slices.DeleteFunc(faults, c.o.File.Said)
}

func (c *checker) topic(t *config.Topic) error {
	c.result.Topics++
	subjects, err := c.subjects(t)
	if err != nil {
		return err
	}
	keys, err := c.keys(t)
	if err != nil {
		return err
	}
	found, looked := false, []*schema.Schema(nil)
	for _, name := range subjects {
		versions, err := c.versions(name)
		var away *schema.UnavailableError
		switch {
		case errors.As(err, &away):
			return err
		case errors.Is(err, schema.ErrUnknownSubject):
			continue
		case err != nil:
			c.result.Faults = append(c.result.Faults, topicFault(t, name, "the schema cannot be used: "+err.Error(), ""))
		}
		found = true
		if err == nil {
			c.subject(t, versions, keys)
			looked = append(looked, versions...)
		}
	}
	switch {
	case len(looked) > 0:
		c.unmatched(t, looked)
	case found:
	case t.Pattern:
		c.add(nil, config.Faults{topicFault(t, "", "matches no subject NAME-value yet, so this mapping was not checked", "register a schema, or put it into --schemas")})
	default:
		c.add(config.Faults{c.unfound(t)}, nil)
	}
	if t.Tombstones == config.TombstonesMap {
		c.tombstones(t, keys[0])
	}
	return nil
}

// subject compiles a topic's mapping against versions of a subject, the latest first.
func (c *checker) subject(t *config.Topic, versions, keys []*schema.Schema) {
	accepts := []string(t.Records)
	if len(accepts) == 0 {
		accepts = processor.RecordTypes(versions[0])
	}
	for i, s := range versions {
		c.schema(t, s, keys[0], accepts)
		if i > 0 {
			continue
		}
		for _, k := range keys[1:] { // the other versions of the key, with the latest of the value
			c.schema(t, s, k, accepts)
		}
	}
}

// keys are the schemas of a topic's keys, the latest first: a single nil where they are not read as Avro, or, which is a
// fault, where there are none.
func (c *checker) keys(t *config.Topic) ([]*schema.Schema, error) {
	if t.Key != config.KeyAvro {
		return []*schema.Schema{nil}, nil
	}
	subject := t.Name + "-key"
	if t.Pattern {
		c.add(nil, config.Faults{topicFault(t, "", "what this mapping takes from the key was not checked: a pattern's topics may have different keys", "")})
		return []*schema.Schema{nil}, nil
	}
	keys, err := c.versions(subject)
	var away *schema.UnavailableError
	switch {
	case errors.As(err, &away):
		return nil, err
	case errors.Is(err, schema.ErrUnknownSubject):
		hint := "register the keys' schema under that subject, or read keys as text: key: text"
		if _, isDir := c.o.Schemas.(*schema.Dir); isDir {
			hint = "put it there as " + subject + ".avsc, or read keys as text: key: text"
		}
		c.add(config.Faults{topicFault(t, subject, "there is no such schema, so what this mapping takes from the key cannot be checked", hint)}, nil)
	case err != nil:
		c.add(config.Faults{topicFault(t, subject, "the schema cannot be used: "+err.Error(), "")}, nil)
	default:
		return keys, nil
	}
	return []*schema.Schema{nil}, nil
}

// unfound is the fault of a topic without any schema.
func (c *checker) unfound(t *config.Topic) *config.Fault {
	subject := schema.Subject(t.Name)
	hint := "register the schema under that subject; where subjects are named after records, name them: record: com.example.Order"
	if _, isDir := c.o.Schemas.(*schema.Dir); isDir {
		hint = "put it there as " + subject + ".avsc; where subjects are named after records, name them: record: com.example.Order"
	}
	names, err := c.allSubjects()
	if err == nil {
		names = slices.Clone(names)
		for i := range names {
			names[i] = strings.TrimSuffix(names[i], "-value")
		}
		if near := config.DidYouMean(t.Name, names); near != "" {
			hint = "there is " + schema.Subject(near)
		}
	}
	return topicFault(t, subject, "there is no such schema, so this mapping cannot be checked", hint)
}

func topicFault(t *config.Topic, subject, message, hint string) *config.Fault {
	return &config.Fault{
		File: t.Pos.File, Line: t.Pos.Line, Column: t.Pos.Column,
		Path: "topics." + t.Name, Topic: t.Name, Subject: subject, Message: message, Hint: hint,
	}
}

// versions of a subject, the latest first.
func (c *checker) versions(subject string) ([]*schema.Schema, error) {
	if !c.o.AllVersions {
		s, err := c.o.Schemas.Latest(c.ctx, subject)
		return []*schema.Schema{s}, err
	}
	all, err := c.o.Schemas.Versions(c.ctx, subject)
	all = slices.Clone(all)
	slices.Reverse(all)
	return all, err
}

func (c *checker) schema(t *config.Topic, s, key *schema.Schema, accepts []string) {
	c.result.Schemas++
	if text := processor.Misfit(accepts, s); text != "" {
		c.misfit(t, s, text, accepts)
		return
	}
	_, warnings, faults := mapping.CompileWith(t, s, key)
	c.add(c.news(faults), warnings)
}

// misfit is a fault where such records would hold the topic, and nothing where they are passed over.
func (c *checker) misfit(t *config.Topic, s *schema.Schema, text string, accepts []string) {
	if t.OtherRecords == config.OtherRecordsFilter {
		return
	}
	what := "this mapping accepts " + strings.Join(accepts, ", ")
	f := topicFault(t, s.Subject, fmt.Sprintf("the schema is of record type %s, and %s: its records would hold the topic", text, what),
		"add the type to record: of the topic, or pass such records over: other_records: filter")
	f.Version = s.Version
	c.add(config.Faults{f}, nil)
}

// tombstones compiles what a record without a value is mapped by, and leaves out what a schema's compilation said too.
func (c *checker) tombstones(t *config.Topic, key *schema.Schema) {
	_, warnings, faults := mapping.CompileWith(t, nil, key)
	said := func(fs config.Faults, f *config.Fault) bool {
		return slices.ContainsFunc(fs, func(g *config.Fault) bool { return f.Line == g.Line && f.Column == g.Column })
	}
	faults = slices.DeleteFunc(faults, func(f *config.Fault) bool { return said(c.result.Faults, f) })
	warnings = slices.DeleteFunc(warnings, func(f *config.Fault) bool { return said(c.result.Warnings, f) })
	c.add(c.news(faults), warnings)
}
