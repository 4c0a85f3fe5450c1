package demosaic

import "math"

//go:generate go run -C ../internal/asmgen ./demosaic -out ../../demosaic/kernel_amd64.s -stubs ../../demosaic/kernel_stubs_amd64.go -pkg demosaic

// The row kernels. The functions here are the definitions; assembly gives the
// same bits. An entry reslices its arguments once, so that whatever runs behind
// it stays inside them.

// roundMagic added to a float32 of magnitude below 2²² leaves its value,
// rounded to nearest even, in the low mantissa bits.
const (
	roundMagic = 3 << 22
	roundBits  = 0x4b400000 // of roundMagic
)

// levelsRow sets dst = min((src − black)·scale, top), rounded to nearest even.
func levelsRow(dst []int32, src []uint16, black, scale []float32, top int32) {
	n := len(dst)
	src, black, scale = src[:n], black[:n], scale[:n]
	levelsRowArch(dst, src, black, scale, top)
}

func levelsRowGeneric(dst []int32, src []uint16, black, scale []float32, top int32) {
	src, black, scale = src[:len(dst)], black[:len(dst)], scale[:len(dst)]
	for i, v := range src {
		f := float32((float32(v) - black[i]) * scale[i])
		f = max(-levelsBound, min(levelsBound, f))
		r := int32(math.Float32bits(f+roundMagic)) - roundBits
		dst[i] = min(r, top)
	}
}

// levelsBound keeps what hostile levels make of a sample inside the range of
// the kernels' 32-bit sums.
const levelsBound = 1 << 20

// samplesRow sets dst = min((src − black)·scale, top) + pedestal, rounded to
// nearest even and bounded to 16 bits.
func samplesRow(dst, src []uint16, black, scale []float32, top, pedestal int32) {
	n := len(dst)
	src, black, scale = src[:n], black[:n], scale[:n]
	samplesRowArch(dst, src, black, scale, top, pedestal)
}

func samplesRowGeneric(dst, src []uint16, black, scale []float32, top, pedestal int32) {
	src, black, scale = src[:len(dst)], black[:len(dst)], scale[:len(dst)]
	for i, v := range src {
		f := float32((float32(v) - black[i]) * scale[i])
		f = max(-levelsBound, min(float32(top), f))
		dst[i] = clamp16(int32(math.Float32bits(f+roundMagic)) - roundBits + pedestal)
	}
}

// bilinearRow interpolates a row of a Bayer mosaic. up, mid and down are three
// rows whose sample i+1 belongs to output i. own is the plane of the row's red
// or blue, other that of the rows above and below. first is 0 when output 0 has
// the colour own, 1 when it is green. With stream set outputs may go to memory
// past the cache.
func bilinearRow(own, green, other, up, mid, down []uint16, first int, stream bool) {
	n := len(own)
	green, other = green[:n], other[:n]
	up, mid, down = up[:n+2], mid[:n+2], down[:n+2]
	bilinearRowArch(own, green, other, up, mid, down, first&1, stream)
}

func bilinearRowGeneric(own, green, other, up, mid, down []uint16, first int) {
	n := len(own)
	green, other = green[:n], other[:n]
	up, mid, down = up[:n+2], mid[:n+2], down[:n+2]
	for i := range own {
		w, c, e := uint32(mid[i]), mid[i+1], uint32(mid[i+2])
		v := uint32(up[i+1]) + uint32(down[i+1])
		if i&1 == first {
			own[i] = c
			green[i] = uint16((v + w + e + 2) >> 2)
			other[i] = uint16((uint32(up[i]) + uint32(up[i+2]) + uint32(down[i]) + uint32(down[i+2]) + 2) >> 2)
		} else {
			own[i] = uint16((w + e + 1) >> 1)
			green[i] = c
			other[i] = uint16((v + 1) >> 1)
		}
	}
}

// malvarRow is bilinearRow of working values with the filters of Malvar, He and
// Cutler (2004), figure 2, in sixteenths. Sample i+2 of the five rows r belongs
// to output i. Outputs are moved up by pedestal and bounded to 16 bits.
func malvarRow(own, green, other []uint16, r *[5][]int32, first int, pedestal int32, stream bool) {
	n := len(own)
	green, other = green[:n], other[:n]
	rows := [5][]int32{r[0][:n+4], r[1][:n+4], r[2][:n+4], r[3][:n+4], r[4][:n+4]}
	malvarRowArch(own, green, other, &rows, first&1, pedestal, stream)
}

func malvarRowGeneric(own, green, other []uint16, r *[5][]int32, first int, pedestal int32) {
	n := len(own)
	green, other = green[:n], other[:n]
	nn, up, mid, down, ss := r[0][:n+4], r[1][:n+4], r[2][:n+4], r[3][:n+4], r[4][:n+4]
	for i := range own {
		c := mid[i+2]
		h1, h2 := mid[i+1]+mid[i+3], mid[i]+mid[i+4]
		v1, v2 := up[i+2]+down[i+2], nn[i+2]+ss[i+2]
		d := up[i+1] + up[i+3] + down[i+1] + down[i+3]
		if i&1 == first {
			own[i] = clamp16(c + pedestal)
			green[i] = clamp16((4*c+2*(h1+v1)-(h2+v2)+4)>>3 + pedestal)
			other[i] = clamp16((12*c+4*d-3*(h2+v2)+8)>>4 + pedestal)
		} else {
			own[i] = clamp16((10*c+8*h1-2*(h2+d)+v2+8)>>4 + pedestal)
			green[i] = clamp16(c + pedestal)
			other[i] = clamp16((10*c+8*v1-2*(v2+d)+h2+8)>>4 + pedestal)
		}
	}
}

// mergeRowGeneric takes the samples of src where mask has all bits, not none.
func mergeRowGeneric(dst, src, mask []uint16) {
	src, mask = src[:len(dst)], mask[:len(dst)]
	for i, m := range mask {
		dst[i] = dst[i]&^m | src[i]&m
	}
}

func clamp16(v int32) uint16 { return uint16(max(0, min(v, math.MaxUint16))) }
