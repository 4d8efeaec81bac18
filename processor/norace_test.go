//go:build !race

package processor

const slowness = 1
