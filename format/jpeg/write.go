// Package jpeg writes RGB pictures as baseline JPEG files in a stream. The
// standard library compresses; this package cuts the picture into bands that
// are compressed side by side and joined by restart markers, so that neither
// a whole frame is in memory nor one core does all the work.
package jpeg

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"io"

	"github.com/quadraw/quadraw/internal/exif"
	"github.com/quadraw/quadraw/internal/icc"
	"github.com/quadraw/quadraw/internal/packing"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// WriteOptions say how a picture is written. Nil and the zero value are good
// defaults.
type WriteOptions struct {
	// Quality from 1 to 100; 0 is 92.
	Quality int
	// Strip leaves out metadata that was carried along.
	Strip bool
	// Tiles bound workers and memory and report progress.
	Tiles tile.Options
}

const (
	defaultQuality = 92
	maxSide        = 65535
	// unit is the side in pixels of what is coded at a time in 4:2:0.
	unit = 16
	// bandRows is fixed, for it is written in the file: the rows from one
	// restart marker to the next.
	bandRows = 64
	// segmentBytes is what fits in a marker segment after its length.
	segmentBytes = 65533
)

// Write writes src with 8 bits a sample and 4:2:0 chroma, with its ICC
// profile, EXIF and XMP.
func Write(ctx context.Context, w io.Writer, src raw.RGBSource, o *WriteOptions) error {
	if o == nil {
		o = &WriteOptions{}
	}
	quality := o.Quality
	if quality == 0 {
		quality = defaultQuality
	}
	if quality < 1 || quality > 100 {
		return fmt.Errorf("%w: JPEG quality %d, want 1 to 100", raw.ErrOption, quality)
	}
	h := src.Header()
	if h.Size.X > maxSide || h.Size.Y > maxSide {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("a JPEG file of %v: a side is at most %d", h.Size, maxSide)}
	}
	across := (h.Size.X + unit - 1) / unit
	rows := min(bandRows, maxSide/across*unit)
	options := o.Tiles
	options.Size = image.Pt(0, rows)
	plan, err := tile.NewPlan(tile.Work{Bounds: h.Bounds(), FullWidth: true, Align: image.Pt(1, unit), BytesPerPixel: 12}, &options)
	if err != nil {
		return err
	}
	f := &file{src: src, size: h.Size, quality: quality, interval: across * (rows / unit), last: plan.Count() - 1}
	if f.head, err = segments(h, o.Strip); err != nil {
		return err
	}
	return tile.Ordered(ctx, plan, func() *band { return &band{} }, f.compute, func(b *band, r image.Rectangle) error {
		return f.deliver(w, b)
	})
}

type file struct {
	src      raw.RGBSource
	size     image.Point
	quality  int
	interval int    // coded units from restart marker to restart marker
	head     []byte // segments that come first
	last     int    // number of the last band
	next     int    // number of the band that is delivered next
}

// band is a worker's rows and the JPEG file that they make by themselves.
type band struct {
	rgb raw.RGB
	pix image.RGBA
	buf bytes.Buffer
}

func (f *file) compute(ctx context.Context, b *band, r image.Rectangle) error {
	b.rgb.Reset(r)
	if err := f.src.ReadTile(ctx, &b.rgb); err != nil {
		return err
	}
	b.pix.Rect, b.pix.Stride = r, 4*r.Dx()
	if n := 4 * r.Dx() * r.Dy(); cap(b.pix.Pix) < n {
		b.pix.Pix = make([]byte, n)
	} else {
		b.pix.Pix = b.pix.Pix[:n]
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		red, green, blue := b.rgb.Row(raw.Red, y), b.rgb.Row(raw.Green, y), b.rgb.Row(raw.Blue, y)
		out := b.pix.Pix[(y-r.Min.Y)*b.pix.Stride:]
		for i := range red {
			p := out[4*i : 4*i+4 : 4*i+4]
			p[0], p[1], p[2], p[3] = packing.To8(red[i]), packing.To8(green[i]), packing.To8(blue[i]), 255
		}
	}
	b.buf.Reset()
	return stdjpeg.Encode(&b.buf, &b.pix, &stdjpeg.Options{Quality: f.quality})
}

// deliver writes the coded data of a band; the first brings the file's header
// along.
func (f *file) deliver(w io.Writer, b *band) error {
	data := b.buf.Bytes()
	scan, size, err := parse(data)
	if err != nil {
		return err
	}
	if f.next == 0 {
		head := append([]byte{0xff, 0xd8}, f.head...)
		at := len(head) - 2 // what was behind the band's SOI is at that much more
		head = append(head, data[2:scan]...)
		binary.BigEndian.PutUint16(head[at+size:], uint16(f.size.Y))
		// The restart interval goes in front of the start of scan.
		sos := len(head) - scanHeader
		restart := binary.BigEndian.AppendUint16([]byte{0xff, 0xdd, 0, 4}, uint16(f.interval))
		if f.last > 0 {
			head = append(head[:sos:sos], append(restart, head[sos:]...)...)
		}
		if _, err := w.Write(head); err != nil {
			return err
		}
	}
	coded := data[scan : len(data)-2]
	if f.next < f.last {
		coded = append(coded, 0xff, 0xd0+byte(f.next%8))
	} else {
		coded = append(coded, 0xff, 0xd9)
	}
	f.next++
	_, err = w.Write(coded)
	return err
}

// scanHeader is the length of a start-of-scan segment of three components.
const scanHeader = 14

// parse finds where the coded data of a file of the standard library begins
// and where its height is written.
func parse(data []byte) (scan, height int, err error) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		n := int(binary.BigEndian.Uint16(data[at+2:]))
		switch data[at+1] {
		case 0xc0:
			height = at + 5
		case 0xda:
			scan = at + 2 + n
			if n+2 != scanHeader || height == 0 || scan > len(data)-2 {
				return 0, 0, fmt.Errorf("image/jpeg wrote a scan of another form")
			}
			return scan, height, nil
		}
		at += 2 + n
	}
	return 0, 0, fmt.Errorf("image/jpeg wrote no scan")
}

// segments returns EXIF, XMP and ICC profile as APP1 and APP2 segments.
func segments(h *raw.Header, strip bool) ([]byte, error) {
	const exifName, xmpName, iccName = "Exif\x00\x00", "http://ns.adobe.com/xap/1.0/\x00", "ICC_PROFILE\x00"
	body, err := exif.Block(h, exif.Options{Strip: strip, Size: h.Size, YCbCr: true}, segmentBytes-len(exifName))
	if err != nil {
		return nil, err
	}
	out := appendSegment(nil, 1, exifName, body)
	if x := h.Metadata.XMP; !strip && len(x) > 0 && len(x) <= segmentBytes-len(xmpName) {
		out = appendSegment(out, 1, xmpName, x)
	}
	if p := icc.Profile(h.ColorSpace); p != nil {
		out = appendSegment(out, 2, iccName+"\x01\x01", p)
	}
	return out, nil
}

func appendSegment(d []byte, app byte, name string, body []byte) []byte {
	d = append(d, 0xff, 0xe0+app)
	d = binary.BigEndian.AppendUint16(d, uint16(2+len(name)+len(body)))
	d = append(d, name...)
	return append(d, body...)
}
