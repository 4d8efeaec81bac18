package mapping

import (
	"slices"
	"strings"
)

// didYouMean names the known word that is nearest to an unknown one; empty where none is near.
func didYouMean(word string, known []string) string {
	best, bestDist := "", 1+max(1, len(word)/3)
	for _, k := range known {
		if d := distance(fold(word), fold(k)); d < bestDist && d < len(word) {
			best, bestDist = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}

var separators = strings.NewReplacer("_", "", "-", "")

// fold makes names alike that differ in case and separators only: orderId, order_id.
func fold(s string) string {
	return strings.ToLower(separators.Replace(s))
}

// distance is the number of letters to insert, drop, change or swap with a neighbour.
func distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	if len(ra)-len(rb) > 8 || len(rb)-len(ra) > 8 || len(ra) > 64 {
		return 99
	}
	prev2, prev, cur := make([]int, len(rb)+1), make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		cur[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(rb)]
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
