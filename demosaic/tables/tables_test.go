package tables_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/demosaic/tables"
)

func TestEveryTableLoads(t *testing.T) {
	entries, err := tables.Files.ReadDir(".")
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d tables, %v", len(entries), err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 1e6 {
			t.Errorf("%s: %d bytes, want at most 1 MB", e.Name(), info.Size())
		}
		f, err := tables.Files.Open(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		m, err := bank.Read(f)
		f.Close()
		if err != nil {
			t.Errorf("%s: %v", e.Name(), err)
			continue
		}
		t.Logf("%s: cell %d, σ %g, %d stages, %d bytes: %s", e.Name(), m.Cell, m.Sigma, len(m.Stages), info.Size(), m.Note)
		if m.Full != (m.Sigma > 0) {
			t.Errorf("%s: full %t at σ %g", e.Name(), m.Full, m.Sigma)
		}
	}
}

// TestManifest: every picture has its hash, its licence and its name, and none
// is of the set that quality is measured on.
func TestManifest(t *testing.T) {
	data, err := os.ReadFile("MANIFEST.tsv")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^[0-9a-f]{64}\t[1-9]\t[^\t]+\t[^\t]+$`)
	n := 0
	for _, l := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if strings.HasPrefix(l, "#") {
			continue
		}
		n++
		if !line.MatchString(l) || strings.Contains(strings.ToLower(l), "kodak") {
			t.Errorf("%q", l)
		}
	}
	if n < 100 {
		t.Errorf("%d pictures", n)
	}
}
