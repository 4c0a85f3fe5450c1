package dng

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/tiff"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// lzwLiterals packs data as LZW knows how to, but worst: every byte for
// itself, the table cleared before codes grow beyond 9 bits.
func lzwLiterals(data []byte) []byte {
	var out []byte
	acc, have := uint32(0), 0
	put := func(code uint32) {
		acc = acc<<9 | code
		for have += 9; have >= 8; have -= 8 {
			out = append(out, byte(acc>>(have-8)))
		}
	}
	for i, b := range data {
		if i%200 == 0 {
			put(256)
		}
		put(uint32(b))
	}
	put(257)
	return append(out, byte(acc<<(8-have)))
}

func leftDifferences(samples []uint32, perRow, step int) []uint32 {
	out := make([]uint32, len(samples))
	copy(out, samples)
	for y := 0; y < len(out); y += perRow {
		for x := perRow - 1; x >= step; x-- {
			out[y+x] -= out[y+x-step]
		}
	}
	return out
}

// readPicture returns all of f in one piece and in tiles; they must be equal.
func readPicture(t *testing.T, f *File) *raw.RGB {
	t.Helper()
	src, err := f.RGB()
	if err != nil {
		t.Fatal(err)
	}
	whole, part := raw.NewRGB(f.Header().Bounds()), &raw.RGB{}
	if err := src.ReadTile(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	for y := 0; y < whole.Rect.Max.Y; y += 7 {
		for x := 0; x < whole.Rect.Max.X; x += 11 {
			part.Reset(image.Rect(x, y, x+11, y+7).Intersect(whole.Rect))
			if err := src.ReadTile(t.Context(), part); err != nil {
				t.Fatal(err)
			}
			for ty := part.Rect.Min.Y; ty < part.Rect.Max.Y; ty++ {
				for tx := part.Rect.Min.X; tx < part.Rect.Max.X; tx++ {
					if part.RGBA64At(tx, ty) != whole.RGBA64At(tx, ty) {
						t.Fatalf("%d,%d differs in a tile", tx, ty)
					}
				}
			}
		}
	}
	return whole
}

func TestPicturesOfEveryLayout(t *testing.T) {
	const w, h = 45, 37
	for _, samples := range []int{1, 3, 4} {
		for _, bits := range []int{8, 16} {
			pix := make([]uint32, 0, w*h*samples)
			for _, v := range randomSamples(w*h*samples, bits, 3) {
				pix = append(pix, uint32(v))
			}
			for _, compression := range []float64{ifd.CompressionNone, ifd.CompressionLZW, ifd.CompressionDeflate, ifd.CompressionOldDeflate} {
				for i, order := range bothOrders {
					for _, g := range []grid{
						{w, h, samples, w, 10, false, false}, {w, h, samples, w, h, false, samples > 1}, {w, h, samples, 16, 16, true, false}, {w, h, samples, 16, 32, true, samples > 1},
					} {
						name := fmt.Sprintf("%d samples of %d bits, compression %v, order %v, %+v", samples, bits, compression, order, g)
						b := newBuilder(w, h, bits)
						b.order = order
						predict := i == 1 && compression != ifd.CompressionNone
						g.apply(b, pix, func(s []uint32, perRow, _ int) []byte {
							if predict {
								step := samples
								if g.planar {
									step = 1
								}
								s = leftDifferences(s, perRow, step)
								for i := range s {
									s[i] &= 1<<bits - 1
								}
							}
							data := packRows(s, perRow, bits, order)
							switch compression {
							case ifd.CompressionNone:
								return data
							case ifd.CompressionLZW:
								return lzwLiterals(data)
							}
							return deflate(t, data)
						})
						b.set(ifd.Compression, ifd.Short, compression)
						if predict {
							b.set(ifd.Predictor, ifd.Short, ifd.PredictorHorizontal)
						}
						b.set(ifd.BitsPerSample, ifd.Short, float64(bits))
						b.set(ifd.PhotometricInterpretation, ifd.Short, ifd.RGB)
						b.set(ifd.Orientation, ifd.Short, 6)
						if samples == 1 {
							b.set(ifd.PhotometricInterpretation, ifd.Short, ifd.BlackIsZero)
						}
						if samples == 4 {
							b.set(ifd.ExtraSamples, ifd.Short, 2)
						}
						data := b.bytes()
						f, err := DecodePicture(bytes.NewReader(data), int64(len(data)), nil)
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						if f.Header().ColorSpace != raw.SRGB || f.Header().Orientation != raw.RightTop {
							t.Errorf("%s: %v, %v", name, f.Header().ColorSpace, f.Header().Orientation)
						}
						if _, err := f.Mosaic(); err == nil {
							t.Errorf("%s: is a mosaic", name)
						}
						got := readPicture(t, f)
						for i := range w * h {
							for c := range 3 {
								want := uint16(pix[i*samples+min(c, samples-1)])
								if bits == 8 {
									want *= 257
								}
								if v := got.Pix[c][i]; v != want {
									t.Fatalf("%s: sample %d of pixel %d is %d, want %d", name, c, i, v, want)
								}
							}
						}
					}
				}
			}
		}
	}
}

func TestUnusualPicturesAreUnsupported(t *testing.T) {
	for name, change := range map[string]func(b *builder){
		"palette":             func(b *builder) { b.set(ifd.PhotometricInterpretation, ifd.Short, 3) },
		"white is zero":       func(b *builder) { b.set(ifd.PhotometricInterpretation, ifd.Short, ifd.WhiteIsZero) },
		"no bits":             func(b *builder) { delete(b.fields, ifd.BitsPerSample) },
		"32 bits":             func(b *builder) { b.set(ifd.BitsPerSample, ifd.Short, 32) },
		"premultiplied alpha": func(b *builder) { b.set(ifd.ExtraSamples, ifd.Short, ifd.ExtraSampleAssociatedAlpha) },
		"PackBits":            func(b *builder) { b.set(ifd.Compression, ifd.Short, 32773) },
	} {
		b := plainBuilder(10, 8, 1)
		b.set(ifd.PhotometricInterpretation, ifd.Short, ifd.BlackIsZero)
		change(b)
		data := b.bytes()
		var u *raw.UnsupportedError
		if _, err := DecodePicture(bytes.NewReader(data), int64(len(data)), nil); !errors.As(err, &u) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every TIFF of the hostile corpus that is read here and by the x/image
// package must be the same picture.
func TestPicturesAgreeWithXImage(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(testutil.Data(t, "malformed"), "*", "*.tif*"))
	same := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, errX := tiff.Decode(bytes.NewReader(data))
		f, err := DecodePicture(bytes.NewReader(data), int64(len(data)), nil)
		var u *raw.UnsupportedError
		if errX == nil && err != nil && !errors.As(err, &u) {
			t.Logf("%s: read by x/image only: %v", filepath.Base(path), err)
		}
		if errX != nil || err != nil || want.Bounds().Size() != f.Header().Size {
			continue
		}
		got := raw.NewRGB(f.Header().Bounds())
		src, _ := f.RGB()
		if err := src.ReadTile(t.Context(), got); err != nil {
			continue
		}
		for y := range got.Rect.Max.Y {
			for x := range got.Rect.Max.X {
				a, b := got.RGBA64At(x, y), color.NRGBA64Model.Convert(want.At(x, y)).(color.NRGBA64)
				if b.A == 0xffff && (a.R != b.R || a.G != b.G || a.B != b.B) {
					t.Fatalf("%s: %d,%d is %v, x/image has %v", filepath.Base(path), x, y, a, b)
				}
			}
		}
		same++
	}
	t.Logf("%d pictures of %d are the same, others are read by neither or one", same, len(paths))
	if same < 15 {
		t.Errorf("only %d pictures compared", same)
	}
}
