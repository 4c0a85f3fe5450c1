package main

import (
	"encoding/json"
	"image"
	"os"
	"strings"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/raw"
)

func (c *cli) compare(a, b string) (r quadraw.Comparison) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.ok("compare", "--json", a, b)), &r); err != nil {
		c.t.Fatal(err)
	}
	return r
}

func TestMergeAndDenoiseComeCloserToTheTruth(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--size", "384x256", "--iso", "3200", "--frames", "4", "--shake", "2", "-o", "f.dng", "--truth", "truth.dng")
	_, _, msg := c.run("merge", "f-000.dng", "f-001.dng", "f-002.dng", "f-003.dng", "-o", "merged.dng", "--reference", "1")
	if !strings.Contains(msg, "the reference") || !strings.Contains(msg, "dB lower") {
		t.Errorf("merge says\n%s", msg)
	}
	c.ok("denoise", "f-000.dng", "-o", "clean.dng")
	one, merged, clean := c.compare("f-000.dng", "truth.dng"), c.compare("merged.dng", "truth.dng"), c.compare("clean.dng", "truth.dng")
	if merged.Total < one.Total+2 {
		t.Errorf("merging took the PSNR from %.2f to %.2f dB", float64(one.Total), float64(merged.Total))
	}
	if clean.Total < one.Total+2 {
		t.Errorf("denoising took the PSNR from %.2f to %.2f dB", float64(one.Total), float64(clean.Total))
	}
	if i := c.info("merged.dng"); *i.CFA != *c.info("f-000.dng").CFA {
		t.Errorf("merged header: %v", i.CFA)
	}
	c.ok("merge", "--mode", "bin", "f-0*.dng", "-o", "merged.jpg")
	if s := c.info("merged.jpg").Size; s != image.Pt(192, 128) {
		t.Errorf("binned and merged: %v", s)
	}
	c.fails(exitUsage, "two frames", "merge", "f-000.dng", "-o", "x.dng")
	c.fails(exitUsage, "is an input", "merge", "f-000.dng", "f-001.dng", "-o", "f-001.dng", "--overwrite")
}

func TestFilesWithoutHeaders(t *testing.T) {
	c := newCLI(t)
	const w, h = 64, 48
	// Samples of 10 bits in 16-bit words.
	data := make([]byte, 2*w*h)
	for i := range w * h {
		v := uint16(64 + i%900)
		data[2*i], data[2*i+1] = byte(v), byte(v>>8)
	}
	if err := os.WriteFile("dump.raw", append([]byte("header!!"), data...), 0o666); err != nil {
		t.Fatal(err)
	}
	c.fails(exitInput, "unknown", "info", "dump.raw")
	c.fails(exitUsage, "--raw-size", "info", "dump.raw", "--raw-bits", "10")
	c.fails(exitUsage, "--cfa", "info", "dump.raw", "--raw-size", "64x48")
	args := []string{"dump.raw", "--raw-size", "64x48", "--raw-packing", "u16le", "--raw-bits", "10", "--raw-offset", "8", "--raw-black", "64", "--cfa", "quad-grbg"}
	c.ok(append([]string{"raw", "-o", "dump.dng", "--compression", "none"}, args...)...)
	i := c.info("dump.dng")
	if i.Size != image.Pt(w, h) || *i.CFA != raw.QuadGRBG || i.Black != 64 || i.White[0] != 1023 {
		t.Errorf("%+v", i)
	}
	c.ok(append([]string{"convert", "-o", "dump.png", "--mode", "full"}, args...)...)

	c.ok("raw", "-o", "shifted.dng", "dump.raw", "--raw-size", "64x48", "--raw-offset", "8", "--raw-bits", "6", "--raw-shift", "4", "--cfa", "mono")
	if i := c.info("shifted.dng"); i.White[0] != 63 {
		t.Errorf("shifted: %+v", i)
	}

	sidecar := `{"quadraw": 1, "width": 64, "height": 48, "packing": "u16le", "bits": 10, "offset": 8, "black": 64, "cfa": "quad-grbg"}`
	if err := os.WriteFile("dump.raw.json", []byte(sidecar), 0o666); err != nil {
		t.Fatal(err)
	}
	c.ok("raw", "dump.raw", "-o", "again.dng", "--compression", "none")
	c.same("dump.dng", "again.dng")
}

func TestSalvageTellsByItsExitCode(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--size", "800x600", "-o", "a.dng")
	data, err := os.ReadFile("a.dng")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("cut.dng", data[:len(data)*3/4], 0o666); err != nil {
		t.Fatal(err)
	}
	c.fails(exitInput, "cut.dng", "raw", "cut.dng", "-o", "x.dng")
	code, _, msg := c.run("raw", "cut.dng", "-o", "x.dng", "--salvage")
	if code != exitInput || !strings.Contains(msg, "damaged") {
		t.Errorf("exit %d: %s", code, msg)
	}
	if i := c.info("x.dng"); i.Size != image.Pt(800, 600) {
		t.Errorf("salvaged: %v", i.Size)
	}
}

func TestCalibratedGainsAreEvenedOut(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--scene", "gray", "--size", "512x384", "-o", "flat.dng")
	c.fails(exitUsage, "no output", "calibrate", "flat.dng")
	c.ok("calibrate", "flat.dng", "-o", "map.json")
	c.fails(exitOutput, "map.json", "calibrate", "flat.dng", "-o", "map.json")
	c.ok("bin", "--gain-map", "map.json", "flat.dng", "-o", "even.dng")
	c.ok("bin", "flat.dng", "-o", "plain.dng")
	if r := c.compare("even.dng", "plain.dng"); r.Total < 40 {
		t.Errorf("the map of an even sensor changes its frame: %.1f dB", float64(r.Total))
	}
	c.fails(exitInput, "nomap.json", "bin", "--gain-map", "nomap.json", "flat.dng", "-o", "x.dng")
	c.quad("other.dng")
	c.fails(exitUsage, "gain map", "bin", "--gain-map", "map.json", "other.dng", "-o", "x.dng")
	c.fails(exitInput, "flat.dng", "demosaic", "--tables", "flat.dng", "flat.dng", "-o", "x.tif")
}

func TestPresetsAreRecipes(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	if err := os.WriteFile("look.json", []byte(`{"mode": "full", "look": {"exposure": 1, "wb": "5000K", "curve": "filmic"}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	c.ok("convert", "--preset", "look.json", "--exposure", "0.5", "a.dng", "-o", "preset.png")
	c.ok("convert", "--mode", "full", "--wb", "5000K", "--curve", "filmic", "--exposure", "0.5", "a.dng", "-o", "flags.png")
	c.same("preset.png", "flags.png")
	if err := os.WriteFile("bad.json", []byte(`{"moed": "full"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	c.fails(exitUsage, "moed", "convert", "--preset", "bad.json", "a.dng", "-o", "x.png")
}

func TestNoiseProfileIsFoundAndUsed(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--scene", "chart", "--size", "768x512", "--iso", "3200", "-o", "f.dng")
	var e struct{ Profile raw.NoiseProfile }
	out := c.ok("noise", "--json", "--plot", "plot.png", "f.dng")
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		t.Fatal(err)
	}
	want := c.info("f.dng").Noise[raw.Green]
	if got := e.Profile[raw.Green]; got.Scale < want.Scale*0.7 || got.Scale > want.Scale*1.4 {
		t.Errorf("shot noise %.4g, simulated %.4g", got.Scale, want.Scale)
	}
	if i := c.info("plot.png"); i.Size.X < 300 {
		t.Errorf("plot of %v", i.Size)
	}
	if err := os.WriteFile("n.json", []byte(out), 0o666); err != nil {
		t.Fatal(err)
	}
	c.ok("bin", "--robust", "--noise", "n.json", "f.dng", "-o", "b.dng")
	if got, want := c.info("b.dng").Noise[raw.Green].Scale, e.Profile[raw.Green].Scale/4; got < want*0.99 || got > want*1.01 {
		t.Errorf("binned with the profile: shot noise %.4g, want %.4g", got, want)
	}
	if err := os.WriteFile("empty.json", []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if out := c.ok("noise", "--plot", "plot.svg", "f.dng"); !strings.Contains(out, "variance ± ") {
		t.Errorf("nothing is said of the error: %s", out)
	}
	if data, err := os.ReadFile("plot.svg"); err != nil || !strings.Contains(string(data), "<svg") {
		t.Errorf("plot.svg: %v", err)
	}
	c.fails(exitUsage, ".png or .svg", "noise", "--plot", "plot.gif", "f.dng")
	c.fails(exitOutput, "plot.png", "noise", "--plot", "plot.png", "f.dng")
	c.fails(exitUsage, "no noise profile", "bin", "--noise", "empty.json", "f.dng", "-o", "x.dng")
}

func TestDefectsAreFoundAndFilled(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--size", "256x192", "--frames", "4", "--shake", "3", "--hot-pixels", "0.002", "-o", "f.dng", "--truth", "truth.dng")
	out := c.ok("defects", "--map", "map.json", "f-000.dng", "f-001.dng", "f-002.dng", "f-003.dng")
	if out == "0 defects\n" {
		t.Fatal("no defects found")
	}
	c.ok("bin", "f-000.dng", "-o", "plain.dng")
	c.ok("bin", "--defects", "map.json", "f-000.dng", "-o", "filled.dng")
	c.ok("bin", "truth.dng", "-o", "binned-truth.dng")
	plain, filled := c.compare("plain.dng", "binned-truth.dng"), c.compare("filled.dng", "binned-truth.dng")
	if filled.Total < plain.Total+1 {
		t.Errorf("filling defects took the PSNR from %.2f to %.2f dB", float64(plain.Total), float64(filled.Total))
	}
	c.fails(exitOutput, "map.json", "defects", "--map", "map.json", "f-000.dng")
	c.fails(exitInput, "nomap.json", "bin", "--defects", "nomap.json", "f-000.dng", "-o", "x.dng")
	if err := os.WriteFile("outside.json", []byte(`[{"x": 9999, "y": 1}]`), 0o666); err != nil {
		t.Fatal(err)
	}
	c.fails(exitInput, "outside.json", "bin", "--defects", "outside.json", "f-000.dng", "-o", "x.dng")
	c.fails(exitUsage, "--sigma", "defects", "--sigma", "nan", "f-000.dng")
	c.ok("synth", "--size", "320x192", "-o", "wide.dng")
	c.fails(exitInput, "wide.dng", "defects", "f-000.dng", "wide.dng")
}

func TestManualPages(t *testing.T) {
	c := newCLI(t)
	c.ok("man", "man1")
	if n := c.count("man1/quadraw-*.1"); n < 10 {
		t.Errorf("%d manual pages", n)
	}
}
