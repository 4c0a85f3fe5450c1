// Package dft holds the two-dimensional real discrete Fourier transform of
// 32×32 tiles that merging and denoising run on: sixteen tiles at a time, one
// in each lane, in float32.
//
// A lane never meets another lane, so a tile's spectrum does not depend on its
// neighbours in the batch, and a machine with vectors of eight or sixteen
// floats does, lane by lane, the very operations of the generic code in the
// very same order: no multiplication is fused with an addition, and the bits
// are equal everywhere.
package dft

const (
	// N is the side of a tile.
	N = 32
	// Half is how many columns of the spectrum are kept; the others follow
	// from F(−u) = conj F(u).
	Half = N/2 + 1
	// Lanes is how many tiles are transformed at once.
	Lanes = 16
)

// Tile holds Lanes real tiles: sample (x, y) of tile l is
// t[(y·N+x)·Lanes+l].
type Tile [N * N * Lanes]float32

// Spectrum holds Lanes half spectra: the real part of bin (kx, ky) of tile l
// is s[((ky·Half+kx)·2)·Lanes+l], the imaginary part Lanes further on.
type Spectrum [N * Half * 2 * Lanes]float32

// line is one row or column of complex points: real parts at 2·k·Lanes,
// imaginary parts Lanes further on.
type line [N * 2 * Lanes]float32

// Scratch is the working memory of a transform.
type Scratch struct{ tmp, row line }

// Forward sets s to twice the discrete Fourier transform of t,
//
//	s(kx, ky) = 2·Σ t(x, y)·exp(−2πi(kx·x + ky·y)/N).
//
// The factor of two falls out of transforming two real rows as one complex row
// and costs nothing to undo in a window that is applied anyway.
func Forward(s *Spectrum, t *Tile, w *Scratch) {
	for y := 0; y < N; y += 2 {
		a := t[y*N*Lanes : (y+1)*N*Lanes]
		b := t[(y+1)*N*Lanes : (y+2)*N*Lanes]
		transform(w.row[:], w.row[Lanes:], 2*Lanes, a, b, Lanes, &w.tmp)
		split(s[y*Half*2*Lanes:(y+2)*Half*2*Lanes], &w.row)
	}
	for kx := range Half {
		c := s[kx*2*Lanes:]
		transform(c, c[Lanes:], Half*2*Lanes, c, c[Lanes:], Half*2*Lanes, &w.tmp)
	}
}

// Inverse sets t to the unnormalised inverse of s, which it destroys: a tile
// that went through Forward and Inverse comes back 2·N² times as large.
func Inverse(t *Tile, s *Spectrum, w *Scratch) {
	// Exchanging the real and the imaginary part before and after a forward
	// transform makes it an inverse one.
	for kx := range Half {
		c := s[kx*2*Lanes:]
		transform(c[Lanes:], c, Half*2*Lanes, c[Lanes:], c, Half*2*Lanes, &w.tmp)
	}
	for y := 0; y < N; y += 2 {
		join(&w.row, s[y*Half*2*Lanes:(y+2)*Half*2*Lanes])
		a := t[y*N*Lanes : (y+1)*N*Lanes]
		b := t[(y+1)*N*Lanes : (y+2)*N*Lanes]
		transform(b, a, Lanes, w.row[Lanes:], w.row[:], 2*Lanes, &w.tmp)
	}
}
