package develop_test

import (
	"bytes"
	"image"
	"math"
	"os"
	"os/exec"
	"testing"

	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// TestRealFrameNextToDcraw develops a GoPro frame, which is stored mirrored,
// and compares its colours, place by place, with dcraw's.
func TestRealFrameNextToDcraw(t *testing.T) {
	name := testutil.Data(t, "raw/gopro_hero6_4000x3000_rggb14in16.dng")
	dcraw, err := exec.LookPath("dcraw")
	if err != nil {
		t.Skip("dcraw is not installed")
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := dng.Decode(f, st.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	src, err := file.Mosaic()
	if err != nil {
		t.Fatal(err)
	}
	if o := file.Header().Orientation; o != raw.TopRight {
		t.Fatalf("orientation %d", o)
	}
	ours, err := develop.Preview(t.Context(), src, 200, &develop.Options{Curve: develop.Linear, Highlights: develop.Clip})
	if err != nil {
		t.Fatal(err)
	}
	// Camera white balance, half size, linear 16-bit sRGB.
	ppm, err := exec.CommandContext(t.Context(), dcraw, "-c", "-w", "-h", "-4", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := means(t, ppm, ours.Rect.Size())
	var difference, mirrored, n float64
	for y := range 150 {
		for x := range 200 {
			a, b, m := theirs[y*200+x], linearOf(ours, x, y), linearOf(ours, 199-x, y)
			if max(b[0], b[1], b[2], m[0], m[1], m[2]) > 0.9 || min(b[1], a[1], m[1]) < 0.02 {
				continue
			}
			difference += chromaDistance(a, b)
			mirrored += chromaDistance(a, m)
			n++
		}
	}
	difference, mirrored = difference/n, mirrored/n
	t.Logf("mean difference of chromaticity %.4f, mirrored %.4f, over %v places", difference, mirrored, n)
	if n < 10000 || difference > 0.035 || mirrored < 2*difference {
		t.Errorf("mean difference of chromaticity %.4f, mirrored %.4f, over %v places", difference, mirrored, n)
	}
}

func linearOf(m *raw.RGB, x, y int) (v [3]float64) {
	for c := raw.Red; c <= raw.Blue; c++ {
		v[c] = colorimetry.Decode(float64(m.Row(c, y)[x]) / 65535)
	}
	return v
}

// chromaDistance compares two colours whatever their brightness.
func chromaDistance(a, b [3]float64) float64 {
	sa, sb := a[0]+a[1]+a[2], b[0]+b[1]+b[2]
	return math.Hypot(a[0]/sa-b[0]/sb, a[2]/sa-b[2]/sb)
}

// means reduces a 16-bit PPM to the given size.
func means(t *testing.T, ppm []byte, size image.Point) [][3]float64 {
	t.Helper()
	var head [4][]byte
	rest := ppm
	for i := range head {
		rest = bytes.TrimLeft(rest, " \n")
		j := bytes.IndexAny(rest, " \n")
		head[i], rest = rest[:j], rest[j:]
	}
	rest = rest[1:]
	number := func(b []byte) (n int) {
		for _, c := range b {
			n = 10*n + int(c-'0')
		}
		return n
	}
	w, h := number(head[1]), number(head[2])
	if string(head[0]) != "P6" || number(head[3]) != 65535 || len(rest) != 6*w*h {
		t.Fatalf("dcraw wrote %q, %d bytes", head, len(rest))
	}
	out := make([][3]float64, size.X*size.Y)
	for y := range h {
		for x := range w {
			p := rest[6*(y*w+x):]
			for c := range 3 {
				out[y*size.Y/h*size.X+x*size.X/w][c] += float64(int(p[2*c])<<8 | int(p[2*c+1]))
			}
		}
	}
	scale := float64(size.X*size.Y) / float64(w*h) / 65535
	for i := range out {
		for c := range out[i] {
			out[i][c] *= scale
		}
	}
	return out
}
