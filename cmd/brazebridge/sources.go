package main

import (
	"context"
	"errors"
	"fmt"
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
func schemasOf(file string, cfg *config.Config, dir string) (check.Schemas, error) {
	if dir != "" {
		d, err := schema.OpenDir(dir)
		if err != nil {
			return nil, fmt.Errorf("--schemas %s: %w", dir, err)
		}
		return d, nil
	}
	if err := needed(file, "schema_registry"); err != nil {
		return nil, err
	}
	return registryOf(cfg)
}

// registryOf is the configuration's schema registry.
func registryOf(cfg *config.Config) (*schema.Registry, error) {
	found := &faults{file: cfg.File}
	r := newRegistry(&cfg.SchemaRegistry, found)
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
