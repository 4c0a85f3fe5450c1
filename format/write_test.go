package format_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	stdpng "image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/tiff"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// testPicture is a smooth picture with a little noise.
func testPicture(size image.Point, space raw.ColorSpace) (raw.RGBSource, *raw.RGB) {
	h := raw.NewHeader(size, raw.Mono, 16)
	h.ColorSpace = space
	h.Capture = raw.Capture{Make: "Quadraw", Model: "Test", DateTime: "2026:11:20 21:30:00", ISO: 100, ExposureTime: 0.01}
	h.Metadata.XMP = []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>`)
	m := raw.NewRGB(h.Bounds())
	rng := rand.New(rand.NewPCG(1, 2))
	for y := range size.Y {
		for c := range m.Pix {
			for x := range m.Row(raw.Color(c), y) {
				m.Row(raw.Color(c), y)[x] = uint16((x*211*(c+1)+y*97)/2) + uint16(rng.IntN(500))
			}
		}
	}
	src, err := raw.NewMemoryRGB(h, m)
	if err != nil {
		panic(err)
	}
	return src, m
}

func testMosaic(size image.Point, cfa raw.CFA, bits int) (raw.Source, *raw.Mosaic) {
	h := raw.NewHeader(size, cfa, bits)
	m := raw.NewMosaic(h.Bounds(), cfa)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range m.Pix {
		m.Pix[i] = uint16(rng.IntN(1 << bits))
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		panic(err)
	}
	return src, m
}

// create writes src, a Source or an RGBSource, under a name in a new folder.
func create(t testing.TB, name string, src any, o *format.CreateOptions) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	writeFile(t, path, src, o)
	return path
}

func writeFile(t testing.TB, path string, src any, o *format.CreateOptions) {
	t.Helper()
	out, err := format.Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if m, ok := src.(raw.Source); ok {
		err = out.WriteMosaic(t.Context(), m)
	} else {
		err = out.WriteRGB(t.Context(), src.(raw.RGBSource))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
}

func decode(t testing.TB, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var img image.Image
	switch filepath.Ext(path) {
	case ".png":
		img, err = stdpng.Decode(bytes.NewReader(data))
	case ".jpg":
		img, err = stdjpeg.Decode(bytes.NewReader(data))
	case ".tif":
		img, err = tiff.Decode(bytes.NewReader(data))
	}
	if err != nil {
		t.Fatal(err)
	}
	return img
}

var pictureSizes = []image.Point{{1, 1}, {17, 5}, {64, 64}, {130, 200}, {333, 129}}

func TestPicturesDecodeElsewhere(t *testing.T) {
	for _, size := range pictureSizes {
		for _, space := range []raw.ColorSpace{raw.SRGB, raw.DisplayP3, raw.LinearCamera} {
			src, m := testPicture(size, space)
			for _, c := range []struct {
				name string
				o    format.CreateOptions
			}{
				{"a.png", format.CreateOptions{}}, {"a.png", format.CreateOptions{BitDepth: 16}},
				{"a.tif", format.CreateOptions{}}, {"a.tif", format.CreateOptions{BitDepth: 8}},
				{"a.tif", format.CreateOptions{Compression: format.Deflate}}, {"a.tif", format.CreateOptions{BitDepth: 8, Compression: format.Deflate}},
			} {
				img := decode(t, create(t, c.name, src, &c.o))
				if img.Bounds().Size() != size {
					t.Fatalf("%s: %v, want %v", c.name, img.Bounds(), size)
				}
				deep := c.o.BitDepth == 16 || c.o.BitDepth == 0 && c.name == "a.tif"
				for y := range size.Y {
					for x := range size.X {
						got, want := color.RGBA64Model.Convert(img.At(x, y)).(color.RGBA64), m.RGBA64At(x, y)
						if !deep {
							want.R, want.G, want.B = near(got.R, want.R), near(got.G, want.G), near(got.B, want.B)
						}
						if got != want {
							t.Fatalf("%s %+v %v: %d,%d is %v, want %v", c.name, c.o, size, x, y, got, want)
						}
					}
				}
			}
		}
	}
}

// near returns got if it is the 8-bit value nearest to want, widened.
func near(got, want uint16) uint16 {
	if got%257 == 0 && max(got, want)-min(got, want) <= 128 {
		return got
	}
	return want
}

// A file made of bands must be as good as what the standard library makes of
// the whole picture, and the same but for the rounding of the transform.
func TestJPEGIsAsGoodAsTheStandardLibrarys(t *testing.T) {
	for _, quality := range []int{30, 92, 100} {
		for _, size := range append(pictureSizes, image.Pt(40, 1100)) {
			src, m := testPicture(size, raw.SRGB)
			whole := image.NewRGBA(m.Rect)
			for y := range size.Y {
				for x := range size.X {
					p := m.RGBA64At(x, y)
					f := func(v uint16) uint8 { return uint8((uint32(v)*255 + 32767) / 65535) }
					whole.SetRGBA(x, y, color.RGBA{f(p.R), f(p.G), f(p.B), 255})
				}
			}
			var buf bytes.Buffer
			if err := stdjpeg.Encode(&buf, whole, &stdjpeg.Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			theirBytes := buf.Len()
			want, err := stdjpeg.Decode(&buf)
			if err != nil {
				t.Fatal(err)
			}
			path := create(t, "a.jpg", src, &format.CreateOptions{Quality: quality, Strip: true})
			got := decode(t, path)
			if got.Bounds() != want.Bounds() {
				t.Fatalf("%v, want %v", got.Bounds(), want.Bounds())
			}
			var ours, theirs, apart float64
			for y := range size.Y {
				for x := range size.X {
					ours += squared(got.At(x, y), whole.At(x, y))
					theirs += squared(want.At(x, y), whole.At(x, y))
					apart += squared(got.At(x, y), want.At(x, y))
				}
			}
			n := float64(3 * size.X * size.Y)
			if ours/n > theirs/n*1.01+0.05 {
				t.Errorf("%v at %d: squared error %.3f, the standard library's %.3f", size, quality, ours/n, theirs/n)
			}
			if apart > 0.02*theirs+0.6*n {
				t.Errorf("%v at %d: apart by %.3f", size, quality, apart/n)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if bands := size.Y/64 + 1; float64(info.Size()) > float64(theirBytes)*1.02+float64(2000+16*bands) {
				t.Errorf("%v at %d: %d bytes, the standard library %d", size, quality, info.Size(), theirBytes)
			}
		}
	}
}

// squared is the squared distance of two colours in steps of 8 bits.
func squared(a, b color.Color) float64 {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	d := func(x, y uint32) float64 { v := float64(x>>8) - float64(y>>8); return v * v }
	return d(ar, br) + d(ag, bg) + d(ab, bb)
}

func TestFilesDoNotDependOnWorkersOrMemory(t *testing.T) {
	src, _ := testPicture(image.Pt(400, 300), raw.SRGB)
	mosaic, _ := testMosaic(image.Pt(400, 300), raw.QuadRGGB, 10)
	for _, c := range []struct {
		name string
		src  any
		o    format.CreateOptions
	}{
		{"a.png", src, format.CreateOptions{}}, {"a.tif", src, format.CreateOptions{Compression: format.Deflate}}, {"a.tif", src, format.CreateOptions{}},
		{"a.jpg", src, format.CreateOptions{}}, {"a.ppm", src, format.CreateOptions{}}, {"a.npy", src, format.CreateOptions{}},
		{"a.pgm", mosaic, format.CreateOptions{}}, {"a.npy", mosaic, format.CreateOptions{}}, {"a.dng", mosaic, format.CreateOptions{}},
	} {
		var first []byte
		for _, tiles := range []tile.Options{{Workers: 1}, {Workers: 8}, {Workers: 2, MaxMemory: 4 << 20}, {Size: image.Pt(64, 32)}} {
			c.o.Tiles = tiles
			data, err := os.ReadFile(create(t, c.name, c.src, &c.o))
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = data
			} else if !bytes.Equal(first, data) {
				t.Errorf("%s: %+v gives another file", c.name, tiles)
			}
		}
	}
}

func TestMosaicsAndPicturesComeBack(t *testing.T) {
	for _, bits := range []int{8, 10, 16} {
		src, m := testMosaic(image.Pt(133, 71), raw.QuadGBRG.Shift(1, 0), bits)
		for _, name := range []string{"a.dng", "a.pgm", "a.npy"} {
			f, err := format.Open(create(t, name, src, nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			back, err := f.Mosaic()
			if err != nil {
				t.Fatal(err)
			}
			if h := back.Header(); name != "a.npy" && (h.CFA != m.CFA || h.White != src.Header().White) {
				t.Errorf("%s: %v, white %v", name, h.CFA, h.White)
			}
			got := raw.NewMosaic(image.Rect(3, 5, 130, 70), 0)
			if err := back.ReadTile(t.Context(), got); err != nil {
				t.Fatal(err)
			}
			for y := 5; y < 70; y++ {
				for x := 3; x < 130; x++ {
					if got.Gray16At(x, y) != m.Gray16At(x, y) {
						t.Fatalf("%s, %d bits: %d,%d", name, bits, x, y)
					}
				}
			}
			if _, err := f.RGB(); err == nil {
				t.Errorf("%s: a mosaic passes for a picture", name)
			}
		}
	}
	src, m := testPicture(image.Pt(61, 37), raw.SRGB)
	linear, _ := testPicture(image.Pt(61, 37), raw.LinearCamera)
	for _, name := range []string{"a.ppm", "a.npy", "a.tif", "a.png", "a.dng"} {
		var from any = src
		if name == "a.dng" {
			from = linear
		}
		o := &format.CreateOptions{}
		if name != "a.npy" {
			o.BitDepth = 16
		}
		f, err := format.Open(create(t, name, from, o), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		back, err := f.RGB()
		if err != nil {
			t.Fatal(err)
		}
		got := raw.NewRGB(m.Rect)
		if err := back.ReadTile(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		for c := range m.Pix {
			for i, v := range m.Pix[c] {
				if got.Pix[c][i] != v {
					t.Fatalf("%s: plane %d sample %d is %d, want %d", name, c, i, got.Pix[c][i], v)
				}
			}
		}
	}
}

func TestPGMWithSamplesBeyondWhite(t *testing.T) {
	src, m := testMosaic(image.Pt(30, 20), raw.BayerRGGB, 14)
	h := src.Header().Clone()
	h.White, h.Black = [3]float64{15000, 15000, 15000}, raw.ConstantBlack(2056)
	m.Pix[5] = 16383
	src, err := raw.WithHeader(src, h)
	if err != nil {
		t.Fatal(err)
	}
	f, err := format.Open(create(t, "a.pgm", src, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	back, _ := f.Mosaic()
	black, _ := back.Header().Black.Constant()
	if back.Header().White != h.White || black != 2056 || back.Header().BitsPerSample != 14 {
		t.Errorf("white %v, black %v, %d bits", back.Header().White, black, back.Header().BitsPerSample)
	}
	got := raw.NewMosaic(m.Rect, 0)
	if err := back.ReadTile(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	if got.Pix[5] != 16383 {
		t.Errorf("sample beyond white became %d", got.Pix[5])
	}
}

// entries lists a folder.
func entries(t testing.TB, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// failing breaks off in the middle.
type failing struct {
	raw.Source
	err error
}

func (f failing) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if dst.Rect.Max.Y > 150 {
		return f.err
	}
	return f.Source.ReadTile(ctx, dst)
}

func TestNothingIsLeftBehind(t *testing.T) {
	src, _ := testMosaic(image.Pt(200, 300), raw.QuadRGGB, 10)
	boom := errors.New("boom")
	for _, name := range []string{"a.dng", "a.pgm", "a.npy"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		out, err := format.Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := out.WriteMosaic(t.Context(), failing{src, boom}); !errors.Is(err, boom) {
			t.Errorf("%s: %v", name, err)
		}
		if err := out.Commit(); !errors.Is(err, boom) {
			t.Errorf("%s: committed after an error: %v", name, err)
		}
		if err := out.Close(); err != nil {
			t.Error(err)
		}
		if left := entries(t, dir); len(left) > 0 {
			t.Errorf("%s leaves %v", name, left)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		out, err = format.Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := out.WriteMosaic(ctx, src); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		out.Close()
		if left := entries(t, dir); len(left) > 0 {
			t.Errorf("%s leaves %v after a cancel", name, left)
		}
	}
}

func TestExistingFilesAreSafe(t *testing.T) {
	src, _ := testMosaic(image.Pt(20, 20), raw.BayerRGGB, 10)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.pgm")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := format.Create(path, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over a file: %v", err)
	}
	// One that comes into being while we write.
	late := filepath.Join(dir, "b.pgm")
	out, err := format.Create(late, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.WriteMosaic(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(late, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := out.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("commit over a new file: %v", err)
	}
	out.Close()
	if data, _ := os.ReadFile(late); string(data) != "theirs" {
		t.Errorf("it is %q now", data)
	}
	out, err = format.Create(path, &format.CreateOptions{Overwrite: true})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := out.WriteMosaic(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(path); string(data) != "mine" {
		t.Error("the target was touched before the commit")
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, dir); fmt.Sprint(got) != "[a.pgm b.pgm]" {
		t.Errorf("%v", got)
	}
}

func TestCreateRefuses(t *testing.T) {
	var unsupported *format.UnsupportedError
	for _, name := range []string{"a", "a.cr2", "a.bmp"} {
		if _, err := format.Create(filepath.Join(t.TempDir(), name), nil); !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mosaic, _ := testMosaic(image.Pt(20, 20), raw.BayerRGGB, 10)
	picture, _ := testPicture(image.Pt(20, 20), raw.SRGB)
	for _, name := range []string{"a.jpg", "a.png", "a.tif", "a.ppm", "a.pgm", "a.dng"} {
		out, err := format.Create(filepath.Join(t.TempDir(), name), nil)
		if err != nil {
			t.Fatal(err)
		}
		if name == "a.pgm" || name == "a.dng" {
			err = out.WriteRGB(t.Context(), picture)
		} else {
			err = out.WriteMosaic(t.Context(), mosaic)
		}
		if !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", name, err)
		}
		out.Close()
	}
	for name, o := range map[string]format.CreateOptions{
		"a.jpg": {Compression: format.LJPEG}, "a.tif": {Compression: format.LJPEG}, "b.dng": {BitDepth: 8},
	} {
		if _, err := format.Create(filepath.Join(t.TempDir(), name), &o); !errors.Is(err, raw.ErrOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenByContent(t *testing.T) {
	mosaic, _ := testMosaic(image.Pt(20, 20), raw.BayerRGGB, 10)
	picture, _ := testPicture(image.Pt(20, 20), raw.SRGB)
	for name, src := range map[string]any{"dng": mosaic, "pgm": mosaic, "npy": mosaic, "ppm": picture, "png": picture, "tiff": picture, "jpeg": picture} {
		path := create(t, "a."+name, src, nil)
		other := filepath.Join(filepath.Dir(path), "wrong.xyz")
		if err := os.Rename(path, other); err != nil {
			t.Fatal(err)
		}
		f, err := format.Open(other, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Kind() != name {
			t.Errorf("%s: kind %q", name, f.Kind())
		}
		f.Close()
		quad := raw.QuadRGGB
		f, err = format.Open(other, &format.OpenOptions{CFA: &quad})
		if _, isMosaic := src.(raw.Source); !isMosaic {
			if !errors.Is(err, raw.ErrCFA) {
				t.Errorf("%s: array for a picture: %v", name, err)
			}
			continue
		}
		if err != nil || f.Header().CFA != quad {
			t.Errorf("%s: array not replaced: %v", name, err)
		}
		f.Close()
		if err := os.Truncate(other, 300); err != nil {
			t.Fatal(err)
		}
		if _, err := format.Open(other, nil); !errors.Is(err, format.ErrTruncated) {
			t.Errorf("%s truncated: %v", name, err)
		}
	}
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, bytes.Repeat([]byte{7}, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := format.Open(junk, nil); !errors.Is(err, format.ErrUnknown) {
		t.Errorf("junk: %v", err)
	}
	side := `{"quadraw": 1, "width": 20, "height": 20, "packing": "u16le", "bits": 10, "cfa": "quad-bggr"}`
	if err := os.WriteFile(junk+".json", []byte(side), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := format.Open(junk, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Kind() != "u16le" || f.Header().CFA != raw.QuadBGGR {
		t.Errorf("%s, %v", f.Kind(), f.Header().CFA)
	}
}
