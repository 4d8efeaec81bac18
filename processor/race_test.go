//go:build race

package processor

// slowness is how many times longer a test in virtual time takes under the race detector, roughly: the seeded ones run
// fewer seeds there. All of them run without it.
const slowness = 10
