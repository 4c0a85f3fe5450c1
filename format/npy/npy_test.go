package npy_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw/format/npy"
	"github.com/quadraw/quadraw/raw"
)

func file(version byte, dict, pixels string) []byte {
	d := []byte("\x93NUMPY")
	d = append(d, version, 0)
	if version == 1 {
		d = binary.LittleEndian.AppendUint16(d, uint16(len(dict)))
	} else {
		d = binary.LittleEndian.AppendUint32(d, uint32(len(dict)))
	}
	return append(append(d, dict...), pixels...)
}

func decode(data []byte) (*npy.File, error) {
	return npy.Decode(bytes.NewReader(data), int64(len(data)), raw.Limits{})
}

func dict(descr, fortran, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, fortran, shape)
}

func TestTypesAndShapes(t *testing.T) {
	for _, c := range []struct{ descr, shape, pixels, want string }{
		{"<u2", "(1, 2)", "\x01\x02\x03\x04", "[513 1027]"},
		{">u2", "(1, 2)", "\x01\x02\x03\x04", "[258 772]"},
		{"|u1", "(2, 2)", "\x01\x02\x03\x04", "[1 2 3 4]"},
		{"|u1", "(1, 1, 3)", "\x01\x02\x03", "[[1] [2] [3]]"},
		{"<u2", "(1,1,3)", "\x01\x00\x02\x00\x03\x00", "[[1] [2] [3]]"},
	} {
		for version := byte(1); version <= 3; version++ {
			f, err := decode(file(version, dict(c.descr, "False", c.shape), c.pixels))
			if err != nil {
				t.Errorf("%s %s: %v", c.descr, c.shape, err)
				continue
			}
			got := ""
			if f.RGB != nil {
				m := raw.NewRGB(f.RGB.Header().Bounds())
				err = f.RGB.ReadTile(t.Context(), m)
				got = fmt.Sprint(m.Pix)
			} else {
				m := raw.NewMosaic(f.Mosaic.Header().Bounds(), 0)
				err = f.Mosaic.ReadTile(t.Context(), m)
				got = fmt.Sprint(m.Pix)
			}
			if err != nil || got != c.want {
				t.Errorf("%s %s: %s, %v, want %s", c.descr, c.shape, got, err, c.want)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	var corrupt *raw.CorruptError
	var unsupported *raw.UnsupportedError
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	isCorrupt := func(err error) bool { return errors.As(err, &corrupt) }
	isUnsupported := func(err error) bool { return errors.As(err, &unsupported) }
	for _, c := range []struct {
		data []byte
		ok   func(error) bool
	}{
		{nil, is(raw.ErrTruncated)},
		{[]byte("\x93NUMPY\x01"), is(raw.ErrTruncated)},
		{[]byte("\x93NUMPX\x01\x00\x10\x00......"), is(raw.ErrUnknown)},
		{file(1, dict("<u2", "False", "(1, 2)"), "\x01\x02\x03"), is(raw.ErrTruncated)},
		{file(1, dict("<u2", "False", "(1, 2)"), "\x01\x02\x03\x04")[:40], is(raw.ErrTruncated)},
		{file(1, dict("<u2", "False", "(60000, 60000)"), ""), is(raw.ErrLimit)},
		{file(2, string(make([]byte, 1<<17)), ""), is(raw.ErrLimit)},
		{file(1, dict("<u2", "False", "(0, 2)"), ""), isCorrupt},
		{file(1, dict("<u2", "False", "(99999999999999, 2)"), ""), isCorrupt},
		{file(1, dict("<u2", "False", "(-1, 2)"), ""), isCorrupt},
		{file(1, "{'descr': '<u2'}", "aaaa"), isCorrupt},
		{file(1, dict("<f4", "False", "(1, 1)"), "aaaa"), isUnsupported},
		{file(1, dict("<u2", "True", "(1, 2)"), "aaaa"), isUnsupported},
		{file(1, dict("<u2", "False", "(2,)"), "aaaa"), isUnsupported},
		{file(1, dict("<u2", "False", "(1, 1, 4)"), "aaaaaaaa"), isUnsupported},
		{file(9, dict("<u2", "False", "(1, 2)"), "aaaa"), isUnsupported},
	} {
		if _, err := decode(c.data); !c.ok(err) {
			t.Errorf("%.60q: %v", c.data, err)
		}
	}
}

func TestWriteIsReadBackAndAligned(t *testing.T) {
	h := raw.NewHeader(image.Pt(7, 5), raw.QuadRGGB, 14)
	m := raw.NewMosaic(h.Bounds(), 0)
	for i := range m.Pix {
		m.Pix[i] = uint16(i * 401)
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := npy.Write(t.Context(), &buf, src, nil); err != nil {
		t.Fatal(err)
	}
	if start := 10 + int(binary.LittleEndian.Uint16(buf.Bytes()[8:])); start%64 != 0 || buf.Len() != start+70 {
		t.Errorf("samples begin at %d of %d", start, buf.Len())
	}
	f, err := decode(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := raw.NewMosaic(h.Bounds(), 0)
	if err := f.Mosaic.ReadTile(t.Context(), got); err != nil || fmt.Sprint(got.Pix) != fmt.Sprint(m.Pix) {
		t.Errorf("%v, %v", got.Pix, err)
	}
}

func TestNumPyReadsOurs(t *testing.T) {
	python, err := exec.LookPath("/usr/bin/python3")
	if err == nil {
		err = exec.Command(python, "-c", "import numpy").Run()
	}
	if err != nil {
		t.Skip("python3 with numpy is not installed")
	}
	name := filepath.Join(t.TempDir(), "a.npy")
	script := "import numpy, sys; a = (numpy.arange(12, dtype='>u2') * 5000).reshape(3, 4); numpy.save(sys.argv[1], a)"
	if out, err := exec.Command(python, "-c", script, name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	h := raw.NewHeader(image.Pt(4, 3), raw.Mono, 16)
	m := raw.NewMosaic(h.Bounds(), 0)
	for i := range m.Pix {
		m.Pix[i] = uint16(i * 5000)
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := npy.Write(t.Context(), &buf, src, nil); err != nil {
		t.Fatal(err)
	}
	check := "import numpy, sys, io; a = numpy.load(sys.argv[1]); b = numpy.load(io.BytesIO(sys.stdin.buffer.read())); assert (a == b).all() and b.dtype == '<u2'"
	cmd := exec.Command(python, "-c", check, name)
	cmd.Stdin = &buf
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(file(1, dict("<u2", "False", "(1, 2)"), "\x01\x02\x03\x04"))
	f.Add(file(2, dict("|u1", "False", "(1, 1, 3)"), "\x01\x02\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := decode(data)
		if err != nil {
			return
		}
		if d.RGB != nil {
			err = d.RGB.ReadTile(t.Context(), raw.NewRGB(d.RGB.Header().Bounds()))
		} else {
			err = d.Mosaic.ReadTile(t.Context(), raw.NewMosaic(d.Mosaic.Header().Bounds(), 0))
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
