package config

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Resolve says which secrets Load fills in.
type Resolve int

const (
	// ResolveAll makes an unset ${env:NAME} or a missing ${file:PATH} a fault. For run.
	ResolveAll Resolve = iota
	// ResolveLenient makes it a warning, and the value stays empty: for commands that need no secret.
	ResolveLenient
)

// Load reads and validates the configuration file: strict, over Default(), all faults at once.
// The error is Faults, or one that says why the file could not be read. Warnings are faults that do not prevent running.
func Load(path string, resolve Resolve) (cfg *Config, warnings Faults, err error) {
	data, err := readBounded(path, MaxFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data, resolve)
}

// Parse is Load for a file's content; name is what faults call it. cfg is nil where err is not.
func Parse(name string, data []byte, resolve Resolve) (cfg *Config, warnings Faults, err error) {
	root, warnings, faults := parse(name, data)
	if root == nil {
		return nil, warnings.listed(), faults.listed()
	}
	d := &decoder{resolve: resolve, values: map[string]*value{}, faults: faults, warnings: warnings}
	cfg = d.config(root)
	v := &validator{cfg: cfg, values: d.values, top: root.Pos, faults: d.faults, warnings: d.warnings}
	v.validate()
	if len(v.faults) > 0 {
		return nil, v.warnings.listed(), v.faults.listed()
	}
	return cfg, v.warnings.listed(), nil
}

// Validate checks a configuration that was made or changed in the program, as Load does one from a file. The error is
// Faults, without places.
func (c *Config) Validate() (warnings Faults, err error) {
	v := &validator{cfg: c, top: Pos{File: c.File}}
	v.validate()
	if len(v.faults) > 0 {
		return v.warnings, v.faults
	}
	return v.warnings, nil
}

// readBounded reads a file of at most limit bytes, and one more of a larger one.
func readBounded(path string, limit int64) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit+1))
}
