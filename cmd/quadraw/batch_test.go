package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw"
)

// tree makes good raw files and some bad ones.
func (c *cli) tree(good, bad int) {
	c.t.Helper()
	c.ok("synth", "--size", "64x48", "--iso", "3200", "-o", "seed.dng")
	data, err := os.ReadFile("seed.dng")
	if err != nil {
		c.t.Fatal(err)
	}
	for i := range good + bad {
		dir := filepath.Join("in", fmt.Sprint(i%3))
		if err := os.MkdirAll(dir, 0o777); err != nil {
			c.t.Fatal(err)
		}
		content := data
		if i >= good {
			content = data[:len(data)/2]
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%03d.dng", i)), content, 0o666); err != nil {
			c.t.Fatal(err)
		}
	}
	for name, content := range map[string]string{"in/readme.txt": "not raw", "in/.hidden.dng": "x"} {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *cli) count(pattern string) int {
	names, err := filepath.Glob(pattern)
	if err != nil {
		c.t.Fatal(err)
	}
	return len(names)
}

func TestBatchGoesOnPastFailuresAndResumes(t *testing.T) {
	c := newCLI(t)
	good, bad := 18, 3
	if os.Getenv("QUADRAW_LONG") != "" {
		good, bad = 900, 100
	}
	says := func(done, skipped, failed int) string {
		s := fmt.Sprintf("%d done, ", done)
		if skipped > 0 {
			s += fmt.Sprintf("%d skipped, ", skipped)
		}
		return s + fmt.Sprintf("%d failed", failed)
	}
	c.tree(good, bad)
	// A report that cannot be written is told before the work.
	if code, _, msg := c.run("bin", "-r", "in", "-d", "out", "--report", "in"); code != exitOutput || c.count("out/*/*") > 0 {
		t.Errorf("a folder as the report: exit %d, %d outputs\n%s", code, c.count("out/*/*"), msg)
	}
	args := []string{"bin", "-r", "in", "-d", "out", "--report", "report.json"}
	code, _, msg := c.run(args...)
	if code != exitInput || !strings.Contains(msg, says(good, 0, bad)) {
		t.Fatalf("exit %d\n%s", code, msg)
	}
	if n := c.count("out/*/f*.dng"); n != good {
		t.Errorf("%d outputs", n)
	}
	var r quadraw.Report
	data, err := os.ReadFile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	mode := func(name string) (m fs.FileMode) {
		info, err := os.Stat(name)
		if err == nil {
			m = info.Mode()
		}
		return m
	}
	if got, want := mode("report.json"), mode("out/0/f000.dng"); got != want {
		t.Errorf("the report's mode is %v, an output's %v", got, want)
	}
	if r.Done != good || r.Failed != bad || len(r.Jobs) != good+bad {
		t.Errorf("report: %d done, %d failed, %d jobs", r.Done, r.Failed, len(r.Jobs))
	}
	for _, j := range r.Jobs {
		if j.Status == "failed" && !strings.Contains(j.Error, j.Inputs[0]) {
			t.Errorf("%q does not name %s", j.Error, j.Inputs[0])
		}
	}

	code, _, msg = c.run(args...)
	if code != exitOutput {
		t.Errorf("a second run over existing outputs: exit %d\n%s", code, msg)
	}
	args = append(args, "--resume")
	code, _, msg = c.run(args...)
	if code != exitInput || !strings.Contains(msg, says(0, good, bad)) {
		t.Errorf("resumed: exit %d\n%s", code, msg)
	}
	// One output lost, one damaged, one input repaired.
	lost, damaged := "out/0/f000.dng", "out/1/f001.dng"
	want, _ := os.ReadFile(lost)
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	seed, _ := os.ReadFile("seed.dng")
	if err := os.WriteFile(fmt.Sprintf("in/%d/f%03d.dng", good%3, good), seed, 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, msg = c.run(args...)
	if code != exitInput || !strings.Contains(msg, says(3, good-2, bad-1)) {
		t.Errorf("after losses: exit %d\n%s", code, msg)
	}
	for _, name := range []string{lost, damaged} {
		if got, _ := os.ReadFile(name); string(got) != string(want) {
			t.Errorf("%s was not made again", name)
		}
	}
	// Another recipe makes all of them anew.
	code, _, msg = c.run(append(args, "--mode", "sum")...)
	if code != exitInput || !strings.Contains(msg, says(good+1, 0, bad-1)) {
		t.Errorf("with another recipe: exit %d\n%s", code, msg)
	}
}

func TestResumeLeavesFilesOfOthersAlone(t *testing.T) {
	c := newCLI(t)
	c.tree(1, 0)
	if err := os.MkdirAll("out/0", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("out/0/f000.dng", []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, msg := c.run("bin", "-r", "in", "-d", "out", "--resume"); code != exitOutput {
		t.Errorf("exit %d\n%s", code, msg)
	}
	if data, _ := os.ReadFile("out/0/f000.dng"); string(data) != "mine" {
		t.Error("a file that no run of ours made was replaced")
	}
}

func TestShardsAreTheWhole(t *testing.T) {
	c := newCLI(t)
	c.tree(17, 0)
	c.ok("bin", "-r", "in", "-d", "whole")
	for i := range 7 {
		c.ok("bin", "-r", "in", "-d", "parts", "--shard", fmt.Sprintf("%d/7", i+1), "-q")
	}
	names, _ := filepath.Glob("whole/*/f*.dng")
	if len(names) != 17 || c.count("parts/*/f*.dng") != 17 {
		t.Fatalf("%d whole, %d in parts", len(names), c.count("parts/*/f*.dng"))
	}
	for _, name := range names {
		c.same(name, strings.Replace(name, "whole", "parts", 1))
	}
}

func TestInputsFromLists(t *testing.T) {
	c := newCLI(t)
	c.tree(4, 0)
	c.in = "in/0/f000.dng\nin/1/f001.dng\r\n\nin/0/f000.dng\n"
	c.ok("convert", "-", "-d", "out", "--format", "jpg,tif", "--name", "{stem}_{mode}.{ext}")
	for _, name := range []string{"out/f000_bin.jpg", "out/f000_bin.tif", "out/f001_bin.jpg", "out/f001_bin.tif"} {
		c.info(name)
	}
	c.ok("convert", "in/*/f*.dng", "-d", "all")
	if n := c.count("all/*.jpg"); n != 4 {
		t.Errorf("%d of 4 by pattern", n)
	}
}

func TestDryRunTouchesNothing(t *testing.T) {
	c := newCLI(t)
	c.tree(3, 0)
	before := c.files()
	out := c.ok("convert", "-r", "in", "-d", "out", "-n")
	for _, want := range []string{"in/0/f000.dng", "out/0/f000.jpg", "bin"} {
		if !strings.Contains(out, want) {
			t.Errorf("the plan does not say %q:\n%s", want, out)
		}
	}
	if c.files() != before {
		t.Error("a dry run wrote files")
	}
}

func TestJSONLines(t *testing.T) {
	c := newCLI(t)
	c.tree(2, 1)
	code, out, _ := c.run("bin", "-r", "in", "-d", "out", "--json")
	if code != exitInput {
		t.Errorf("exit %d", code)
	}
	status := map[string]int{}
	for line := range strings.Lines(out) {
		var j quadraw.JobReport
		if err := json.Unmarshal([]byte(line), &j); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		status[j.Status]++
	}
	if status["done"] != 2 || status["failed"] != 1 {
		t.Errorf("%v", status)
	}
}

func TestBurstsAreFoundAndMerged(t *testing.T) {
	c := newCLI(t)
	for _, dir := range []string{"in/a", "in/b"} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	c.ok("synth", "--size", "256x192", "--iso", "1600", "--frames", "3", "--shake", "2", "-o", "in/a/f.dng")
	c.ok("synth", "--size", "256x192", "--iso", "800", "-o", "in/a/single.dng")
	c.ok("synth", "--size", "256x192", "--iso", "1600", "--frames", "2", "-o", "in/b/g.dng")
	code, _, msg := c.run("convert", "-r", "in", "-d", "out", "--burst", "auto", "--format", "png")
	if code != exitDone || !strings.Contains(msg, "3 done") {
		t.Fatalf("exit %d\n%s", code, msg)
	}
	for _, name := range []string{"out/a/f-000.png", "out/a/single.png", "out/b/g-000.png"} {
		c.info(name)
	}
	c.ok("merge", "in/a/f-000.dng", "in/a/f-001.dng", "in/a/f-002.dng", "-o", "m.dng", "--mode", "bin", "--method", "fast")
	c.ok("convert", "m.dng", "-o", "m.png")
	c.ok("convert", "-r", "in/b", "-d", "dirs", "--burst", "dir", "--format", "png", "--merge-method", "fast")
	if n := c.count("dirs/*.png"); n != 1 {
		t.Errorf("%d pictures of one folder", n)
	}
}
