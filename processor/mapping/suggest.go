package mapping

import (
	"cmp"
	"fmt"
	"regexp"
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

var plainName = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

// fieldHint is didYouMean for a field of the value that is called so: a name that a path cannot spell is written in brackets.
func fieldHint(word string, known []string, so string) string {
	best := config.DidYouMean(word, known)
	if best == "" || plainName.MatchString(best) {
		return didYouMean(word, known)
	}
	return fmt.Sprintf("write %s[%q]: in an expression, %s would be a computation", cmp.Or(so, "record"), best, best)
}

// listNames lists names for a hint, the first dozen of them.
func listNames(names []string) string {
	const most = 12
	if len(names) == 0 {
		return "no fields"
	}
	names = slices.Clone(names)
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
