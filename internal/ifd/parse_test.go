package ifd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

func openBytes(data []byte, l raw.Limits) (*File, error) {
	return Open(bytes.NewReader(data), int64(len(data)), l)
}

func sample(t testing.TB, big bool) []byte {
	t.Helper()
	leaf := &Builder{}
	leaf.Long(ImageWidth, 7)
	root := &Builder{}
	root.Short(BitsPerSample, 16, 16, 16)
	root.Long(ImageWidth, 70000)
	root.ASCII(Make, "Some maker")
	root.Rational(XResolution, 72.5)
	root.SRational(ColorMatrix1, -0.5, 0.25)
	root.Double(NoiseProfile, 1e-5, 2e-9)
	root.Undefined(MakerNote, []byte{1, 2, 3})
	root.Offsets(StripOffsets, 8, 9, 10)
	root.Sub(SubIFDs, leaf)
	data, err := Append(nil, root, big)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseWhatIsBuilt(t *testing.T) {
	for _, big := range []bool{false, true} {
		f, err := openBytes(sample(t, big), raw.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		all, damage, err := f.Walk()
		if err != nil || len(damage) > 0 || len(all) != 2 || f.Big != big {
			t.Fatalf("%d directories, %v, %v", len(all), damage, err)
		}
		d := all[0]
		bits, err := f.Uints(d.Find(BitsPerSample), 3)
		if err != nil || !slices.Equal(bits, []uint64{16, 16, 16}) {
			t.Errorf("bits %v, %v", bits, err)
		}
		if w, err := f.Uint(d.Find(ImageWidth)); err != nil || w != 70000 {
			t.Errorf("width %v, %v", w, err)
		}
		if s, err := f.Text(d.Find(Make)); err != nil || s != "Some maker" {
			t.Errorf("make %q, %v", s, err)
		}
		for tag, want := range map[Tag][]float64{XResolution: {72.5}, ColorMatrix1: {-0.5, 0.25}, NoiseProfile: {1e-5, 2e-9}, StripOffsets: {8, 9, 10}} {
			if v, err := f.Floats(d.Find(tag), 8); err != nil || !slices.Equal(v, want) {
				t.Errorf("%v: %v, %v", tag, v, err)
			}
		}
		if d.Find(Orientation) != nil {
			t.Error("a field that is not there was found")
		}
		if w, err := f.Uint(all[1].Find(ImageWidth)); err != nil || w != 7 || all[1].Depth != 1 {
			t.Errorf("width in the SubIFD: %v, %v, depth %d", w, err, all[1].Depth)
		}
	}
}

func TestRawIsLittleEndian(t *testing.T) {
	// MM, one entry: two RATIONALs at offset 26.
	data := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x1a\x00\x05\x00\x00\x00\x02\x00\x00\x00\x1a\x00\x00\x00\x00" +
		"\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04")
	f, err := openBytes(data, raw.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.Directory(f.First)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := f.Raw(&d.Entries[0])
	want := binary.LittleEndian.AppendUint32(nil, 1)
	for i := uint32(2); i <= 4; i++ {
		want = binary.LittleEndian.AppendUint32(want, i)
	}
	if err != nil || !bytes.Equal(tag.Data, want) || tag.Count != 2 {
		t.Errorf("%+v, %v", tag, err)
	}
}

func TestHostileStructure(t *testing.T) {
	le := binary.LittleEndian
	classic := func(entries ...[12]byte) []byte {
		out := append([]byte("II\x2a\x00\x08\x00\x00\x00"), byte(len(entries)), 0)
		for _, e := range entries {
			out = append(out, e[:]...)
		}
		return append(out, 0, 0, 0, 0)
	}
	entry := func(tag Tag, typ Type, count, value uint32) (e [12]byte) {
		le.PutUint16(e[:], uint16(tag))
		le.PutUint16(e[2:], uint16(typ))
		le.PutUint32(e[4:], count)
		le.PutUint32(e[8:], value)
		return e
	}
	field := func(e [12]byte) (*File, *Entry) {
		t.Helper()
		f, err := openBytes(classic(e), raw.Limits{MetadataBytes: 100})
		if err != nil {
			t.Fatal(err)
		}
		d, err := f.Directory(8)
		if err != nil {
			t.Fatal(err)
		}
		return f, &d.Entries[0]
	}
	var corrupt *raw.CorruptError
	f, e := field(entry(StripOffsets, Long, 0xffffffff, 8))
	if _, err := f.Uints(e, 1<<40); !errors.Is(err, raw.ErrTruncated) {
		t.Errorf("count of 2^32: %v", err)
	}
	f, e = field(entry(StripOffsets, 99, 1, 8))
	if _, err := f.Uints(e, 1); !errors.As(err, &corrupt) {
		t.Errorf("type 99: %v", err)
	}
	f, e = field(entry(Make, ASCII, 20, 0xfffffff0))
	if _, err := f.Text(e); !errors.Is(err, raw.ErrTruncated) {
		t.Errorf("values beyond the end: %v", err)
	}
	f, e = field(entry(Orientation, SLong, 1, 0xffffffff))
	if _, err := f.Uint(e); !errors.As(err, &corrupt) {
		t.Errorf("a negative number: %v", err)
	}
	f, e = field(entry(Orientation, Short, 0, 0))
	if _, err := f.Uint(e); !errors.As(err, &corrupt) {
		t.Errorf("no value: %v", err)
	}

	// A directory that is its own SubIFD and its own successor.
	loop := classic(entry(SubIFDs, Long, 1, 8))
	le.PutUint32(loop[len(loop)-4:], 8)
	f, err := openBytes(loop, raw.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if all, damage, err := f.Walk(); len(all) != 1 || len(damage) != 2 || err != nil {
		t.Errorf("a loop: %d directories, %v, %v", len(all), damage, err)
	}

	// A chain of directories without end.
	var chain []byte
	for range 500 {
		chain = append(chain, classic(entry(Orientation, Short, 1, 1))[8:]...)
		le.PutUint32(chain[len(chain)-4:], uint32(8+len(chain)))
	}
	f, err = openBytes(append([]byte("II\x2a\x00\x08\x00\x00\x00"), chain...), raw.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if all, damage, err := f.Walk(); len(all) != 128 || len(damage) != 1 || !errors.Is(damage[0], raw.ErrLimit) || err != nil {
		t.Errorf("a chain: %d directories, %v, %v", len(all), damage, err)
	}
	// SubIFDs nested without end.
	var nest []byte
	for range 50 {
		nest = append(nest, classic(entry(SubIFDs, Long, 1, uint32(8+len(nest)+18)))[8:]...)
	}
	f, err = openBytes(append([]byte("II\x2a\x00\x08\x00\x00\x00"), nest...), raw.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if all, damage, _ := f.Walk(); len(all) != 11 || !errors.Is(damage[0], raw.ErrLimit) {
		t.Errorf("nested: %d directories, %v", len(all), damage)
	}

	for name, data := range map[string]string{"empty": "", "text": "hello there", "old magic": "II\x2b\x01\x08\x00\x00\x00"} {
		if _, err := openBytes([]byte(data), raw.Limits{}); !errors.Is(err, raw.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse walks the directories of anything and reads every field.
func FuzzParse(f *testing.F) {
	f.Add(sample(f, false))
	f.Add(sample(f, true))
	f.Add([]byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x1a\x00\x05\x00\x00\x00\x02\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		f, err := openBytes(data, raw.Limits{MetadataBytes: 1 << 16})
		if err != nil {
			return
		}
		all, _, err := f.Walk()
		if err != nil {
			return
		}
		if len(all) > 128 {
			t.Errorf("%d directories", len(all))
		}
		for _, d := range all {
			for i := range d.Entries {
				e := &d.Entries[i]
				values, err := f.Raw(e)
				if err == nil && uint64(len(values.Data)) != e.Count*uint64(e.Type.Size()) {
					t.Errorf("%v of %d values has %d bytes", e.Tag, e.Count, len(values.Data))
				}
				whole, errU := f.Uints(e, 1<<16)
				floats, errF := f.Floats(e, 1<<16)
				if errU == nil && (errF != nil || len(whole) != len(floats)) {
					t.Errorf("%v: %v, but as numbers %v", e.Tag, whole, errF)
				}
				_, _ = f.Text(e)
			}
		}
	})
}
