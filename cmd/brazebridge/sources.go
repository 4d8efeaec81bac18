package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"brazebridge/cmd/internal/check"
	"brazebridge/config"
	"brazebridge/schema"
)

// interruptible is a context that the first signal ends.
func (s *surroundings) interruptible() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-s.signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// schemasOf is where schemas come from: the directory, if there is one, or the registry of the configuration.
func schemasOf(in *config.Inspection, dir string) (check.Schemas, error) {
	if dir != "" {
		d, err := schema.OpenDir(dir)
		if err != nil {
			return nil, fmt.Errorf("--schemas %s: %w", dir, err)
		}
		return d, nil
	}
	if err := needed(in.Config.File, "schema_registry"); err != nil {
		return nil, offline(err)
	}
	return registryOf(in)
}

// offline adds to the faults of a registry that is not configured here that there is a way without one.
func offline(err error) error {
	var faults config.Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			if f.Hint == "" {
				f.Hint = "set it, or take the schemas from a directory: --schemas DIR (in a file of tests, schemas: DIR)"
			}
		}
	}
	return err
}

// inspect reads a configuration for a command that needs no secret. The error is config.Faults, or one that says why the
// file could not be read.
func inspect(file string) (*config.Inspection, error) {
	in, err := config.Inspect(file, config.ResolveLenient)
	if err != nil {
		return nil, err
	}
	return in, in.Err()
}

// newFaults collects what shows to be wrong with a configuration when it is used.
func newFaults(in *config.Inspection) *faults {
	return &faults{file: in.Config.File, places: in.Places}
}

// unusable are warnings of what run would not begin with although the file alone is well: a file that a setting names and
// that is not there may well be there only where the bridge runs.
func unusable(in *config.Inspection) config.Faults {
	if in.Config == nil {
		return nil
	}
	found := newFaults(in)
	kafkaOpts(&in.Config.Kafka, found)
	newRegistry(&in.Config.SchemaRegistry, found)
	newWorkspaces(&in.Config.Braze, found)
	missing := func(f *config.Fault) bool {
		said := func(w *config.Fault) bool { return w.Path == f.Path }
		return slices.ContainsFunc(in.Warnings, said) || in.Said(f)
	}
	warnings := slices.DeleteFunc(found.list, missing)
	for _, w := range warnings {
		w.Hint = "the command run needs it"
	}
	return warnings
}

// registryOf is the configuration's schema registry.
func registryOf(in *config.Inspection) (*schema.Registry, error) {
	found := newFaults(in)
	r := newRegistry(&in.Config.SchemaRegistry, found)
	if err := found.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// needed makes faults of what is missing in the sections that a command uses: it was loaded leniently, because the
// others may lack their secrets.
func needed(file string, sections ...string) error {
	_, _, err := config.Load(file, config.ResolveAll)
	var all, ours config.Faults
	if !errors.As(err, &all) {
		return err
	}
	for _, f := range all {
		for _, section := range sections {
			if f.Path == section || strings.HasPrefix(f.Path, section+".") {
				ours = append(ours, f)
			}
		}
	}
	if len(ours) > 0 {
		return ours
	}
	return nil
}
