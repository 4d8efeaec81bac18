package config

// ReadDocument reads a YAML document that is no configuration, such as the tests of a mapping, as strictly as one: its
// Nodes have their places, and scalars keep their source text. Nothing is filled in. The root is nil where YAML itself
// cannot be read, which the faults then say; warnings do not prevent reading.
func ReadDocument(name string, data []byte) (root *Node, warnings, faults Faults) {
	root, warnings, faults = parse(name, data)
	for _, f := range faults {
		if f.Message == emptyMessage {
			f.Message = "the file holds nothing"
		}
	}
	return root, warnings.listed(), faults.listed()
}
