package quadraw_test

import (
	"fmt"
	"image"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// TestMergeHonoursBadPixelsOfFiles writes the list of a sensor's hot pixels into
// the files of a burst (DNG, OpcodeList1, FixBadPixelsList): they are filled
// before merging, though none are looked for, in either order of binning.
func TestMergeHonoursBadPixelsOfFiles(t *testing.T) {
	sim, err := sensor.New(sensor.Texture{Seed: 2}, &sensor.Options{
		Size: image.Pt(384, 288), ISO: 800, Seed: 2, HotPixels: .004, Shake: sensor.Shake{Step: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	frames := sim.Burst(4)
	hot, err := noise.FindDefects(t.Context(), frames, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var plain, marked []string
	for i, f := range frames {
		plain, marked = append(plain, filepath.Join(dir, fmt.Sprintf("plain-%d.dng", i))), append(marked, filepath.Join(dir, fmt.Sprintf("marked-%d.dng", i)))
		m, err := noise.MarkDefects(f, hot)
		if err != nil {
			t.Fatal(err)
		}
		for name, src := range map[string]raw.Source{plain[i]: f, marked[i]: m} {
			if err := quadraw.SaveMosaic(t.Context(), name, src, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range []quadraw.Recipe{
		{Mode: quadraw.Keep},
		{Mode: quadraw.Bin, Merge: quadraw.MergeRecipe{Order: quadraw.BinMerge}},
		{Mode: quadraw.Bin, Merge: quadraw.MergeRecipe{Order: quadraw.MergeBin}},
	} {
		r.Product, r.Merge.KeepDefects, r.Merge.Reference = quadraw.Mosaic, true, 1
		truth := sim.Truth(0)
		if r.Mode == quadraw.Bin {
			if truth, err = (&quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Bin}).Mosaic(t.Context(), nil, truth); err != nil {
				t.Fatal(err)
			}
		}
		var psnr [2]float64
		for i, inputs := range [][]string{plain, marked} {
			out := filepath.Join(dir, fmt.Sprintf("%v-%v-%d.dng", r.Mode, r.Merge.Order, i))
			if _, err := quadraw.Run(t.Context(), quadraw.Job{Inputs: inputs, Outputs: []string{out}, Recipe: r}, nil); err != nil {
				t.Fatal(err)
			}
			f, err := format.Open(out, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			src, err := f.Mosaic()
			if err != nil {
				t.Fatal(err)
			}
			if n := len(src.Header().Opcodes[0]); n > 0 {
				t.Errorf("%v: %d opcodes are left to be done again", r.Mode, n)
			}
			report, err := quality.CompareMosaics(t.Context(), src, truth, nil)
			if err != nil {
				t.Fatal(err)
			}
			psnr[i] = report.Total
		}
		t.Logf("%v %v: %.2f dB, with the list %.2f", r.Mode, r.Merge.Order, psnr[0], psnr[1])
		if psnr[1] < psnr[0]+1 {
			t.Errorf("%v %v: %.2f dB, with the list %.2f", r.Mode, r.Merge.Order, psnr[0], psnr[1])
		}
	}
}
