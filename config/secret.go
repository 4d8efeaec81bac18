package config

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what a Secret shows.
const hidden = "***"

// Secret is a value that must not show: it prints as *** in every format.
// One that came from ${file:PATH} can be read again with Reload.
//
// The value is kept behind two pointers: fmt calls no method on an unexported field, so that a Secret in one would otherwise
// print its value when the struct around it is printed; and for a verb that does not fit, fmt follows one pointer to a
// struct, but not two. Two Secrets are compared with Reveal, not with ==.
type Secret struct {
	held **held
}

type held struct {
	value string
	file  string
}

// NewSecret is a secret with a value known in the program.
func NewSecret(value string) Secret { return newSecret(value, "") }

func newSecret(value, file string) Secret {
	h := &held{value, file}
	return Secret{&h}
}

// Reveal returns the value, for the one place that sends it.
func (s Secret) Reveal() string {
	if s.held == nil {
		return ""
	}
	return (*s.held).value
}

// IsZero tells whether there is no value.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// File is the path of the ${file:PATH} that the whole value came from, or empty.
func (s Secret) File() string {
	if s.held == nil {
		return ""
	}
	return (*s.held).file
}

// Reload reads the secret's file anew and returns its content without the line break at its end. A secret that came from
// no file is returned as it is. The error names the file and holds nothing of its content. The Secret itself stays as it is.
func (s Secret) Reload() (string, error) {
	if s.File() == "" {
		return s.Reveal(), nil
	}
	return readValue(s.File())
}

// String is ***.
func (s Secret) String() string { return hidden }

// GoString is ***.
func (s Secret) GoString() string { return hidden }

// Format writes *** for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, hidden) // fmt reports a failed write by itself
}

// MarshalText is ***; encoding/json and the YAML encoders use it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON is "***".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML is ***.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

// LogValue is ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
