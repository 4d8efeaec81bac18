package config

import "strings"

// maxSuggest bounds the names that DidYouMean compares: its time grows with the product of their lengths.
const maxSuggest = 100

// DidYouMean returns the one among the names that a writer of name most likely meant, or empty where none is near: up to
// a third of its characters may be wrong, missing, doubled or swapped with their neighbour. Upper and lower case,
// hyphens and underscores count as the same, and a beginning of three characters is near enough. Among equals, the first.
func DidYouMean(name string, among []string) string {
	if name == "" || len(name) > maxSuggest {
		return ""
	}
	limit := max(1, len(name)/3)
	best, nearest := "", limit+1
	for _, other := range among {
		if len(other) > maxSuggest || other == "" {
			continue
		}
		d := distance([]rune(alike(name)), []rune(alike(other)))
		if begins(alike(name), alike(other)) {
			d = min(d, limit)
		}
		if d < nearest && d < len(name) { // with every letter replaced nothing of it is left
			best, nearest = other, d
		}
	}
	return best
}

// begins tells that one name is the beginning of the other: warning and warn.
func begins(a, b string) bool {
	return min(len(a), len(b)) > 2 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

func alike(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// distance counts the insertions, deletions, replacements and swaps of neighbours that make b of a (optimal string
// alignment), keeping the last two rows of the table.
func distance(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}

// meant is the hint for a name that is none of those allowed.
func meant(name string, among []string) string {
	if best := DidYouMean(name, among); best != "" {
		return "did you mean " + best + "?"
	}
	if len(among) == 0 || len(among) > 16 {
		return ""
	}
	return "allowed: " + strings.Join(among, ", ")
}
