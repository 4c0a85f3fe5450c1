package dng

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// open decodes a file that stays open until the test ends.
func open(t testing.TB, path string, o *Options) *File {
	t.Helper()
	f, err := tryOpen(t, path, o)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	return f
}

func tryOpen(t testing.TB, path string, o *Options) (*File, error) {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return Decode(in, info.Size(), o)
}

// hashSamples returns the MD5 of all stored samples as RAWHASH.tsv has it:
// little-endian, row by row, samples of a pixel next to one another.
func hashSamples(t testing.TB, f *File) string {
	t.Helper()
	sum := md5.New()
	var err error
	switch {
	case f.image.floating:
		err = hashFloats(t.Context(), f, sum)
	case f.image.samples == 1:
		m := raw.NewMosaic(f.Header().Bounds(), 0)
		src, _ := f.Mosaic()
		err = src.ReadTile(t.Context(), m)
		writeSamples(sum, m.Pix)
	default:
		m := raw.NewRGB(f.Header().Bounds())
		src, _ := f.RGB()
		err = src.ReadTile(t.Context(), m)
		line := make([]uint16, 3*len(m.Pix[0]))
		for i := range m.Pix[0] {
			line[3*i], line[3*i+1], line[3*i+2] = m.Pix[0][i], m.Pix[1][i], m.Pix[2][i]
		}
		writeSamples(sum, line)
	}
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func writeSamples(sum hash.Hash, pix []uint16) {
	b := make([]byte, 2*len(pix))
	for i, v := range pix {
		binary.LittleEndian.PutUint16(b[2*i:], v)
	}
	sum.Write(b)
}

// hashFloats reads floating-point samples without scaling them.
func hashFloats(ctx context.Context, f *File, sum hash.Hash) error {
	s := f.image
	values := make([]float32, s.size.X*s.size.Y*s.samples)
	for i := range s.offsets {
		r := s.rect(i)
		row := func(y int, line []byte) {
			at := ((r.Min.Y+y)*s.size.X + r.Min.X) * s.samples
			for k := range r.Dx() * s.samples {
				values[at+k] = s.codec.float(line, k)
			}
		}
		if s.compression == 1 {
			b := make([]byte, s.rowBytes())
			for y := range r.Dy() {
				if err := s.readAt(b, s.offsets[i]+int64(y)*s.rowBytes(), i); err != nil {
					return err
				}
				row(y, b)
			}
		} else if err := s.inflate(ctx, new(chunkDecoder), i, row); err != nil {
			return err
		}
	}
	b := make([]byte, 4)
	for _, v := range values {
		binary.LittleEndian.PutUint32(b, math.Float32bits(v))
		sum.Write(b)
	}
	return nil
}

// TestRawHash compares every real file with the sums of Adobe's SDK and dcraw.
func TestRawHash(t *testing.T) {
	list, err := os.ReadFile(testutil.Data(t, "raw/RAWHASH.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(string(list)) {
		field := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(field) < 3 {
			continue
		}
		path := testutil.Data(t, "raw/"+field[0])
		want, _, _ := strings.Cut(field[1], " ")
		if want == "-" {
			if _, err := tryOpen(t, path, nil); !errors.Is(err, raw.ErrTruncated) {
				t.Errorf("%s: %v, want an error of truncation", field[0], err)
			}
			continue
		}
		if got := hashSamples(t, open(t, path, nil)); got != want {
			t.Errorf("%s: samples hash to %s, want %s", field[0], got, want)
		}
		checked++
	}
	if checked < 10 {
		t.Errorf("only %d files compared", checked)
	}
}

func TestVC5IsUnsupported(t *testing.T) {
	_, err := tryOpen(t, testutil.Data(t, "raw/gopro_hero6_4000x3000_vc5.GPR"), nil)
	var u *raw.UnsupportedError
	if !errors.As(err, &u) || !strings.Contains(u.Feature, "VC-5") {
		t.Errorf("got %v", err)
	}
}
