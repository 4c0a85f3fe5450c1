package bank

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

func TestFileRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, m := range []*Model{randomModel(rng, 1, false, 8, 6, 6), randomModel(rng, 2, true, 6, 4)} {
		m.Sigma, m.Note = 1.5, "random"
		var b bytes.Buffer
		if err := Write(&b, m); err != nil {
			t.Fatal(err)
		}
		got, err := Read(&b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, m) {
			t.Error("the model read is not the model written")
		}
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, randomModel(rand.New(rand.NewPCG(2, 2)), 1, false, 4)); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	change := func(at int, v ...byte) []byte {
		d := bytes.Clone(good)
		copy(d[at:], v)
		return d
	}
	var unsupported *raw.UnsupportedError
	if _, err := Read(bytes.NewReader(change(8, 99, 0))); !errors.As(err, &unsupported) {
		t.Errorf("another version: %v", err)
	}
	if _, err := Read(bytes.NewReader(change(20, 0xff, 0xff, 0xff, 0x7f))); !errors.Is(err, raw.ErrLimit) {
		t.Errorf("a body of 2 GB: %v", err)
	}
	for _, data := range [][]byte{nil, []byte("GIF89a"), bytes.Repeat([]byte{7}, 4000)} {
		if _, err := Read(bytes.NewReader(data)); !errors.Is(err, raw.ErrUnknown) {
			t.Errorf("%d bytes of something else: %v", len(data), err)
		}
	}
	for n := len(magic); n < len(good); n++ {
		if _, err := Read(bytes.NewReader(good[:n])); !errors.Is(err, raw.ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, len(good), err)
		}
	}
	var corrupt *raw.CorruptError
	for _, at := range []int{10, 11, 12, 16, 24} {
		if _, err := Read(bytes.NewReader(change(at, good[at]+1))); !errors.As(err, &corrupt) {
			t.Errorf("byte %d changed: %v", at, err)
		}
	}
	// DEFLATE may say the same thing in two ways, but never another thing.
	want, _ := Read(bytes.NewReader(good))
	for at := headerSize; at < len(good); at++ {
		if got, err := Read(bytes.NewReader(change(at, good[at]^1))); err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("byte %d changed: no error", at)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Model){
		"no stage":         func(m *Model) { m.Stages = nil },
		"cell":             func(m *Model) { m.Cell = 5 },
		"odd window":       func(m *Model) { m.Stages[0].Width = 5 },
		"large window":     func(m *Model) { m.Stages[0].Width = 400 },
		"phases":           func(m *Model) { m.Stages[0].Phases = nil },
		"coefficients":     func(m *Model) { p := &m.Stages[0].Phases[0]; p.Coef = p.Coef[1:] },
		"feature":          func(m *Model) { m.Stages[0].Phases[0].Tree[0].Feature = 200 },
		"denominator":      func(m *Model) { m.Stages[0].Phases[0].Tree[0].P = 0 },
		"loop":             func(m *Model) { m.Stages[0].Phases[0].Tree[0].Left = 0 },
		"node outside":     func(m *Model) { m.Stages[0].Phases[0].Tree[0].Left = 999 },
		"leaf outside":     func(m *Model) { m.Stages[0].Phases[0].Tree[1].Right = -200 },
		"orphan":           func(m *Model) { m.Stages[0].Phases[0].Tree[0] = Node{P: 1, Left: -1, Right: -2} },
		"possible overrun": func(m *Model) { k := m.Stages[0].Phases[0].Coef; k[0], k[1], k[2] = 32767, 32767, 32767 },
	} {
		rng := rand.New(rand.NewPCG(3, 3))
		m := randomModel(rng, 1, false, 4)
		m.Stages[0].Phases[0].Tree = randomTree(rng, 9, 36)
		m.Stages[0].Phases[0].Coef = make([]int16, 9*8*16)
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(m)
		if err := m.Check(); !errors.Is(err, ErrModel) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead mends the checksum, so that the parser sees what the fuzzer writes.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	m := randomModel(rand.New(rand.NewPCG(4, 4)), 1, false, 4)
	if err := Write(&b, m); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes()[:headerSize], m.body())
	f.Add([]byte(magic), []byte{4, 0})
	f.Fuzz(func(t *testing.T, head, body []byte) {
		if len(body) > 1<<16 {
			return
		}
		h := make([]byte, headerSize)
		copy(h, head)
		binary.LittleEndian.PutUint16(h[18:], 0)
		binary.LittleEndian.PutUint32(h[20:], uint32(len(body)))
		binary.LittleEndian.PutUint32(h[24:], crc32.Update(crc32.ChecksumIEEE(h[:24]), crc32.IEEETable, body))
		file := append(h, stored(body)...)
		got, err := Read(bytes.NewReader(file))
		if err == nil {
			if err := got.Check(); err != nil {
				t.Fatal(err)
			}
		}
		// And as they are.
		_, _ = Read(bytes.NewReader(append(bytes.Clone(head), body...)))
	})
}

// stored returns data as a DEFLATE stream of stored blocks.
func stored(data []byte) []byte {
	var out []byte
	for first := true; first || len(data) > 0; first = false {
		n := min(len(data), 65535)
		last := byte(0)
		if n == len(data) {
			last = 1
		}
		out = append(out, last, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		out = append(out, data[:n]...)
		data = data[n:]
	}
	return out
}
