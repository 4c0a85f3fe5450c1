package raw

import "slices"

// BlackLevel is the DN of no light: a pattern of Rows×Cols positions with
// Samples values each (DNG BlackLevelRepeatDim and BlackLevel), repeated from
// the frame's (0, 0), plus a delta a column and a row. The zero value is
// black at 0.
type BlackLevel struct {
	Rows, Cols, Samples int
	Values              []float64 // [row][col][sample]
	DeltaH              []float64 // a value for each column of the frame, or none
	DeltaV              []float64 // a value for each row of the frame, or none
}

// ConstantBlack is the same black level everywhere.
func ConstantBlack(dn float64) BlackLevel {
	return BlackLevel{Rows: 1, Cols: 1, Samples: 1, Values: []float64{dn}}
}

// At returns the black level in DN of the given sample of pixel (x, y).
// Mosaics have the one sample 0.
func (b *BlackLevel) At(x, y, sample int) float64 {
	v := 0.0
	if len(b.Values) > 0 {
		v = b.Values[(mod(y, b.Rows)*b.Cols+mod(x, b.Cols))*b.Samples+min(sample, b.Samples-1)]
	}
	if uint(x) < uint(len(b.DeltaH)) {
		v += b.DeltaH[x]
	}
	if uint(y) < uint(len(b.DeltaV)) {
		v += b.DeltaV[y]
	}
	return v
}

// Constant reports whether every pixel and sample has one black level, and
// which.
func (b *BlackLevel) Constant() (float64, bool) {
	if len(b.Values) == 0 {
		return 0, allZero(b.DeltaH) && allZero(b.DeltaV)
	}
	for _, v := range b.Values {
		if v != b.Values[0] {
			return b.Values[0], false
		}
	}
	return b.Values[0], allZero(b.DeltaH) && allZero(b.DeltaV)
}

// Mean returns the mean of the pattern and the deltas: one figure for those
// who need no more.
func (b *BlackLevel) Mean() float64 { return mean(b.Values) + mean(b.DeltaH) + mean(b.DeltaV) }

// Shift returns the level as seen from a frame of width×height pixels whose
// (0, 0) is this frame's (dx, dy).
func (b *BlackLevel) Shift(dx, dy, width, height int) BlackLevel {
	out := BlackLevel{
		Rows: b.Rows, Cols: b.Cols, Samples: b.Samples,
		DeltaH: window(b.DeltaH, dx, width), DeltaV: window(b.DeltaV, dy, height),
	}
	if len(b.Values) == 0 {
		return out
	}
	out.Values = make([]float64, 0, len(b.Values))
	for y := range b.Rows {
		for x := range b.Cols {
			at := (mod(y+dy, b.Rows)*b.Cols + mod(x+dx, b.Cols)) * b.Samples
			out.Values = append(out.Values, b.Values[at:at+b.Samples]...)
		}
	}
	return out
}

// Clone returns a copy that shares nothing with b.
func (b *BlackLevel) Clone() BlackLevel {
	c := *b
	c.Values, c.DeltaH, c.DeltaV = slices.Clone(b.Values), slices.Clone(b.DeltaH), slices.Clone(b.DeltaV)
	return c
}

func window(v []float64, at, n int) []float64 {
	if len(v) == 0 {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		if j := i + at; j >= 0 && j < len(v) {
			out[i] = v[j]
		}
	}
	return out
}

func allZero(v []float64) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}
