package ljpeg

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/quadraw/quadraw/raw"
)

// Frame is what a stream says about itself before its samples.
type Frame struct {
	Width, Height int // in pixels of Components samples each
	Components    int // 1 to 4
	Precision     int // bits a sample, 2 to 16
}

// Samples returns how many samples the frame holds.
func (f Frame) Samples() int { return f.Width * f.Height * f.Components }

// JPEG markers (T.81 table B.1) that matter here.
const (
	markerSOF0 = 0xc0
	markerSOF3 = 0xc3
	markerDHT  = 0xc4
	markerJPG  = 0xc8
	markerDAC  = 0xcc
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDRI  = 0xdd
)

// Decoder decodes streams one after the other and keeps its memory between
// them. The zero value is ready; it is not safe for concurrent use.
type Decoder struct {
	parser
	tables  [4]table
	bits    bitReader
	restart int // restart interval in pixels, 0: none
	plane   []uint16
	whole   int // rows of dst that are final
}

// parser takes a stream apart into its segments.
type parser struct {
	src   []byte
	pos   int
	frame Frame
	ids   [4]byte // component identifiers
}

// Config reads the frame's geometry without decoding a sample.
func Config(src []byte) (Frame, error) {
	p := parser{src: src}
	for {
		marker, body, err := p.segment()
		if err != nil {
			return Frame{}, err
		}
		if marker == markerSOF3 {
			err := p.startFrame(body)
			return p.frame, err
		}
		if err := refuse(marker); err != nil {
			return Frame{}, err
		}
	}
}

// Decode decodes src into dst, row by row, each pixel's components next to one
// another; dst must hold the frame's Samples. Errors are [*raw.CorruptError]
// (with [raw.ErrTruncated] inside where the stream just ends),
// [*raw.UnsupportedError] for other kinds of JPEG, and ctx's. Offsets in them
// count from the beginning of src.
func (d *Decoder) Decode(ctx context.Context, dst []uint16, src []byte) (Frame, error) {
	d.parser, d.restart, d.whole = parser{src: src}, 0, 0
	for i := range d.tables {
		d.tables[i].set = false
	}
	defer func() { d.src = nil }()
	for done := 0; done == 0 || done < d.frame.Components; {
		marker, body, err := d.segment()
		if err != nil {
			return d.frame, err
		}
		switch marker {
		case markerSOF3:
			err = d.startFrame(body)
			if n := d.frame.Samples(); err == nil && n > len(dst) {
				err = d.corrupt("frame of %d×%d×%d samples where %d fit", d.frame.Width, d.frame.Height, d.frame.Components, len(dst))
			}
		case markerDHT:
			err = d.huffmanTables(body)
		case markerDRI:
			if len(body) != 2 {
				err = d.corrupt("DRI segment of %d bytes", len(body))
			} else {
				d.restart = int(binary.BigEndian.Uint16(body))
			}
		case markerSOS:
			var n int
			n, err = d.scan(ctx, dst, body)
			done += n
		default:
			err = refuse(marker)
		}
		if err != nil {
			return d.frame, err
		}
	}
	d.whole = d.frame.Height
	return d.frame, nil
}

// Rows returns how many rows the last call of Decode has put into its dst: all,
// or if it failed those that were decoded before.
func (d *Decoder) Rows() int { return d.whole }

// segment returns the next marker and what follows its length. The stream
// begins with SOI, which has no length; so has EOI.
func (p *parser) segment() (marker byte, body []byte, err error) {
	if p.pos == 0 {
		if len(p.src) < 2 {
			return 0, nil, p.truncated("SOI")
		}
		if p.src[0] != 0xff || p.src[1] != markerSOI {
			return 0, nil, p.corrupt("no SOI marker")
		}
		p.pos = 2
	}
	if p.pos+2 > len(p.src) {
		return 0, nil, p.truncated("marker")
	}
	if p.src[p.pos] != 0xff {
		return 0, nil, p.corrupt("%#02x where a marker should be", p.src[p.pos])
	}
	for p.pos+1 < len(p.src) && p.src[p.pos+1] == 0xff { // fill bytes
		p.pos++
	}
	if p.pos+4 > len(p.src) {
		return 0, nil, p.truncated("segment")
	}
	marker = p.src[p.pos+1]
	if marker == markerEOI {
		return 0, nil, p.corrupt("EOI before the last scan")
	}
	n := int(binary.BigEndian.Uint16(p.src[p.pos+2:]))
	if n < 2 {
		return 0, nil, p.corrupt("segment length %d", n)
	}
	if p.pos+2+n > len(p.src) {
		return 0, nil, p.truncated("segment")
	}
	body = p.src[p.pos+4 : p.pos+2+n]
	p.pos += 2 + n
	return marker, body, nil
}

// refuse names the kind of frame that is not ours; other segments are skipped.
func refuse(marker byte) error {
	switch {
	case marker == markerDHT || marker == markerJPG:
	case marker == markerDAC:
		return &raw.UnsupportedError{Feature: "arithmetic coding in a lossless JPEG"}
	case marker >= markerSOF0 && marker <= 0xcf:
		return &raw.UnsupportedError{Feature: fmt.Sprintf("JPEG frame type SOF%d, want lossless (SOF3)", marker-markerSOF0)}
	}
	return nil
}

func (p *parser) startFrame(body []byte) error {
	if p.frame != (Frame{}) {
		return p.corrupt("second frame header")
	}
	if len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return p.corrupt("SOF3 segment of %d bytes", len(body))
	}
	f := Frame{
		Precision: int(body[0]), Height: int(binary.BigEndian.Uint16(body[1:])),
		Width: int(binary.BigEndian.Uint16(body[3:])), Components: int(body[5]),
	}
	switch {
	case f.Precision < 2 || f.Precision > 16:
		return p.corrupt("precision of %d bits", f.Precision)
	case f.Width == 0 || f.Height == 0:
		return p.corrupt("frame of %d×%d", f.Width, f.Height)
	case f.Components < 1 || f.Components > 4:
		return p.corrupt("%d components", f.Components)
	}
	for i := range f.Components {
		p.ids[i] = body[6+3*i]
		if s := body[7+3*i]; s != 0x11 && f.Components > 1 {
			return &raw.UnsupportedError{Feature: fmt.Sprintf("lossless JPEG with sampling factors %d×%d", s>>4, s&15)}
		}
	}
	p.frame = f
	return nil
}

func (d *Decoder) huffmanTables(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 {
			return d.corrupt("DHT segment is too short")
		}
		class, id := body[0]>>4, body[0]&15
		counts := [16]uint8(body[1:17])
		n := 0
		for _, c := range counts {
			n += int(c)
		}
		if class != 0 || id > 3 {
			return d.corrupt("Huffman table of class %d, number %d", class, id)
		}
		if n > len(body)-17 {
			return d.corrupt("DHT segment is too short")
		}
		if err := d.tables[id].build(&counts, body[17:17+n]); err != nil {
			return err
		}
		body = body[17+n:]
	}
	return nil
}

// scan decodes the scan whose header body is and returns how many components
// it had.
func (d *Decoder) scan(ctx context.Context, dst []uint16, body []byte) (int, error) {
	if d.frame == (Frame{}) {
		return 0, d.corrupt("scan before the frame header")
	}
	if len(body) < 1 || len(body) != 4+2*int(body[0]) {
		return 0, d.corrupt("SOS segment of %d bytes", len(body))
	}
	n := int(body[0])
	if n < 1 || n > d.frame.Components {
		return 0, d.corrupt("scan of %d components in a frame of %d", n, d.frame.Components)
	}
	var tables [4]*table
	var which [4]int
	for i := range n {
		id, slot := body[1+2*i], body[2+2*i]>>4
		which[i] = -1
		for k := range d.frame.Components {
			if d.ids[k] == id {
				which[i] = k
				break
			}
		}
		// Some encoders number all components alike: then the order counts.
		if n == d.frame.Components {
			which[i] = i
		}
		if which[i] < 0 {
			return 0, d.corrupt("scan of an unknown component %d", id)
		}
		if slot > 3 || !d.tables[slot].set {
			return 0, d.corrupt("scan without its Huffman table %d", slot)
		}
		tables[i] = &d.tables[slot]
	}
	predictor, shift := int(body[1+2*n]), int(body[3+2*n]&15)
	if predictor < 1 || predictor > 7 {
		return 0, d.corrupt("predictor %d", predictor)
	}
	if shift >= d.frame.Precision {
		return 0, d.corrupt("point transform of %d bits in samples of %d", shift, d.frame.Precision)
	}
	out := dst[:d.frame.Samples()]
	if n < d.frame.Components {
		size := d.frame.Width * d.frame.Height * n
		if cap(d.plane) < size {
			d.plane = make([]uint16, size)
		}
		out = d.plane[:size]
	}
	if err := d.rows(ctx, out, tables[:n], predictor, shift); err != nil {
		return 0, err
	}
	if n < d.frame.Components {
		for i, v := range out {
			dst[i/n*d.frame.Components+which[i%n]] = v
		}
	}
	return n, nil
}

// rows decodes the entropy-coded data from d.pos on into out.
func (d *Decoder) rows(ctx context.Context, out []uint16, tables []*table, predictor, shift int) error {
	c := len(tables)
	width := d.frame.Width * c
	every := d.frame.Height
	if d.restart > 0 {
		// T.81 H.1.1: an interval is a whole number of rows.
		if d.restart%d.frame.Width != 0 {
			return d.corrupt("restart interval of %d in rows of %d", d.restart, d.frame.Width)
		}
		every = d.restart / d.frame.Width
	}
	start := d.pos
	d.pos += d.bits.unstuff(d.src[d.pos:], width)
	initial := uint16(1) << (d.frame.Precision - shift - 1)
	for y := range d.frame.Height {
		if y&31 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		row := out[y*width : (y+1)*width : (y+1)*width]
		fresh := y%every == 0
		if fresh && y > 0 {
			if err := d.nextInterval((y/every-1)&7, width); err != nil {
				return err
			}
		}
		d.differences(row, tables)
		if d.bits.bad || d.bits.overrun() {
			if d.bits.overrun() {
				return &raw.CorruptError{Offset: int64(d.pos), What: fmt.Sprintf("lossless JPEG: data end in row %d of %d", y, d.frame.Height), Err: raw.ErrTruncated}
			}
			return &raw.CorruptError{Offset: int64(start), What: fmt.Sprintf("lossless JPEG: no such Huffman code in row %d", y)}
		}
		if fresh {
			predictFirst(row, c, initial)
		} else {
			predictRow(row, out[(y-1)*width:y*width], c, predictor)
		}
		if c == d.frame.Components && shift == 0 {
			d.whole = y + 1
		}
	}
	if shift > 0 {
		for i := range out {
			out[i] <<= shift
		}
	}
	return nil
}

func (d *Decoder) differences(row []uint16, tables []*table) {
	same := true
	for _, t := range tables[1:] {
		same = same && t == tables[0]
	}
	switch {
	case same:
		d.bits.row1(row, tables[0])
	case len(tables) == 2:
		d.bits.row2(row, tables[0], tables[1])
	default:
		d.bits.rowN(row, tables)
	}
}

// nextInterval passes the restart marker number n.
func (d *Decoder) nextInterval(n, width int) error {
	for d.pos+1 < len(d.src) && d.src[d.pos+1] == 0xff {
		d.pos++
	}
	if d.pos+2 > len(d.src) {
		return d.truncated("restart marker")
	}
	if m := d.src[d.pos+1]; m != markerRST0+byte(n) {
		return d.corrupt("marker %#02x where restart marker %d should be", m, n)
	}
	d.pos += 2
	d.pos += d.bits.unstuff(d.src[d.pos:], width)
	return nil
}

func (p *parser) corrupt(format string, args ...any) error {
	return &raw.CorruptError{Offset: int64(p.pos), What: "lossless JPEG: " + fmt.Sprintf(format, args...)}
}

func (p *parser) truncated(what string) error {
	return &raw.CorruptError{Offset: int64(p.pos), What: "lossless JPEG: " + what, Err: raw.ErrTruncated}
}
