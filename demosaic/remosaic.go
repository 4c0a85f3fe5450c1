package demosaic

import (
	"fmt"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// Remosaic returns the Bayer mosaic, of the same size and levels, that stands
// for the Quad, Nona or Hexadeca mosaic src. Where a sample already has the
// colour that the Bayer array wants, it is kept, unless noise is removed. A
// pattern of black levels becomes its mean. A source that is Bayer already is
// returned as it is.
//
// Fast, Default and Best make Bayer of Quad by filter tables; LMMSE does as
// Default does. Bilinear and Malvar give the samples of their pictures; for the
// arrays that there are no tables for, every method is Bilinear.
func Remosaic(src raw.Source, o *Options) (raw.Source, error) {
	opt, err := o.orDefault()
	if err != nil {
		return nil, err
	}
	h := src.Header()
	switch {
	case !h.CFA.Valid() || h.CFA == raw.Mono:
		return nil, fmt.Errorf("remosaic: %w: %v has no colours", raw.ErrCFA, h.CFA)
	case h.CFA.Cell() == 1:
		return src, nil
	}
	s, err := newRemosaic(src, &opt)
	if err != nil {
		return nil, fmt.Errorf("remosaic: %w", err)
	}
	return s, nil
}

// newRemosaic chooses how src becomes Bayer.
func newRemosaic(src raw.Source, opt *Options) (raw.Source, error) {
	switch {
	case src.Header().CFA.Cell() != 2:
		return newLinearRemosaic(src)
	case opt.Method == Bilinear || opt.Method == Malvar:
		return newQuadRemosaic(src, opt.Method)
	}
	return newBankRemosaic(src, opt)
}

// bayerOf is the Bayer array that a frame of larger cells becomes: the one
// whose first period begins where theirs does, so that as many samples as
// possible stay.
func bayerOf(c raw.CFA) (raw.CFA, error) { return raw.NewCFA(1, c.Offset()) }

// bayerHeader is the header of the remosaiced frame and the level map into it.
func bayerHeader(h *raw.Header) (*raw.Header, *levels, error) {
	cfa, err := bayerOf(h.CFA)
	if err != nil {
		return nil, nil, err
	}
	black, constant := h.Black.Constant()
	if !constant {
		black = math.Round(h.Black.Mean())
	}
	if !(black >= 0 && black <= math.MaxUint16) {
		return nil, nil, fmt.Errorf("%w: black level %v", raw.ErrOption, black)
	}
	c := h.Clone()
	c.CFA = cfa
	c.Black = raw.ConstantBlack(black)
	return c, newShift(h, black), nil
}
