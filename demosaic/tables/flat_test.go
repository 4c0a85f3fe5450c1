package tables_test

import (
	"image"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/demosaic/tables"
)

// TestFlatFieldsStay: a flat field of any colour comes out as it went in, to a
// part in four thousand of white.
func TestFlatFieldsStay(t *testing.T) {
	entries, err := tables.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		f, err := tables.Files.Open(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		m, err := bank.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		c, err := bank.New(m, 0)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0
		for _, field := range [][3]int16{
			{0, 0, 0}, {bank.One, bank.One, bank.One}, {7000, 7000, 7000}, {12000, 2000, 1000}, {1500, 9000, 3000},
			{500, 3000, 14000}, {14000, 13000, 1200}, {23170, bank.One, 20000}, {23170, 9000, 12000},
		} {
			var out bank.RGB
			out.Reset(image.Rect(0, 0, 32, 32))
			var in bank.Plane
			in.Reset(out.Rect.Inset(-c.Halo()))
			for y := in.Rect.Min.Y; y < in.Rect.Max.Y; y++ {
				for x := in.Rect.Min.X; x < in.Rect.Max.X; x++ {
					in.Pix[(y-in.Rect.Min.Y)*in.Stride+x-in.Rect.Min.X] = field[bank.ColorAt(m.Cell, x, y)]
				}
			}
			c.Demosaic(&out, &in, new(bank.Scratch))
			for k, plane := range out.Pix {
				for _, v := range plane[:32*32] {
					d := int(v) - int(field[k])
					worst = max(worst, d, -d)
				}
			}
		}
		t.Logf("%s: off by at most %d of %d", e.Name(), worst, bank.One)
		if limit := 4; !strings.Contains(e.Name(), "-") && worst > limit {
			t.Errorf("%s: off by %d, want at most %d", e.Name(), worst, limit)
		}
	}
}
