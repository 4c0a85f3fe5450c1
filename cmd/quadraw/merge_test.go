package main

import (
	"encoding/json"
	"image"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/noise"
)

// burst is four frames f-000.dng … of a shaking camera, and what they show.
func (c *cli) burst(more ...string) []string {
	c.t.Helper()
	c.ok(append([]string{"synth", "--size", "512x384", "--iso", "3200", "--frames", "4", "--shake", "3", "-o", "f.dng", "--truth", "truth.dng"}, more...)...)
	return []string{"f-000.dng", "f-001.dng", "f-002.dng", "f-003.dng"}
}

func TestMergeFillsDefectsByItself(t *testing.T) {
	c := newCLI(t)
	frames := c.burst("--hot-pixels", "0.004")
	_, _, msg := c.run(append([]string{"merge", "-o", "filled.dng", "--reference", "1"}, frames...)...)
	if !strings.Contains(msg, "hot or dead pixels filled") {
		t.Errorf("merge says\n%s", msg)
	}
	c.ok(append([]string{"merge", "-o", "kept.dng", "--reference", "1", "--keep-defects"}, frames...)...)
	filled, kept := c.compare("filled.dng", "truth.dng"), c.compare("kept.dng", "truth.dng")
	if filled.Total < kept.Total+1 {
		t.Errorf("filling defects took the PSNR from %.2f to %.2f dB", float64(kept.Total), float64(filled.Total))
	}
	c.ok(append([]string{"merge", "-o", "binned.dng", "--reference", "1", "--bin"}, frames...)...)
	c.ok(append([]string{"merge", "-o", "binned-kept.dng", "--reference", "1", "--bin", "--keep-defects"}, frames...)...)
	c.ok("bin", "truth.dng", "-o", "binned-truth.dng")
	filled, kept = c.compare("binned.dng", "binned-truth.dng"), c.compare("binned-kept.dng", "binned-truth.dng")
	if filled.Total < kept.Total+1 {
		t.Errorf("binned, filling defects took the PSNR from %.2f to %.2f dB", float64(kept.Total), float64(filled.Total))
	}
}

func TestMergeInEitherOrder(t *testing.T) {
	c := newCLI(t)
	frames := c.burst()
	c.ok("bin", "truth.dng", "-o", "binned-truth.dng")
	c.ok("bin", "f-000.dng", "-o", "binned.dng")
	one := c.compare("binned.dng", "binned-truth.dng")
	for _, order := range []string{"bin-merge", "merge-bin"} {
		c.ok(append([]string{"merge", "-o", order + ".dng", "--bin", "--reference", "1", "--order", order, "--confidence", order + ".png"}, frames...)...)
		got := c.compare(order+".dng", "binned-truth.dng")
		t.Logf("%s: %.2f dB, one frame %.2f", order, float64(got.Total), float64(one.Total))
		if got.Total < one.Total+2 {
			t.Errorf("%s: PSNR %.2f dB, of one frame %.2f", order, float64(got.Total), float64(one.Total))
		}
	}
	if s := c.info("bin-merge.png").Size; s != image.Pt(17, 13) {
		t.Errorf("confidence of %v", s)
	}
	c.fails(exitOutput, "bin-merge.png", append([]string{"merge", "-o", "x.dng", "--confidence", "bin-merge.png"}, frames...)...)
	c.fails(exitOutput, "nowhere", append([]string{"merge", "-o", "x.dng", "--confidence", "nowhere/c.png"}, frames...)...)
	if _, err := os.Lstat("x.dng"); err == nil {
		t.Error("merged before it was clear that the map has no place")
	}
	c.fails(exitUsage, "does not bin", append([]string{"merge", "-o", "x.dng", "--order", "bin-merge"}, frames...)...)
	c.fails(exitUsage, "--bin and --mode", append([]string{"merge", "-o", "x.dng", "--bin", "--mode", "full"}, frames...)...)
}

func TestMergeOfFramesThatDoNotFit(t *testing.T) {
	c := newCLI(t)
	frames := c.burst("--hot-pixels", "0.002")
	data, err := os.ReadFile(frames[2])
	if err != nil {
		t.Fatal(err)
	}
	c.ok("synth", "--size", "512x320", "-o", "small.dng")
	c.ok("synth", "--size", "512x384", "--cfa", "bayer-rggb", "-o", "bayer.dng")
	for name, content := range map[string][]byte{"cut.dng": data[:len(data)*2/3], "junk.dng": []byte("no frame at all")} {
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"cut.dng", "junk.dng", "small.dng", "bayer.dng", "missing.dng"} {
		inputs := []string{frames[0], frames[1], bad, frames[3]}
		if bad != "missing.dng" {
			// What is not there at all is found before anything starts.
			code, _, msg := c.run(append([]string{"merge", "-o", "skipped.dng", "--skip-bad", "--overwrite"}, inputs...)...)
			if code != exitInput || !strings.Contains(msg, bad+": not used") {
				t.Errorf("%s: exit %d\n%s", bad, code, msg)
			}
			if i := c.info("skipped.dng"); i.Size != image.Pt(512, 384) {
				t.Errorf("%s: merged %v", bad, i.Size)
			}
		}
		code, _, msg := c.run(append([]string{"merge", "-o", "x.dng"}, inputs...)...)
		if code == exitDone || !strings.Contains(msg, bad) {
			t.Errorf("%s: exit %d\n%s", bad, code, msg)
		}
		if _, err := os.Stat("x.dng"); err == nil {
			t.Fatalf("%s: an output was left", bad)
		}
	}
	c.fails(exitInput, "too few", "merge", "-o", "x.dng", "--skip-bad", frames[0], "junk.dng")
	c.fails(exitInput, "1 of 2 frames", "merge", "-o", "x.dng", "--skip-bad", frames[0], "small.dng")
	// The first may be the odd one.
	if code, _, msg := c.run("merge", "-o", "odd.dng", "--skip-bad", "small.dng", frames[0], frames[1]); code != exitInput || !strings.Contains(msg, "small.dng: not used") || !strings.Contains(msg, "pixels filled") {
		t.Errorf("exit %d\n%s", code, msg)
	}
	c.fails(exitUsage, "two frames", "merge", "-o", "x.dng", frames[0])
}

// TestMergeOfABracket takes three exposures of a chart: the middle one is the
// reference, and white is that of the shortest.
func TestMergeOfABracket(t *testing.T) {
	c := newCLI(t)
	var frames []string
	for i, e := range []string{"0.175", "0.7", "2.8"} {
		name := "e" + strconv.Itoa(i) + ".dng"
		c.ok("synth", "--scene", "chart", "--size", "512x384", "--iso", "400", "--exposure", e, "--seed", strconv.Itoa(i), "-o", name, "--truth", "t"+name)
		frames = append(frames, name)
	}
	_, out, msg := c.run(append([]string{"merge", "-o", "m.dng", "--json"}, frames...)...)
	var got struct{ Merge noise.MergeReport }
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	if m := got.Merge; m.Reference != 1 || m.Frames[0].Gain < 3.9 || m.Frames[0].Gain > 4.1 || m.Frames[2].Gain < .24 || m.Frames[2].Gain > .26 {
		t.Errorf("%+v", m)
	}
	one, merged := c.compare("e0.dng", "te0.dng"), c.compare("m.dng", "te0.dng")
	t.Logf("the shortest alone %.2f dB, merged %.2f", float64(one.Total), float64(merged.Total))
	if merged.Total < one.Total+8 {
		t.Errorf("the shortest alone %.2f dB, merged %.2f", float64(one.Total), float64(merged.Total))
	}
	c.fails(exitUsage, "fast", append([]string{"merge", "-o", "x.dng", "--method", "fast"}, frames...)...)
	c.ok(append([]string{"merge", "-o", "told.dng", "--frame-exposures", "1,4,16"}, frames...)...)
	if told := c.compare("told.dng", "te0.dng"); told.Total < merged.Total-.2 {
		t.Errorf("with exposures given %.2f dB, else %.2f", float64(told.Total), float64(merged.Total))
	}
	c.ok(append([]string{"merge", "-o", "m.jpg", "--bin"}, frames...)...)
}

// TestMergeCountsTheFramesThatWereNamed skips a frame that cannot be opened: the
// numbers of --reference and --frame-exposures, and those of the report, are
// those of the command line.
func TestMergeCountsTheFramesThatWereNamed(t *testing.T) {
	c := newCLI(t)
	frames := c.burst()
	if err := os.WriteFile("junk.dng", []byte("no frame at all"), 0o666); err != nil {
		t.Fatal(err)
	}
	inputs := []string{frames[0], "junk.dng", frames[2], frames[3]}
	args := append([]string{"merge", "-o", "m.dng", "--skip-bad", "--json", "--overwrite"}, inputs...)
	code, out, msg := c.run(append(args, "--reference", "3", "--frame-exposures", "1,9,1,1")...)
	var got struct {
		Status, Error string
		Pixels        int64
		Merge         noise.MergeReport
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitInput {
		t.Fatalf("exit %d: %v\n%s%s", code, err, out, msg)
	}
	m := got.Merge
	if got.Status != "failed" || !strings.Contains(got.Error, "junk.dng") || got.Pixels != 3*512*384 || m.Reference != 2 || len(m.Frames) != 4 {
		t.Fatalf("%+v", got)
	}
	for i, f := range m.Frames {
		if f.Index != i || f.Name != inputs[i] || f.Skipped != (i == 1) || f.Used == (i == 1) || f.Reference != (i == 2) || f.Gain != 1 {
			t.Errorf("frame %d: %+v", i, f)
		}
	}
	c.fails(exitInput, "junk.dng", append(args, "--reference", "2")...)
	c.fails(exitUsage, "reference 5 of 4", append(args, "--reference", "5")...)
	c.fails(exitUsage, "3 exposures for 4", append(args, "--frame-exposures", "1,1,1")...)
	c.fails(exitUsage, "exposure -1", append(args, "--frame-exposures", "1,1,-1,1")...)
}

// TestOneFileTwice names a file twice in ways that only the file system sees
// through.
func TestOneFileTwice(t *testing.T) {
	c := newCLI(t)
	frames := c.burst()
	if err := os.Link(frames[0], "link.dng"); err != nil {
		t.Skip(err)
	}
	c.fails(exitUsage, "one file", "merge", "-o", "x.dng", frames[0], frames[1], "link.dng")
	c.fails(exitUsage, "one file", "merge", "-o", "x.dng", "--skip-bad", frames[0], frames[1], "link.dng")
	c.fails(exitUsage, "one file", "defects", frames[0], "link.dng")
	c.fails(exitUsage, "one file", "noise", frames[0], frames[0])
	data, err := os.ReadFile(frames[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("copy.dng", data, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, msg := c.run("merge", "-o", "m.dng", frames[0], "copy.dng", frames[1]); !strings.Contains(msg, "copy.dng: not used: holds the same samples") {
		t.Errorf("merge says\n%s", msg)
	}
}

func TestMergeSaysThatItEstimatedTheNoise(t *testing.T) {
	c := newCLI(t)
	frames := c.burst()
	var plain []string
	for _, name := range frames {
		pgm := strings.TrimSuffix(name, "dng") + "pgm"
		c.ok("raw", name, "-o", pgm)
		plain = append(plain, pgm)
	}
	code, _, msg := c.run(append([]string{"merge", "-o", "m.dng", "--cfa", "quad-grbg", "--method", "fast"}, plain...)...)
	if code != exitDone || !strings.Contains(msg, "estimated") {
		t.Errorf("exit %d\n%s", code, msg)
	}
}
