package binning

import (
	"context"

	"github.com/quadraw/quadraw/raw"
)

// New returns src binned. Nothing is read before a tile is asked for; the
// work is done by the goroutine that asks.
func New(src raw.Source, o *Options) (raw.Source, error) {
	opt := o.orDefault()
	steps, err := opt.steps(src.Header().CFA)
	if err != nil {
		return nil, err
	}
	for i := range steps {
		b, err := NewBinner(src.Header(), &steps[i])
		if err != nil {
			return nil, err
		}
		src = &source{b, src}
	}
	return src, nil
}

type source struct {
	b   *Binner
	src raw.Source
}

func (s *source) Header() *raw.Header { return s.b.out }

func (s *source) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.b.out.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = s.b.out.CFA
	return s.b.readTile(ctx, dst, s.src)
}
