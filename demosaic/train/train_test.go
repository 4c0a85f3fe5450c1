package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// writePictures makes n pictures of waves and edges and their manifest.
func writePictures(t *testing.T, folder string, n int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	var names []string
	for i := range n {
		im := image.NewRGBA(image.Rect(0, 0, 250, 245))
		a, b, c := rng.Float64(), rng.Float64(), rng.Float64()
		for y := range 245 {
			for x := range 250 {
				v := 0.5 + 0.3*math.Sin(a*float64(x)+b*float64(y)) + 0.15*math.Sin(c*float64(x*y)/80)
				if (x/17+y/23)%2 == 0 {
					v *= 0.6
				}
				at := func(k float64) uint8 { return uint8(255 * max(0, min(v*k, 1))) }
				im.Set(x, y, color.RGBA{at(1), at(0.5 + a/2), at(0.4 + b/2), 255})
			}
		}
		name := filepath.Join(folder, fmt.Sprintf("p%d.png", i))
		var buf bytes.Buffer
		if err := png.Encode(&buf, im); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, buf.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	var m bytes.Buffer
	if err := printManifest(folder, "CC0 1.0", 1, names, &m); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(folder, "m.tsv")
	if err := os.WriteFile(manifest, m.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return manifest
}

func TestTablesDoNotDependOnWorkers(t *testing.T) {
	dir := t.TempDir()
	manifest := writePictures(t, dir, 3)
	var tables [][]byte
	for i, workers := range []string{"1", "5"} {
		out := filepath.Join(dir, fmt.Sprint(i, ".bin"))
		args := []string{"-manifest", manifest, "-root", dir, "-out", out, "-widths", "4,4", "-leaves", "4,3", "-workers", workers, "-full", "-sigma", "3"}
		if err := train(args); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, b)
	}
	if !bytes.Equal(tables[0], tables[1]) {
		t.Error("one worker and five make different tables")
	}
}

// TestAgain: a table is made again from its note, bit by bit, and another one
// is told apart.
func TestAgain(t *testing.T) {
	dir := t.TempDir()
	manifest := writePictures(t, dir, 2)
	name := filepath.Join(dir, "t.bin")
	if err := train([]string{"-manifest", manifest, "-root", dir, "-out", name, "-widths", "4", "-leaves", "3", "-seed", "7", "-effort", "4", "-sums", "g13d5", "-round"}); err != nil {
		t.Fatal(err)
	}
	args := []string{"-manifest", manifest, "-root", dir, name}
	if err := again(args, io.Discard); err != nil {
		t.Error(err)
	}
	m, err := load(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range m.Stages[0].Phases[0].Tree {
		planes, side := bank.FeatureSums(0, int(n.Feature))
		if s := fmt.Sprint(planes, side); s != "g1" && s != "g3" && s != "d5" {
			t.Errorf("a node needs the sum %s, which was not to be used", s)
		}
	}
	for i, k := range m.Stages[0].Phases[0].Coef {
		if at := i % 16; k != 0 && (at == 0 || at == 3 || at == 12 || at == 15) {
			t.Errorf("tap %d of a round window: %d", at, k)
		}
	}
	m.Stages[0].Phases[0].Coef[5]++
	if err := save(name, m); err != nil {
		t.Fatal(err)
	}
	if again(args, io.Discard) == nil {
		t.Error("a changed coefficient was not noticed")
	}
}

// TestLearns trains Quad on pictures and judges it on them: far better than
// what a handful of copied samples can reach.
func TestLearns(t *testing.T) {
	dir := t.TempDir()
	manifest := writePictures(t, dir, 2)
	out := filepath.Join(dir, "t.bin")
	if err := train([]string{"-manifest", manifest, "-root", dir, "-out", out, "-cell", "2", "-widths", "8", "-leaves", "12", "-copies", "2"}); err != nil {
		t.Fatal(err)
	}
	m, err := load(out)
	if err != nil {
		t.Fatal(err)
	}
	im, err := readPicture(filepath.Join(dir, "p0.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range []string{"gamma", "sqrt"} {
		v, err := judge(m, 1, im, domain, 0, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.2f dB", domain, v)
		if v < 30 {
			t.Errorf("%s: CPSNR %.2f dB, want 30", domain, v)
		}
	}
}

func TestManifestIsChecked(t *testing.T) {
	dir := t.TempDir()
	manifest := writePictures(t, dir, 1)
	if err := os.WriteFile(filepath.Join(dir, "p0.png"), []byte("something else"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := train([]string{"-manifest", manifest, "-root", dir, "-out", filepath.Join(dir, "x.bin")})
	if err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("another picture under the same name: %v", err)
	}
	for _, bad := range []string{"a\tb\n", "hash\tzero\tCC0\tx.png\n", "hash\t0\tCC0\tx.png\n"} {
		if _, err := readManifest(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestBadPlans(t *testing.T) {
	for _, args := range [][]string{
		{"-effort", "0"}, {"-waves", "-1"}, {"-sums", "q3"}, {"-sums", "g"}, {"-sums", "g3a"}, {"-sums", "g33"}, {"-sums", "g2"}, {"-sums", "l3"}, {"-sums", ",g3"}, {"-sums", ",,,"}, {"-sums", "e3"},
		{"-cell", "3"}, {"-widths", "7"}, {"-widths", "8,12", "-leaves", "4,4"}, {"-widths", "8"}, {"-leaves", "a,b,c"}, {"-leaves", "0,1,1"},
	} {
		if _, err := parsePlan(append(args, "-manifest", "m", "-out", "o")); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
