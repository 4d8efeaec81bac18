package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"brazebridge/cmd/internal/check"
	"brazebridge/config"
	"brazebridge/processor"
	"brazebridge/schema"
)

// compileCandidate compiles one mapping against schemas of files. What is registered says which record types the topic
// accepts and what the files do not: where it cannot be asked a warning says so, since a producer's CI may have no way to
// the registry.
func (f *checkFlags) compileCandidate(ctx context.Context, in *config.Inspection, o check.Options) (*check.Result, error) {
	c := &candidate{ctx: ctx, topic: o.Topic, name: f.topic, result: &check.Result{Topics: 1, Schemas: 1}}
	var err error
	if c.schemas, err = schemasOf(in, f.schemas); err != nil {
		if f.schemas != "" {
			return nil, err
		}
		c.schemas, c.away = nil, err
	}
	with := check.Candidate{Accepts: o.Topic.Records}
	if with.Value, err = c.value(f.against, &with.Accepts); err != nil {
		return nil, err
	}
	if with.Key, err = c.key(f.againstKey); err != nil {
		return nil, err
	}
	if len(c.result.Faults) > 0 {
		return c.result, nil
	}
	result := check.Against(o, with)
	result.Warnings = append(c.result.Warnings, result.Warnings...)
	return result, nil
}

// candidate finds the schemas to compile against, and what is wrong with them.
type candidate struct {
	ctx     context.Context
	topic   *config.Topic
	name    string // of the topic, which a pattern may match
	schemas check.Schemas
	away    error // why the registered schemas cannot be asked
	result  *check.Result
}

// value is the schema of the file, or the registered one; accepts becomes the registered record types unless the topic
// names its own.
func (c *candidate) value(file string, accepts *[]string) (*schema.Schema, error) {
	subject := schema.Subject(c.name)
	s, err := c.file(file, subject)
	if err != nil || file != "" && (s == nil || len(*accepts) > 0) {
		return s, err
	}
	latest, err := c.registered(subject)
	switch {
	case err == nil && len(*accepts) == 0:
		*accepts = processor.RecordTypes(latest)
	case file == "" && err != nil:
		return nil, fmt.Errorf("look up the schema of %s, which --against-file would be instead: %w", c.name, err)
	case err != nil && !errors.Is(err, schema.ErrUnknownSubject):
		c.warn(subject, "whether the topic accepts this record type was not checked: the registered schema cannot be asked",
			"give --schemas DIR, or name the types: record: "+strings.Join(processor.RecordTypes(s), ", "))
	}
	if file == "" {
		s = latest
	}
	return s, nil
}

// key is the schema of the file, or the registered one; nil where keys are no Avro, or none is known, which the compiler
// warns of where the mapping uses it.
func (c *candidate) key(file string) (*schema.Schema, error) {
	subject := c.name + "-key"
	if c.topic.Key != config.KeyAvro {
		if file != "" {
			c.warn("", "--against-key-file was not used: this mapping does not read keys as Avro", "key: avro reads them by their schema")
		}
		return nil, nil
	}
	if file != "" {
		return c.file(file, subject)
	}
	s, err := c.registered(subject)
	switch {
	case errors.Is(err, schema.ErrUnknownSubject):
		return nil, nil
	case err != nil:
		c.warn(subject, "what the mapping takes from the key was not checked: the registered schema cannot be asked",
			"give --against-key-file FILE.avsc, or --schemas DIR with "+subject+".avsc")
		return nil, nil
	}
	return s, nil
}

// file reads a schema; nil without a file, or where it holds none, which is then a fault.
func (c *candidate) file(name, subject string) (*schema.Schema, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	var s *schema.Schema
	if dir, isDir := c.schemas.(*schema.Dir); isDir {
		s, err = dir.Parse(string(text), filepath.Base(name))
	} else {
		s, err = schema.Parse(string(text))
	}
	if err != nil {
		c.result.Faults = append(c.result.Faults, &config.Fault{
			File: name, Topic: c.name, Message: "this is no usable schema: " + err.Error(),
			Hint: "other schemas that it refers to are looked for in --schemas DIR",
		})
		return nil, nil
	}
	s.Subject = subject
	return s, nil
}

func (c *candidate) registered(subject string) (*schema.Schema, error) {
	if c.away != nil {
		return nil, c.away
	}
	return c.schemas.Latest(c.ctx, subject)
}

func (c *candidate) warn(subject, message, hint string) {
	at := c.topic.Pos
	c.result.Warnings = append(c.result.Warnings, &config.Fault{
		File: at.File, Line: at.Line, Column: at.Column, Path: "topics." + c.topic.Name, Topic: c.topic.Name, Subject: subject,
		Message: message, Hint: hint,
	})
}
