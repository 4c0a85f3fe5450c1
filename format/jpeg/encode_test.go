package jpeg

import (
	"bytes"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// The transform against its definition (T.81, A.3.3).
func TestTransformIsTheCosineTransform(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	worst := 0.0
	for trial := range 200 {
		var b block
		for i := range b {
			switch {
			case trial < 2:
				b[i] = int32(trial*255) - 128
			case trial < 40:
				b[i] = int32(rng.IntN(2)*255) - 128
			default:
				b[i] = int32(rng.IntN(256)) - 128
			}
		}
		in := b
		transform(&b)
		for v := range 8 {
			for u := range 8 {
				sum := 0.0
				for y := range 8 {
					for x := range 8 {
						sum += float64(in[y*8+x]) * math.Cos(float64(2*x+1)*float64(u)*math.Pi/16) * math.Cos(float64(2*y+1)*float64(v)*math.Pi/16)
					}
				}
				scale := 0.25
				if u == 0 {
					scale /= math.Sqrt2
				}
				if v == 0 {
					scale /= math.Sqrt2
				}
				worst = max(worst, math.Abs(float64(b[v*8+u])-8*scale*sum))
			}
		}
	}
	if worst > 2 { // a quarter of the finest step of quantisation
		t.Errorf("off by %.2f eighths", worst)
	}
}

func TestQuantizerDivides(t *testing.T) {
	for d := 1; d < 256; d++ {
		var q quantizer
		table := make([]byte, 64)
		table[0] = byte(d)
		for i := range table {
			table[i] = byte(d)
		}
		q.set(table)
		for v := uint32(0); v < 1<<15; v++ {
			if got, want := uint32(uint64(v+q.half[0])*uint64(q.reciprocal[0])>>32), (v+uint32(8*d)/2)/uint32(8*d); got != want {
				t.Fatalf("%d/%d is %d, want %d", v, 8*d, got, want)
			}
		}
	}
}

// Noise at the best quality makes the longest codes and every run.
func TestNoiseDecodes(t *testing.T) {
	h := raw.NewHeader(image.Pt(200, 150), raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	m := raw.NewRGB(h.Bounds())
	rng := rand.New(rand.NewPCG(9, 9))
	for c := range m.Pix {
		for i := range m.Pix[c] {
			m.Pix[c][i] = uint16(rng.IntN(2) * 65535)
		}
	}
	src, err := raw.NewMemoryRGB(h, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, quality := range []int{1, 50, 100} {
		var buf bytes.Buffer
		if err := Write(t.Context(), &buf, src, &WriteOptions{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		img, err := stdjpeg.Decode(&buf)
		if err != nil {
			t.Fatal(err)
		}
		if quality < 100 {
			continue
		}
		for y := range 150 {
			for x := range 200 {
				// Luminance survives; chrominance is a quarter.
				r, g, b, _ := m.At(x, y).RGBA()
				want := (0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)) / 257
				if got := float64(img.(*image.YCbCr).YCbCrAt(x, y).Y); math.Abs(got-want) > 3 {
					t.Fatalf("%d,%d is %v, want %.1f", x, y, got, want)
				}
			}
		}
	}
}

// BenchmarkEncode compares the coder with that of the standard library on a
// band of a photograph-like picture.
func BenchmarkEncode(b *testing.B) {
	const width, height = 2048, 64
	m := raw.NewRGB(image.Rect(0, 0, width, height))
	std := image.NewRGBA(m.Rect)
	rng := rand.New(rand.NewPCG(1, 1))
	for y := range height {
		for c := range m.Pix {
			for x := range width {
				v := 0.5 + 0.3*math.Sin(float64(x+40*c)/50) + 0.15*math.Cos(float64(y*x)/3000) + 0.01*rng.NormFloat64()
				m.Row(raw.Color(c), y)[x] = uint16(v * 65535)
				std.Pix[y*std.Stride+4*x+c] = uint8(v * 255)
			}
		}
	}
	var buf bytes.Buffer
	if err := stdjpeg.Encode(&buf, std, &stdjpeg.Options{Quality: defaultQuality}); err != nil {
		b.Fatal(err)
	}
	tables, err := parseTables(buf.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		c := coder{tables: tables}
		b.ReportAllocs()
		for b.Loop() {
			c.out = c.out[:0]
			c.encode(m)
		}
		b.ReportMetric(width*height*float64(b.N)/1e6/b.Elapsed().Seconds(), "MP/s")
	})
	b.Run("standard library", func(b *testing.B) {
		for b.Loop() {
			buf.Reset()
			if err := stdjpeg.Encode(&buf, std, &stdjpeg.Options{Quality: defaultQuality}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(width*height*float64(b.N)/1e6/b.Elapsed().Seconds(), "MP/s")
	})
}
