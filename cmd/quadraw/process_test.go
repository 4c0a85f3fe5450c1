//go:build unix

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test's own binary be the command, for tests that need a
// process to kill.
func TestMain(m *testing.M) {
	if os.Getenv("QUADRAW_TEST_AS_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), "QUADRAW_TEST_AS_COMMAND=1")
	return cmd
}

func TestKilledBatchLeavesNoPartialOutputsAndResumes(t *testing.T) {
	c := newCLI(t)
	c.tree(40, 0)
	c.ok("bin", "-r", "in", "-d", "whole", "-q")
	kills := 12
	if os.Getenv("QUADRAW_LONG") != "" {
		kills = 100
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range kills {
		cmd := process(t, "bin", "-r", "in", "-d", "out", "-q", "--resume")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rng.IntN(250)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		outputs, _ := filepath.Glob("out/*/f*.dng")
		for _, name := range outputs {
			c.same(name, strings.Replace(name, "out", "whole", 1))
		}
		if t.Failed() {
			t.Fatalf("after kill %d, with %d outputs", i, len(outputs))
		}
		if len(outputs) == 40 {
			// Begin anew: later kills shall hit work too.
			if err := os.RemoveAll("out"); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.ok("bin", "-r", "in", "-d", "out", "-q", "--resume")
	if n := c.count("out/*/f*.dng"); n != 40 {
		t.Errorf("%d of 40 outputs after resuming", n)
	}
	outputs, _ := filepath.Glob("out/*/f*.dng")
	for _, name := range outputs {
		c.same(name, strings.Replace(name, "out", "whole", 1))
	}
}

func TestSignalEndsCleanly(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--size", "2400x1800", "-q", "-o", "a.dng")
	var code int
	for wait := 200 * time.Millisecond; ; wait /= 2 {
		os.Remove("b.tif")
		cmd := process(t, "convert", "--mode", "full", "--method", "best", "a.dng", "-o", "b.tif", "-q", "-j", "1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		cmd.Wait()
		if code = cmd.ProcessState.ExitCode(); code != exitDone || wait < time.Millisecond {
			break
		}
	}
	// Before the handler stands, a signal ends the process at once: −1.
	if code != exitInterrupted && code != -1 {
		t.Errorf("interrupted: exit %d", code)
	}
	if code == exitInterrupted {
		if left := c.files(); strings.Contains(left, "b.tif") {
			t.Errorf("left behind:\n%s", left)
		}
	}
}

func TestFullDiskIsAnOutputError(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--size", "1200x900", "-q", "-o", "a.dng")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A limit on the size of files stands for a full disk: 512 kB.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("ulimit -f 1024; exec '%s' convert --mode full --method bilinear a.dng -o b.tif -q", self))
	cmd.Env = append(os.Environ(), "QUADRAW_TEST_AS_COMMAND=1")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitOutput || !strings.Contains(string(out), "b.tif") {
		t.Errorf("exit %d: %s", code, out)
	}
	if left := c.files(); strings.Contains(left, "b.tif") {
		t.Errorf("left behind:\n%s", left)
	}
}
