//go:build !race

package testutil

// Race says that the race detector is on: it allocates where the code does
// not.
const Race = false
