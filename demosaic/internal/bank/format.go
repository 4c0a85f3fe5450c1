package bank

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// The file of a model, all numbers little-endian:
//
//	 0  8 bytes  magic "QUADBANK"
//	 8  uint16   version
//	10  uint8    cell
//	11  uint8    flags: 1 full
//	12  uint32   sigma in 65536ths of a level of 255
//	16  uint16   number of stages
//	18  uint16   length of the note
//	20  uint32   length of the body before compression
//	24  uint32   CRC-32 (IEEE) of the first 24 bytes, the note and the body
//	28           the note (UTF-8), then the body (DEFLATE)
//
// The body holds for each stage a uint16 width, for each phase a uint16
// number of nodes, the nodes (uint16 feature, then P, Q, Left, Right), and the
// coefficients as int16. Low bytes of all coefficients of a phase come before
// the high ones, which compresses better.
const (
	magic      = "QUADBANK"
	headerSize = 28

	// Version is the version of the file format and of the definitions of
	// features and filters in this package: a change to either needs a new
	// one.
	Version = 1

	maxNote = 4096
	maxBody = 16 << 20
	// MaxFile bounds the bytes of a file.
	MaxFile = maxBody + maxNote + headerSize
)

// Write stores m.
func Write(w io.Writer, m *Model) error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m.Note) > maxNote {
		return fmt.Errorf("%w: note of %d bytes", ErrModel, len(m.Note))
	}
	body := m.body()
	h := make([]byte, headerSize, headerSize+len(m.Note))
	copy(h, magic)
	binary.LittleEndian.PutUint16(h[8:], Version)
	h[10] = byte(m.Cell)
	if m.Full {
		h[11] = 1
	}
	binary.LittleEndian.PutUint32(h[12:], uint32(math.Round(m.Sigma*65536)))
	binary.LittleEndian.PutUint16(h[16:], uint16(len(m.Stages)))
	binary.LittleEndian.PutUint16(h[18:], uint16(len(m.Note)))
	binary.LittleEndian.PutUint32(h[20:], uint32(len(body)))
	binary.LittleEndian.PutUint32(h[24:], checksum(h, m.Note, body))
	if _, err := w.Write(append(h, m.Note...)); err != nil {
		return err
	}
	z, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(body); err != nil {
		return err
	}
	return z.Close()
}

func checksum(header []byte, note string, body []byte) uint32 {
	sum := crc32.ChecksumIEEE(header[:24])
	sum = crc32.Update(sum, crc32.IEEETable, []byte(note))
	return crc32.Update(sum, crc32.IEEETable, body)
}

func (m *Model) body() []byte {
	var b []byte
	put := func(v int) { b = binary.LittleEndian.AppendUint16(b, uint16(v)) }
	for _, st := range m.Stages {
		put(st.Width)
		for _, p := range st.Phases {
			put(len(p.Tree))
			for _, n := range p.Tree {
				put(int(n.Feature))
				put(int(n.P))
				put(int(n.Q))
				put(int(n.Left))
				put(int(n.Right))
			}
			for _, k := range p.Coef {
				b = append(b, byte(k))
			}
			for _, k := range p.Coef {
				b = append(b, byte(uint16(k)>>8))
			}
		}
	}
	return b
}

// Read loads a model and checks it. Its error says what is wrong: it wraps
// [raw.ErrUnknown] for a file that is no table, [raw.ErrTruncated], a
// [raw.UnsupportedError] for another version, [raw.ErrLimit] for sizes
// beyond reason, and a [raw.CorruptError] for the rest.
func Read(r io.Reader) (*Model, error) {
	h := make([]byte, headerSize)
	if n, err := io.ReadFull(r, h); err != nil {
		if n < len(magic) || string(h[:len(magic)]) != magic {
			return nil, fmt.Errorf("%w: not a table of filter banks", raw.ErrUnknown)
		}
		return nil, cut("header", err)
	}
	if string(h[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: not a table of filter banks", raw.ErrUnknown)
	}
	if v := binary.LittleEndian.Uint16(h[8:]); v != Version {
		return nil, fmt.Errorf("table of filter banks: %w", &raw.UnsupportedError{Feature: fmt.Sprintf("version %d (this program reads %d)", v, Version)})
	}
	size := binary.LittleEndian.Uint32(h[20:])
	noteSize := binary.LittleEndian.Uint16(h[18:])
	if size > maxBody || noteSize > maxNote {
		return nil, fmt.Errorf("table of filter banks: %w: %d bytes and a note of %d", raw.ErrLimit, size, noteSize)
	}
	note := make([]byte, noteSize)
	if _, err := io.ReadFull(r, note); err != nil {
		return nil, cut("note", err)
	}
	// The body grows as it arrives: a header that promises much costs nothing.
	var body bytes.Buffer
	z := flate.NewReader(r)
	defer z.Close()
	if _, err := io.Copy(&body, io.LimitReader(z, int64(size)+1)); err != nil {
		return nil, cut("body", err)
	}
	if body.Len() < int(size) {
		return nil, cut("body", io.ErrUnexpectedEOF)
	}
	if body.Len() > int(size) {
		return nil, corrupt(errMore)
	}
	if checksum(h, string(note), body.Bytes()) != binary.LittleEndian.Uint32(h[24:]) {
		return nil, corrupt(errors.New("the checksum does not match"))
	}
	m := &Model{Cell: int(h[10]), Full: h[11]&1 != 0, Sigma: float64(binary.LittleEndian.Uint32(h[12:])) / 65536, Note: string(note)}
	if h[11] > 1 {
		return nil, corrupt(fmt.Errorf("flags %#x", h[11]))
	}
	stages := int(binary.LittleEndian.Uint16(h[16:]))
	if m.Cell < 1 || m.Cell > 2 || stages < 1 || stages > MaxStages {
		return nil, corrupt(fmt.Errorf("%d stages for cells of %d pixels", stages, m.Cell))
	}
	if err := m.parse(body.Bytes(), stages); err != nil {
		return nil, corrupt(err)
	}
	if err := m.Check(); err != nil {
		return nil, corrupt(err)
	}
	return m, nil
}

var (
	errMore = errors.New("more data than announced")
	errLess = errors.New("less data than announced")
)

func corrupt(err error) error {
	return &raw.CorruptError{Offset: -1, What: "table of filter banks", Err: err}
}

// cut says that part of the file is missing, or what else reading it met.
func cut(part string, err error) error {
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return fmt.Errorf("table of filter banks: %s: %w", part, raw.ErrTruncated)
	default:
		if _, bad := err.(flate.CorruptInputError); bad {
			return corrupt(err)
		}
		return fmt.Errorf("table of filter banks: %s: %w", part, err)
	}
}

func (m *Model) parse(b []byte, stages int) error {
	word := func() (int, bool) {
		if len(b) < 2 {
			return 0, false
		}
		v := binary.LittleEndian.Uint16(b)
		b = b[2:]
		return int(v), true
	}
	for i := range stages {
		width, ok := word()
		if !ok {
			return errLess
		}
		if width > 10 {
			return fmt.Errorf("window of %d", width)
		}
		m.Stages = append(m.Stages, Stage{Width: width, Phases: make([]Phase, Phases(m.Cell))})
		for j := range Phases(m.Cell) {
			p := &m.Stages[i].Phases[j]
			nodes, ok := word()
			if !ok || nodes >= MaxLeaves || len(b) < 10*nodes {
				return errLess
			}
			p.Tree = make(Tree, nodes)
			for k := range p.Tree {
				var v [5]int
				for l := range v {
					v[l], _ = word()
				}
				if v[0] >= maxFeatures {
					return fmt.Errorf("feature %d", v[0])
				}
				p.Tree[k] = Node{uint8(v[0]), int16(v[1]), int16(v[2]), int16(v[3]), int16(v[4])}
			}
			n := p.Tree.Leaves() * m.Outputs() * m.Taps(i)
			if len(b) < 2*n {
				return errLess
			}
			p.Coef = make([]int16, n)
			for k := range p.Coef {
				p.Coef[k] = int16(uint16(b[k]) | uint16(b[n+k])<<8)
			}
			b = b[2*n:]
		}
	}
	if len(b) != 0 {
		return errMore
	}
	return nil
}
