package config

import (
	"errors"
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
	in, err := Inspect(path, resolve)
	if err != nil {
		return nil, nil, err
	}
	return in.accepted()
}

// Parse is Load for a file's content; name is what faults call it. cfg is nil where err is not.
func Parse(name string, data []byte, resolve Resolve) (cfg *Config, warnings Faults, err error) {
	return InspectBytes(name, data, resolve).accepted()
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
