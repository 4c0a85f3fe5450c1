package raw

import (
	"context"
	"fmt"
	"image"
)

// Source delivers rectangles of a mosaic.
//
// Header returns the same header every time; the caller does not change it.
// ReadTile fills dst.Rect, any rectangle inside Header().Bounds(), whatever
// its size and alignment, and sets dst.CFA; it is safe for concurrent use, and
// what it fills in depends on the rectangle's position only: not on what was
// read before, by whom, or in which tiles. A rectangle outside the frame is
// [ErrBounds].
type Source interface {
	Header() *Header
	ReadTile(ctx context.Context, dst *Mosaic) error
}

// RGBSource delivers rectangles of a picture with three samples a pixel,
// under the same contract as [Source].
type RGBSource interface {
	Header() *Header
	ReadTile(ctx context.Context, dst *RGB) error
}

// CheckTile is the first line of a ReadTile: is the context alive, are the
// tile's fields sound and is r inside the frame?
func (h *Header) CheckTile(ctx context.Context, r image.Rectangle, sound error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if sound != nil {
		return sound
	}
	if !r.In(h.Bounds()) {
		return fmt.Errorf("%w: %v of %v", ErrBounds, r, h.Bounds())
	}
	return nil
}

// NewMemory returns a source of a mosaic in memory. m.Rect must be
// h.Bounds(); its CFA is replaced by the header's.
func NewMemory(h *Header, m *Mosaic) (Source, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.Rect != h.Bounds() {
		return nil, fmt.Errorf("%w: mosaic %v under a header of %v", ErrBounds, m.Rect, h.Bounds())
	}
	c := *m
	c.CFA = h.CFA
	return &memory{h, &c}, nil
}

type memory struct {
	h *Header
	m *Mosaic
}

func (s *memory) Header() *Header { return s.h }

func (s *memory) ReadTile(ctx context.Context, dst *Mosaic) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = s.h.CFA
	r := dst.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(dst.Row(y), s.m.Row(y)[r.Min.X:r.Max.X])
	}
	return nil
}

// NewMemoryRGB returns a source of a picture in memory; m.Rect must be
// h.Bounds().
func NewMemoryRGB(h *Header, m *RGB) (RGBSource, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.Rect != h.Bounds() {
		return nil, fmt.Errorf("%w: picture %v under a header of %v", ErrBounds, m.Rect, h.Bounds())
	}
	return &memoryRGB{h, m}, nil
}

type memoryRGB struct {
	h *Header
	m *RGB
}

func (s *memoryRGB) Header() *Header { return s.h }

func (s *memoryRGB) ReadTile(ctx context.Context, dst *RGB) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	r := dst.Rect
	for c := Red; c <= Blue; c++ {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(dst.Row(c, y), s.m.Row(c, y)[r.Min.X:r.Max.X])
		}
	}
	return nil
}

// Crop returns the part r of src as a source of its own whose (0, 0) is
// r.Min. It copies nothing and keeps the phase of the CFA.
func Crop(src Source, r image.Rectangle) (Source, error) {
	h := src.Header()
	if r.Empty() || !r.In(h.Bounds()) {
		return nil, fmt.Errorf("%w: crop %v of %v", ErrBounds, r, h.Bounds())
	}
	if r == h.Bounds() {
		return src, nil
	}
	return &crop{h.Crop(r), src, r.Min}, nil
}

type crop struct {
	h   *Header
	src Source
	at  image.Point
}

func (s *crop) Header() *Header { return s.h }

func (s *crop) ReadTile(ctx context.Context, dst *Mosaic) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	part := *dst
	part.Rect = dst.Rect.Add(s.at)
	dst.CFA = s.h.CFA
	return s.src.ReadTile(ctx, &part)
}

// CropRGB is [Crop] for pictures.
func CropRGB(src RGBSource, r image.Rectangle) (RGBSource, error) {
	h := src.Header()
	if r.Empty() || !r.In(h.Bounds()) {
		return nil, fmt.Errorf("%w: crop %v of %v", ErrBounds, r, h.Bounds())
	}
	if r == h.Bounds() {
		return src, nil
	}
	return &cropRGB{h.Crop(r), src, r.Min}, nil
}

type cropRGB struct {
	h   *Header
	src RGBSource
	at  image.Point
}

func (s *cropRGB) Header() *Header { return s.h }

func (s *cropRGB) ReadTile(ctx context.Context, dst *RGB) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	part := *dst
	part.Rect = dst.Rect.Add(s.at)
	return s.src.ReadTile(ctx, &part)
}

// WithHeader returns src with another header of the same size: an override of
// CFA, levels or colour. Tiles carry the new header's CFA.
func WithHeader(src Source, h *Header) (Source, error) {
	if h.Size != src.Header().Size {
		return nil, fmt.Errorf("%w: header of %v over a frame of %v", ErrBounds, h.Size, src.Header().Size)
	}
	return &reheaded{h, src}, nil
}

type reheaded struct {
	h   *Header
	src Source
}

func (s *reheaded) Header() *Header { return s.h }

func (s *reheaded) ReadTile(ctx context.Context, dst *Mosaic) error {
	if err := s.src.ReadTile(ctx, dst); err != nil {
		return err
	}
	dst.CFA = s.h.CFA
	return nil
}
