//go:build !amd64 || purego

package binning

import "github.com/quadraw/quadraw/raw"

// isa is an implementation of the kernels; here there is one.
type isa uint8

const generic isa = 0

func (l isa) String() string { return "generic" }

func implementations() []isa { return []isa{generic} }

func sum2(_ isa, _ access, dst, r0, r1 []uint16, round uint32, shift uint) {
	sum2Generic(dst, r0, r1, round, shift)
}

func sum2Bayer(_ isa, _ access, dst, r0, r1 []uint16, round uint32, shift uint) {
	sum2BayerGeneric(dst, r0, r1, round, shift)
}

func sum3(_ isa, _ access, dst, r0, r1, r2 []uint16, round uint32, scale float32) {
	sum3Generic(dst, r0, r1, r2, round, scale)
}

func sum4(_ isa, _ access, dst, r0, r1, r2, r3 []uint16, round uint32, shift uint) {
	sum4Generic(dst, r0, r1, r2, r3, round, shift)
}

func lin(_ isa, _ access, dst []uint16, n int, rows *[4][]uint16, coeffs *[4][]int16, k []int32, shift uint) {
	linGeneric(dst, n, rows, coeffs, k, shift)
}

func lin2Bayer(_ isa, _ access, dst, r0, r1 []uint16, c0, c1 []int16, k []int32, shift uint) {
	lin2BayerGeneric(dst, r0, r1, c0, c1, k, shift)
}

func unpack(_ isa, dst []uint16, src []byte, p raw.Packing, _ *unpackTable) {
	unpackGeneric(dst, src, p)
}

// samplesIn says that rows have to be unpacked: their byte order may not be
// this machine's.
func samplesIn([]byte, raw.Packing) []uint16 { return nil }

func cell(_ isa, _ access, dst []uint16, n int, rows *[4][]uint16, c *cellRows, p *cellParams) {
	cellGeneric(dst, n, rows, c, p)
}

func cell2(_ isa, _ access, dst []uint16, bayer bool, rows *[4][]uint16, c *cellRows, p *cellParams) {
	cell2Row(dst, bayer, rows[0], rows[1], c, p)
}

func even(_ isa, _ access, dst []uint16, bayer bool, rows *[4][]uint16, c *cellRows, p *evenParams) {
	evenRow(dst, bayer, rows[0], rows[1], c, p)
}

func hdr(_ isa, _ access, dst []uint16, bayer bool, rows *[4][]uint16, c *cellRows, p *hdrParams) {
	hdrRow(dst, bayer, rows[0], rows[1], c, p)
}

func packed2(l isa, m access, dst []uint16, r0, r1 []byte, p raw.Packing, t *unpackTable, round uint32, shift uint, s *scratch) {
	unpackAndSum(l, m, dst, r0, r1, p, t, round, shift, s)
}
