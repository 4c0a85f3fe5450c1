package raw

import (
	"fmt"
	"image"
	"strconv"
	"strings"
)

// Color is a plane of the colour filter array: Red, Green or Blue.
type Color uint8

// The three planes, in the order in which header fields with three values
// list them.
const (
	Red Color = iota
	Green
	Blue
)

// String returns "red", "green" or "blue".
func (c Color) String() string {
	switch c {
	case Red:
		return "red"
	case Green:
		return "green"
	case Blue:
		return "blue"
	}
	return "color(" + strconv.Itoa(int(c)) + ")"
}

// CFA is a colour filter array: a 2×2 arrangement of red, green, green and
// blue cells, each cell a square of Cell()×Cell() pixels of one colour, and
// the position of the frame's (0, 0) inside one period of 2·Cell() pixels.
//
//	cell 1  Bayer       period 2
//	cell 2  Quad Bayer  period 4 (Samsung Tetracell, Sony Quad Bayer)
//	cell 3  Nona        period 6 (Samsung Nonacell)
//	cell 4  Hexadeca    period 8
//
// The zero value, [Mono], has no filter. CFA is a plain value: compare with ==.
// Cropping moves the position ([CFA.Shift]), so any crop, odd ones too, keeps
// its phase right.
type CFA uint16

// The named arrays whose first pixel is the first of a cell. The letters read
// the 2×2 cells row by row.
const (
	Mono CFA = 0

	BayerRGGB CFA = 1 << 8
	BayerGRBG CFA = 1<<8 | 1
	BayerGBRG CFA = 1<<8 | 1<<4
	BayerBGGR CFA = 1<<8 | 1<<4 | 1

	QuadRGGB CFA = 2 << 8
	QuadGRBG CFA = 2<<8 | 2
	QuadGBRG CFA = 2<<8 | 2<<4
	QuadBGGR CFA = 2<<8 | 2<<4 | 2

	NonaRGGB CFA = 3 << 8
	NonaGRBG CFA = 3<<8 | 3
	NonaGBRG CFA = 3<<8 | 3<<4
	NonaBGGR CFA = 3<<8 | 3<<4 | 3

	HexadecaRGGB CFA = 4 << 8
	HexadecaGRBG CFA = 4<<8 | 4
	HexadecaGBRG CFA = 4<<8 | 4<<4
	HexadecaBGGR CFA = 4<<8 | 4<<4 | 4
)

// NewCFA returns the array of the given cell size (1–4) whose period begins
// offset pixels left of and above the frame's (0, 0); any offset is reduced
// to one period. NewCFA(1, image.Pt(1, 0)) is [BayerGRBG].
func NewCFA(cell int, offset image.Point) (CFA, error) {
	if cell < 1 || cell > 4 {
		return 0, fmt.Errorf("%w: cell of %d pixels, want 1 to 4", ErrCFA, cell)
	}
	return CFA(cell<<8).Shift(offset.X, offset.Y), nil
}

// Cell returns the side of a one-colour cell in pixels: 1 for Bayer, 2 for
// Quad, 3 for Nona, 4 for Hexadeca, 0 for Mono.
func (c CFA) Cell() int { return int(c >> 8) }

// Period returns the side of the repeating pattern in pixels: 2·Cell(), and 1
// for Mono.
func (c CFA) Period() int {
	if c.Cell() == 0 {
		return 1
	}
	return 2 * c.Cell()
}

// Offset returns where in the RGGB-anchored period the frame's (0, 0) lies;
// both coordinates are in [0, Period()).
func (c CFA) Offset() image.Point { return image.Pt(int(c&15), int(c>>4&15)) }

// Valid reports whether c is Mono or has a cell of 1 to 4 and an offset
// inside its period.
func (c CFA) Valid() bool {
	if c.Cell() == 0 {
		return c == Mono
	}
	o := c.Offset()
	return c.Cell() <= 4 && o.X < c.Period() && o.Y < c.Period()
}

// ColorAt returns the filter colour of pixel (x, y), which may be negative.
// Mono answers Green.
func (c CFA) ColorAt(x, y int) Color {
	n := c.Cell()
	if n == 0 {
		return Green
	}
	o := c.Offset()
	p := 2 * n
	return Color(mod(x+o.X, p)/n + mod(y+o.Y, p)/n)
}

// Shift returns the array as seen from a frame whose (0, 0) is this frame's
// (dx, dy).
func (c CFA) Shift(dx, dy int) CFA {
	if c.Cell() == 0 {
		return c
	}
	o, p := c.Offset(), c.Period()
	return c&^0xff | CFA(mod(o.Y+dy, p)<<4|mod(o.X+dx, p))
}

// Binned returns the array of the frame that results when each n×n block of
// one colour becomes one pixel: Quad by 2 and Nona by 3 become Bayer, Hexadeca
// by 2 becomes Quad. The blocks are taken to start at the first whole cell.
// Bayer and Mono stay what they are for every n (same-colour neighbours are
// binned, and the phase stays that of the frame).
func (c CFA) Binned(n int) (CFA, error) {
	k := c.Cell()
	if n < 1 {
		return 0, fmt.Errorf("%w: binning factor %d", ErrCFA, n)
	}
	if k <= 1 {
		return c, nil
	}
	if k%n != 0 {
		return 0, fmt.Errorf("%w: %v cannot be binned by %d", ErrCFA, c, n)
	}
	s := c.CellStart()
	m := c.Shift(s.X, s.Y).Offset()
	return NewCFA(k/n, m.Div(n))
}

// CellStart returns the first pixel at or right of and below (0, 0) that
// begins a cell, each coordinate in [0, Cell()).
func (c CFA) CellStart() image.Point {
	k := c.Cell()
	if k == 0 {
		return image.Point{}
	}
	o := c.Offset()
	return image.Pt(mod(-o.X, k), mod(-o.Y, k))
}

// Pattern returns the colours of one period, row by row, from (0, 0): DNG's
// CFAPattern for CFARepeatPatternDim = (Period(), Period()).
func (c CFA) Pattern() []Color {
	p := c.Period()
	out := make([]Color, 0, p*p)
	for y := range p {
		for x := range p {
			out = append(out, c.ColorAt(x, y))
		}
	}
	return out
}

// CFAFromPattern finds the array whose pattern of rows×cols colours is given
// row by row. The error is an [*UnsupportedError] when the pattern is none of
// ours (X-Trans, four colours, unequal cells).
func CFAFromPattern(rows, cols int, pattern []Color) (CFA, error) {
	if rows < 1 || cols < 1 || rows > 8 || cols > 8 || len(pattern) != rows*cols {
		return 0, fmt.Errorf("%w: pattern of %d×%d with %d entries", ErrCFA, rows, cols, len(pattern))
	}
	for cell := 1; cell <= 4; cell++ {
		p := 2 * cell
		if rows%p != 0 && p%rows != 0 || cols%p != 0 && p%cols != 0 {
			continue
		}
		for oy := range p {
			for ox := range p {
				c := CFA(cell<<8 | oy<<4 | ox)
				if c.matches(rows, cols, pattern) {
					return c, nil
				}
			}
		}
	}
	name := "colour filter array"
	if isXTrans(rows, cols, pattern) {
		name = "X-Trans, a colour filter array"
	}
	return 0, &UnsupportedError{Feature: fmt.Sprintf("%s of %d×%d %s", name, rows, cols, patternString(pattern))}
}

// isXTrans tells Fujifilm's array from other ones of 6×6: 20 greens, 8 reds and
// 8 blues, and every row and column has all three.
func isXTrans(rows, cols int, pattern []Color) bool {
	if rows != 6 || cols != 6 {
		return false
	}
	var n [3]int
	var seen [12][3]bool
	for i, c := range pattern {
		if c > Blue {
			return false
		}
		n[c]++
		seen[i/6][c], seen[6+i%6][c] = true, true
	}
	for _, line := range seen {
		if line != [3]bool{true, true, true} {
			return false
		}
	}
	return n == [3]int{8, 20, 8}
}

func (c CFA) matches(rows, cols int, pattern []Color) bool {
	for y := range max(rows, c.Period()) {
		for x := range max(cols, c.Period()) {
			if c.ColorAt(x, y) != pattern[y%rows*cols+x%cols] {
				return false
			}
		}
	}
	return true
}

func patternString(pattern []Color) string {
	var b strings.Builder
	for _, p := range pattern {
		if int(p) < 3 {
			b.WriteByte("RGB"[p])
		} else {
			b.WriteByte('0' + byte(min(p, 9)))
		}
	}
	return b.String()
}

var cellNames = [...]string{"mono", "bayer", "quad", "nona", "hexadeca"}

// String names the array: "mono", "bayer-grbg", "quad-rggb", and for a frame
// that begins inside a cell the offset too: "quad-rggb+1+0".
func (c CFA) String() string {
	if !c.Valid() {
		return fmt.Sprintf("cfa(%#x)", uint16(c))
	}
	if c == Mono {
		return "mono"
	}
	k, o := c.Cell(), c.Offset()
	at := func(x, y int) byte { return "rgb"[c.ColorAt(x, y)] }
	in := image.Pt(o.X%k, o.Y%k)
	x, y := -in.X, -in.Y
	name := cellNames[k] + "-" + string([]byte{at(x, y), at(x+k, y), at(x, y+k), at(x+k, y+k)})
	if in != (image.Point{}) {
		name += fmt.Sprintf("+%d+%d", in.X, in.Y)
	}
	return name
}

// MarshalText is [CFA.String] for encoders.
func (c CFA) MarshalText() ([]byte, error) {
	if !c.Valid() {
		return nil, fmt.Errorf("%w: %v", ErrCFA, c)
	}
	return []byte(c.String()), nil
}

// UnmarshalText accepts what [CFA.String] prints.
func (c *CFA) UnmarshalText(text []byte) error {
	v, err := ParseCFA(string(text))
	if err != nil {
		return err
	}
	*c = v
	return nil
}

// ParseCFA accepts what [CFA.String] prints, in any case: "mono",
// "bayer-rggb", "quad-gbrg+1+0".
func ParseCFA(s string) (CFA, error) {
	low := strings.ToLower(strings.TrimSpace(s))
	if low == "mono" {
		return Mono, nil
	}
	base, offset, _ := strings.Cut(low, "+")
	kind, phase, _ := strings.Cut(base, "-")
	for cell := 1; cell < len(cellNames); cell++ {
		if cellNames[cell] != kind {
			continue
		}
		var at image.Point
		switch phase {
		case "rggb":
		case "grbg":
			at.X = cell
		case "gbrg":
			at.Y = cell
		case "bggr":
			at = image.Pt(cell, cell)
		default:
			return 0, fmt.Errorf("%w: %q: phase %q, want rggb, grbg, gbrg or bggr", ErrCFA, s, phase)
		}
		if offset != "" {
			xs, ys, ok := strings.Cut(offset, "+")
			dx, errX := strconv.Atoi(xs)
			dy, errY := strconv.Atoi(ys)
			if !ok || errX != nil || errY != nil || dx < 0 || dy < 0 || dx >= cell || dy >= cell {
				return 0, fmt.Errorf("%w: %q: offset, want +X+Y inside a cell of %d", ErrCFA, s, cell)
			}
			at = at.Add(image.Pt(dx, dy))
		}
		return NewCFA(cell, at)
	}
	return 0, fmt.Errorf("%w: %q: want mono, bayer-, quad-, nona- or hexadeca- and rggb, grbg, gbrg or bggr", ErrCFA, s)
}

// Reflect maps coordinate i of an axis of n pixels to one inside [0, n) that
// lies under the same colour: it mirrors about the centre of the outermost
// cell, which for Bayer and Mono is the usual mirror without repeated edge
// ("reflect 101"). axis 0 is x, 1 is y.
func (c CFA) Reflect(i, n, axis int) int {
	if uint(i) < uint(n) {
		return i
	}
	k, off := 1, 0
	if c.Cell() > 0 {
		k = c.Cell()
		o := c.Offset()
		off = o.X
		if axis == 1 {
			off = o.Y
		}
	}
	// 2·centre of the first and of the last cell, which may stick out.
	first := -2*(off%k) + k - 1
	last := 2*(n-1-(off+n-1)%k) + k - 1
	for range 64 {
		switch {
		case i < 0:
			i = first - i
		case i >= n:
			i = last - i
		}
		if uint(i) < uint(n) {
			return i
		}
	}
	// Narrower than the mirror can serve: the nearest pixel.
	return max(0, min(i, n-1))
}

func mod(a, n int) int {
	if a %= n; a < 0 {
		a += n
	}
	return a
}
