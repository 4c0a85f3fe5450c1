// Package testutil holds what the tests of several packages share.
package testutil

import (
	"os"
	"path/filepath"
	"testing"
)

// Data returns the path of name in the folder of large test data, which
// QUADRAW_TESTDATA names; without it the test is skipped, visibly.
func Data(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("QUADRAW_TESTDATA")
	if root == "" {
		t.Skip("QUADRAW_TESTDATA is not set: no large test data")
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("test data: %v", err)
	}
	return path
}

// Long skips the test, visibly, unless QUADRAW_LONG is set: for tests that
// take more than a few seconds.
func Long(t testing.TB) {
	t.Helper()
	if os.Getenv("QUADRAW_LONG") == "" {
		t.Skip("QUADRAW_LONG is not set: this test takes long")
	}
}
