package config

// Resolve says which secrets Load fills in.
type Resolve int

const (
	// ResolveAll makes an unset ${env:NAME} or a missing ${file:PATH} a fault. For run.
	ResolveAll Resolve = iota
	// ResolveLenient makes it a warning: for commands that need no secret.
	ResolveLenient
)

// Load reads and validates the configuration file: strict, over Default(), all faults at once.
// The error is Faults, or one that says why the file could not be read. Warnings are faults that do not prevent running.
func Load(path string, resolve Resolve) (cfg *Config, warnings Faults, err error) {
	panic("not built")
}

// Parse is Load for a file's content; name is what faults call it.
func Parse(name string, data []byte, resolve Resolve) (cfg *Config, warnings Faults, err error) {
	panic("not built")
}

// Default is the configuration before the file.
func Default() *Config { panic("not built") }
