package dng

import (
	"fmt"
	"image"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// TestGoldenCrops reads crops of real files, whose samples are known from
// elsewhere.
func TestGoldenCrops(t *testing.T) {
	list, err := os.ReadFile("../../testdata/golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		field := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := open(t, "../../testdata/"+field[0], nil)
		h := f.Header()
		if got := fmt.Sprintf("%dx%d", h.Size.X, h.Size.Y); got != field[2] {
			t.Errorf("%s is %s, want %s", field[0], got, field[2])
		}
		if got := hashSamples(t, f); got != field[1] {
			t.Errorf("%s: samples hash to %s, want %s", field[0], got, field[1])
		}
	}
}

func TestGoldenHeaders(t *testing.T) {
	h := open(t, "../../testdata/gopro_hero6_16bit.dng", nil).Header()
	if h.CFA != raw.BayerRGGB || h.Orientation != raw.TopRight || h.White[0] != 16383 || math.Abs(h.Noise[0].Scale-0.000156201) > 1e-9 {
		t.Errorf("CFA %v, orientation %d, white %v, noise %v", h.CFA, h.Orientation, h.White, h.Noise)
	}
	if c := h.Capture; c.Make != "GoPro" || c.Model != "HERO6 Black" || c.ISO != 100 || c.FNumber != 2.8 || c.DateTime != "2016:01:01 23:07:27" {
		t.Errorf("capture %+v", c)
	}
	if len(h.Opcodes[1]) == 0 || len(h.Color.Calibrations) != 2 || !h.Color.HasNeutral() || len(h.Metadata.EXIF) < 20 || len(h.Metadata.GPS) < 5 {
		t.Errorf("%d opcodes, %d calibrations, %d EXIF and %d GPS fields", len(h.Opcodes[1]), len(h.Color.Calibrations), len(h.Metadata.EXIF), len(h.Metadata.GPS))
	}
	for _, op := range h.Opcodes[1] {
		if _, ok := op.Params.(*raw.GainMap); !ok {
			t.Errorf("opcode %s is %T", op.Name(), op.Params)
		}
	}
	h = open(t, "../../testdata/canon_kissx4_14bit.dng", nil).Header()
	if h.ActiveArea != image.Rect(152, 26, 400, 160) || h.DefaultCrop != h.ActiveArea || h.Black.At(200, 100, 0) != 2056 || h.BaselineExposure != 0 || h.BitsPerSample != 14 {
		t.Errorf("active area %v, crop %v, black %v, exposure %v, %d bits", h.ActiveArea, h.DefaultCrop, h.Black.Mean(), h.BaselineExposure, h.BitsPerSample)
	}
	h = open(t, "../../testdata/quad_ljpeg.dng", nil).Header()
	if h.CFA != raw.QuadRGGB {
		t.Errorf("CFA %v", h.CFA)
	}
}
