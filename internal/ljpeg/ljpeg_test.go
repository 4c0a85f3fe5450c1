package ljpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// scene returns rows of something like a noisy mosaic; rough makes every
// difference possible.
func scene(n, components, precision int, rough bool, seed uint64) []uint16 {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([]uint16, n)
	top := float64(uint32(1)<<precision - 1)
	for i := range out {
		if rough {
			out[i] = uint16(rng.Uint32()) & (1<<precision - 1)
			continue
		}
		base := top * (0.3 + 0.1*float64(i%components)) * (1 + float64(i%977)/2000)
		out[i] = uint16(max(0, min(top, base+rng.NormFloat64()*top/300)))
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	var d Decoder
	for precision := 2; precision <= 16; precision++ {
		for components := 1; components <= 4; components++ {
			for _, rough := range []bool{false, true} {
				w, h := 17, 9
				stride := w*components + 3
				in := scene(stride*h, components, precision, rough, 5)
				enc, err := Encode([]byte("before"), in, stride, w, h, components, precision)
				if err != nil {
					t.Fatal(err)
				}
				enc = enc[len("before"):]
				want := Frame{Width: w, Height: h, Components: components, Precision: precision}
				if f, err := Config(enc); err != nil || f != want {
					t.Fatalf("config %v, %v", f, err)
				}
				out := make([]uint16, w*h*components)
				f, err := d.Decode(t.Context(), out, enc)
				if err != nil || f != want {
					t.Fatalf("%v: %v, %v", want, f, err)
				}
				for y := range h {
					if !slices.Equal(out[y*w*components:][:w*components], in[y*stride:][:w*components]) {
						t.Fatalf("%v rough %v: row %d differs", want, rough, y)
					}
				}
			}
		}
	}
}

// TestLopsidedCodes makes weights of Fibonacci, whose best code is longer than
// 16 bits, and single-category data.
func TestLopsidedCodes(t *testing.T) {
	var in []uint16
	v, a, b := uint16(0), 1, 1
	for s := 16; s >= 0; s-- {
		for range a {
			d := uint16(0)
			if s > 0 {
				d = 1 << (s - 1)
			}
			v += d
			in = append(in, v)
		}
		a, b = b, a+b
	}
	for _, in := range [][]uint16{in, make([]uint16, 100), {1 << 15}, {0}, {0xffff, 0, 0xffff, 0x7fff}} {
		enc, err := Encode(nil, in, len(in), len(in), 1, 1, 16)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]uint16, len(in))
		if _, err := new(Decoder).Decode(t.Context(), out, enc); err != nil || !slices.Equal(in, out) {
			t.Errorf("%d samples: %v", len(in), err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	if _, err := Encode(nil, []uint16{1 << 10}, 1, 1, 1, 1, 10); !errors.Is(err, raw.ErrOption) {
		t.Errorf("a sample too large: %v", err)
	}
	if _, err := Encode(nil, make([]uint16, 5), 2, 2, 3, 1, 10); !errors.Is(err, raw.ErrOption) {
		t.Errorf("too few samples: %v", err)
	}
}

// reference codes samples by the letter of T.81 annex H: any predictor, point
// transform, restart interval in rows, and scans of all components or of one.
// All categories have codes of five bits.
func reference(samples []uint16, f Frame, predictor, shift, restartRows int, split bool) []byte {
	be := binary.BigEndian
	out := []byte{0xff, markerSOI, 0xff, markerSOF3}
	out = be.AppendUint16(out, uint16(8+3*f.Components))
	out = append(out, byte(f.Precision))
	out = be.AppendUint16(out, uint16(f.Height))
	out = be.AppendUint16(out, uint16(f.Width))
	out = append(out, byte(f.Components))
	for i := range f.Components {
		out = append(out, byte(i+1), 0x11, 0)
	}
	out = append(out, 0xff, markerDHT, 0, 19+17, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for s := range 17 {
		out = append(out, byte(s))
	}
	if restartRows > 0 {
		out = append(out, 0xff, markerDRI, 0, 4)
		out = be.AppendUint16(out, uint16(restartRows*f.Width))
	}
	at := func(x, y, c int) int { return int(samples[(y*f.Width+x)*f.Components+c] >> shift) }
	var bits []byte
	flush := func() {
		for len(bits)%8 != 0 {
			bits = append(bits, 1)
		}
		for i := 0; i < len(bits); i += 8 {
			v := byte(0)
			for _, b := range bits[i : i+8] {
				v = v<<1 | b
			}
			out = append(out, v)
			if v == 0xff {
				out = append(out, 0)
			}
		}
		bits = nil
	}
	put := func(v, n int) {
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, byte(v>>i&1))
		}
	}
	scan := func(components []int) {
		out = append(out, 0xff, markerSOS, 0, byte(6+2*len(components)), byte(len(components)))
		for _, c := range components {
			out = append(out, byte(c+1), 0)
		}
		out = append(out, byte(predictor), 0, byte(shift))
		first := 0
		for y := range f.Height {
			if restartRows > 0 && y > 0 && y%restartRows == 0 {
				flush()
				out = append(out, 0xff, byte(markerRST0+(y/restartRows-1)%8))
				first = y
			}
			for x := range f.Width {
				for _, c := range components {
					p := 0
					switch {
					case y == first && x == 0:
						p = 1 << (f.Precision - shift - 1)
					case y == first:
						p = at(x-1, y, c)
					case x == 0:
						p = at(x, y-1, c)
					default:
						ra, rb, rc := at(x-1, y, c), at(x, y-1, c), at(x-1, y-1, c)
						p = [...]int{0, ra, rb, rc, ra + rb - rc, ra + (rb-rc)>>1, rb + (ra-rc)>>1, (ra + rb) >> 1}[predictor]
					}
					d := int(int16(uint16(at(x, y, c) - p)))
					s, m := 0, d
					for v := max(d, -d); v > 0; v >>= 1 {
						s++
					}
					if d < 0 {
						m = d - 1
					}
					put(s, 5)
					if s < 16 {
						put(m&(1<<s-1), s)
					}
				}
			}
		}
		flush()
	}
	if split {
		for c := range f.Components {
			scan([]int{c})
		}
	} else {
		scan([]int{0, 1, 2, 3}[:f.Components])
	}
	return append(out, 0xff, markerEOI)
}

func TestDecodeEveryPredictor(t *testing.T) {
	var d Decoder
	for predictor := 1; predictor <= 7; predictor++ {
		for components := 1; components <= 4; components++ {
			for _, c := range []struct {
				precision, shift, restart int
				rough, split              bool
			}{{16, 0, 0, true, false}, {14, 0, 3, false, false}, {12, 3, 0, false, false}, {16, 2, 1, true, true}, {8, 0, 4, true, true}} {
				f := Frame{Width: 23, Height: 14, Components: components, Precision: c.precision}
				in := scene(f.Samples(), components, c.precision, c.rough, uint64(predictor))
				for i := range in {
					in[i] = in[i] >> c.shift << c.shift
				}
				out := make([]uint16, f.Samples())
				got, err := d.Decode(t.Context(), out, reference(in, f, predictor, c.shift, c.restart, c.split))
				if err != nil || got != f || !slices.Equal(in, out) {
					t.Errorf("predictor %d, %d components, %+v: %v, %v, equal %v", predictor, components, c, got, err, slices.Equal(in, out))
				}
			}
		}
	}
}

func TestDecodeTruncated(t *testing.T) {
	in := scene(64*64, 2, 14, false, 3)
	enc, err := Encode(nil, in, 64, 32, 64, 2, 14)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]uint16, len(in))
	for n := range len(enc) - 2 { // the decoder needs no EOI
		var d Decoder
		_, err := d.Decode(t.Context(), out, enc[:n])
		if k := d.Rows() * 64; !slices.Equal(out[:k], in[:k]) {
			t.Fatalf("%d of %d bytes: the %d rows said to be whole are not", n, len(enc), d.Rows())
		}
		clear(out)
		if n < len(enc)-2-8 && !errors.Is(err, raw.ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, len(enc), err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := reference(make([]uint16, 4), Frame{2, 2, 1, 8}, 1, 0, 0, false)
	change := func(at int, v ...byte) []byte {
		b := slices.Clone(good)
		copy(b[at:], v)
		return b
	}
	var unsupported *raw.UnsupportedError
	var corrupt *raw.CorruptError
	out := make([]uint16, 4)
	for _, c := range []struct {
		name   string
		data   []byte
		target any
	}{
		{"baseline", change(3, markerSOF0), &unsupported},
		{"arithmetic", change(3, 0xcb), &unsupported},
		{"no SOI", change(0, 0), &corrupt},
		{"precision 17", change(6, 17), &corrupt},
		{"no rows", change(7, 0, 0), &corrupt},
		{"larger than dst", change(7, 0xff, 0xff), &corrupt},
		{"five components", change(11, 5), &corrupt},
		{"empty", nil, &corrupt},
	} {
		if _, err := new(Decoder).Decode(t.Context(), out, c.data); !errors.As(err, c.target) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	in := scene(256*256, 2, 14, false, 3)
	enc, _ := Encode(nil, in, 256, 128, 256, 2, 14)
	var d Decoder
	out := make([]uint16, len(in))
	if n := testing.AllocsPerRun(5, func() {
		if _, err := d.Decode(t.Context(), out, enc); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a tile", n)
	}
	buf := make([]byte, 0, 2*len(enc))
	if n := testing.AllocsPerRun(5, func() { buf, _ = Encode(buf[:0], in, 256, 128, 256, 2, 14) }); n > 0 {
		t.Errorf("%v allocations an encoded tile", n)
	}
}

func FuzzDecode(f *testing.F) {
	for c := 1; c <= 4; c++ {
		frame := Frame{Width: 12, Height: 8, Components: c, Precision: 12}
		in := scene(frame.Samples(), c, 12, c%2 == 0, 1)
		f.Add(reference(in, frame, c, 0, c-1, c == 3))
		enc, _ := Encode(nil, in, 12*c, 12, 8, c, 12)
		f.Add(enc)
	}
	out := make([]uint16, 1<<16)
	f.Fuzz(func(t *testing.T, data []byte) {
		a, errA := Config(data)
		b, errB := new(Decoder).Decode(t.Context(), out, data)
		if errB == nil && (errA != nil || a != b) {
			t.Errorf("decoded %v, but its config is %v, %v", b, a, errA)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, uint8(2), uint8(1))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, uint8(1), uint8(200))
	f.Fuzz(func(t *testing.T, data []byte, components, height uint8) {
		c, h := int(components%4)+1, int(height)+1
		n := len(data) / 2
		if n < c {
			return
		}
		w := max(n/c/h, 1)
		stride := max(n/h, w*c)
		in := make([]uint16, (h-1)*stride+w*c)
		for i := range in {
			in[i] = binary.LittleEndian.Uint16(data[2*(i%n):]) + uint16(i/n)
		}
		if w > 65535 {
			return
		}
		enc, err := Encode(nil, in, stride, w, h, c, 16)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]uint16, w*h*c)
		if _, err := new(Decoder).Decode(t.Context(), out, enc); err != nil {
			t.Fatal(err)
		}
		for y := range h {
			if !slices.Equal(in[y*stride:y*stride+w*c], out[y*w*c:(y+1)*w*c]) {
				t.Fatalf("row %d of %d differs", y, h)
			}
		}
	})
}

// tiles returns tiles of noise like that of a 10- or 14-bit sensor.
func benchTile(components int) []uint16 { return scene(256*256, components, 14, false, 7) }

func BenchmarkDecode(b *testing.B) {
	for _, c := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("components=%d", c), func(b *testing.B) {
			in := benchTile(c)
			enc, _ := Encode(nil, in, 256, 256/c, 256, c, 14)
			out := make([]uint16, len(in))
			var d Decoder
			for b.Loop() {
				if _, err := d.Decode(b.Context(), out, enc); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(in)*b.N)/b.Elapsed().Seconds()/1e6, "MP/s")
			b.ReportMetric(float64(8*len(enc))/float64(len(in)), "bits/px")
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("components=%d", c), func(b *testing.B) {
			in := benchTile(c)
			var buf []byte
			for b.Loop() {
				var err error
				if buf, err = Encode(buf[:0], in, 256, 256/c, 256, c, 14); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(in)*b.N)/b.Elapsed().Seconds()/1e6, "MP/s")
		})
	}
}
