package mapping

import (
	"slices"
	"strings"

	"brazebridge/config"
)

// didYouMean is the hint that names the known word nearest to an unknown one; empty where none is near.
func didYouMean(word string, known []string) string {
	if best := config.DidYouMean(word, known); best != "" {
		return "did you mean " + best + "?"
	}
	return ""
}

// listNames lists names for a hint, the first dozen of them.
func listNames(names []string) string {
	const most = 12
	names = slices.Clone(names)
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
