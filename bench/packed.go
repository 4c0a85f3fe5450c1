package bench

import (
	"context"
	"fmt"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/raw"
)

// pack lays the samples' low bits out as p says. It is plain: only the inputs
// of benchmarks are made with it.
func pack(dst []byte, row []uint16, p raw.Packing) {
	bits := p.Bits()
	samples, bytes := p.Group()
	if p >= raw.Tight10 {
		acc, have := uint64(0), 0
		for _, v := range row {
			acc, have = acc<<bits|uint64(v), have+bits
			for ; have >= 8; have -= 8 {
				dst[0], dst = byte(acc>>(have-8)), dst[1:]
			}
		}
		if have > 0 {
			dst[0] = byte(acc << (8 - have))
		}
		return
	}
	for ; len(row) > 0; row, dst = row[min(samples, len(row)):], dst[bytes:] {
		low := uint64(0)
		for i, v := range row[:min(samples, len(row))] {
			dst[i] = byte(v >> (bits - 8))
			low |= uint64(v&(1<<(bits-8)-1)) << (i * (bits - 8))
		}
		for i := samples; i < bytes; i++ {
			dst[i] = byte(low >> (8 * (i - samples)))
		}
	}
}

// packedCase times binning straight from packed rows.
func packedCase(f *frames, size frameSize, p raw.Packing, workers int) Case {
	stride := p.RowBytes(size.size.X)
	read := int64(stride) * int64(size.size.Y)
	c := Case{Name: "unpack+bin/" + p.String(), Pixels: size.pixels(), Workers: workers, Bytes: read + size.pixels()/2}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		h, m, err := f.get(ctx, size.size, raw.QuadRGGB)
		if err != nil {
			return nil, err
		}
		if h.BitsPerSample > p.Bits() {
			return nil, fmt.Errorf("a frame of %d bits does not fit %v", h.BitsPerSample, p)
		}
		rows := make([]byte, read)
		for y := range size.size.Y {
			pack(rows[y*stride:(y+1)*stride], m.Row(y), p)
		}
		b, err := binning.NewBinner(h, nil)
		if err != nil {
			return nil, err
		}
		packed := &binning.Packed{Packing: p, Stride: stride, Bytes: rows}
		dst := raw.NewMosaic(b.Header().Bounds(), 0)
		return &Prepared{
			Run:  func(ctx context.Context) error { return b.BinPacked(ctx, dst, packed, workers) },
			Hash: hashMosaic(dst),
		}, nil
	})
	return c
}
