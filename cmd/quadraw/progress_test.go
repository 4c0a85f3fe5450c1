package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/quadraw/quadraw"
)

// What is left is told by bytes and not by jobs: one large file among small
// ones takes most of the time.
func TestTimeLeftGoesByBytes(t *testing.T) {
	t.Chdir(t.TempDir())
	var jobs []quadraw.Job
	for name, size := range map[string]int{"large": 9_000_000, "small": 1_000_000} {
		if err := os.WriteFile(name, make([]byte, size), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"large", "small", "absent"} {
		jobs = append(jobs, quadraw.Job{Inputs: []string{name}})
	}
	tally := newTally(jobs)
	tally.begun = time.Now().Add(-10 * time.Second)
	if s := tally.String(); s != "" {
		t.Errorf("before the beginning: %q", s)
	}
	tally.fail(2)
	tally.set(1, 1, 1_000_000)
	tally.set(0, 1.0/9, 4_000_000)
	if s := tally.String(); !strings.HasPrefix(s, " 0 MP/s, 40s left, 1 failed") && !strings.HasPrefix(s, " 1 MP/s, 40s left, 1 failed") {
		t.Errorf("after a fifth of the bytes in 10 s: %q", s)
	}
}

func TestBoardOnATerminal(t *testing.T) {
	c := newCLI(t)
	c.tree(5, 1)
	var out strings.Builder
	a := &app{stdout: &out, stderr: &out, terminal: true, lookupEnv: func(string) (string, bool) { return "", false }}
	if code := a.run(t.Context(), []string{"convert", "-r", "in", "-d", "out"}); code != exitInput {
		t.Errorf("exit %d", code)
	}
	// The bars themselves are drawn on real terminals only.
	if !strings.Contains(out.String(), "5 done, 1 failed") {
		t.Errorf("said\n%s", out.String())
	}
}
