package config

// Secret is a value that must not show: it prints as *** in every format.
// One that came from ${file:PATH} can be read again with Reload.
type Secret struct {
	value string
	file  string
}

// NewSecret is a secret with a value known in the program.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the value, for the one place that sends it.
func (s Secret) Reveal() string { return s.value }
