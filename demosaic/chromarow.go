package demosaic

import "github.com/quadraw/quadraw/demosaic/internal/bank"

// The kernels of smoothing colours, as they are defined.

// pairsRow sums pairs of columns of four rows of pixels, stride apart.
func pairsRow(sums []int32, pix []int16, stride int) { pairsRowArch(sums, pix, stride) }

func pairsRowGeneric(sums []int32, pix []int16, stride int) {
	n := 2 * len(sums)
	a, b, c, d := pix[:n], pix[stride:][:n], pix[2*stride:][:n], pix[3*stride:][:n]
	for i := range sums {
		j := 2 * i
		sums[i] = int32(a[j]) + int32(a[j+1]) + int32(b[j]) + int32(b[j+1]) + int32(c[j]) + int32(c[j+1]) + int32(d[j]) + int32(d[j+1])
	}
}

// windowRow sums the rows of the window around blocks, stride apart.
func windowRow(sums, color []int32, stride int) { windowRowArch(sums, color, stride) }

func windowRowGeneric(sums, color []int32, stride int) {
	n := len(sums)
	a, b, c, d, e := color[:n], color[stride:][:n], color[2*stride:][:n], color[3*stride:][:n], color[4*stride:][:n]
	for i := range sums {
		sums[i] = a[i] + b[i] + c[i] + d[i] + e[i]
	}
}

// apartRow finds how far blocks are from the mean of the windows around, whose
// columns have the given sums: those of chromaWindow blocks before the first
// one on.
func apartRow(apart, energy []float32, sums, own []int32) {
	n := len(apart)
	apartRowArch(apart, energy[:n], sums[:n+2*chromaWindow], own[:n])
}

// chromaPart is a block's sum over 5×5 blocks of 16 pixels each.
const chromaPart = 1.0 / (chromaWindowSize * chromaSide * chromaSide)

// chromaWindowSize is how many blocks a window has.
const chromaWindowSize = (2*chromaWindow + 1) * (2*chromaWindow + 1)

func apartRowGeneric(apart, energy []float32, sums, own []int32) {
	energy, own = energy[:len(apart)], own[:len(apart)]
	for i, v := range own {
		near := sums[i:][:5]
		d := float32(float32(chromaWindowSize*v-(near[0]+near[1]+near[2]+near[3]+near[4])) * chromaPart)
		apart[i], energy[i] = d, float32(d*d)
	}
}

// decideRow finds what blocks change by. energy begins a row above and a
// column before them; its rows are stride apart.
func decideRow(delta *[3][]int16, energy *[3][]float32, stride int, apart *[2][]float32, luma []int32, noise *chromaNoise) {
	n := len(delta[0])
	to := [3][]int16{delta[0], delta[1][:n], delta[2][:n]}
	var e [3][]float32
	for i := range e {
		e[i] = energy[i][:2*stride+n+2]
	}
	decideRowArch(&to, &e, stride, &[2][]float32{apart[0][:n], apart[1][:n]}, luma[:n], noise)
}

func decideRowGeneric(delta *[3][]int16, energy *[3][]float32, stride int, apart *[2][]float32, luma []int32, noise *chromaNoise) {
	for x, level := range luma {
		var e [3]float32
		for i, rows := range energy {
			var near [3]float32
			for j := range near {
				near[j] = (rows[x+j] + rows[stride+x+j]) + rows[2*stride+x+j]
			}
			e[i] = float32(((near[0] + near[1]) + near[2]) * (1.0 / 9))
		}
		n := &noise[max(0, min((level>>4-bank.Min)>>9, noiseSteps-1))]
		signal := max(e[2]-n.luma, 0)
		var d [2]float32
		for i := range d {
			// The share n/(s+n) of d, with s+n = max(n, e) + max(0, l − 2n').
			d[i] = float32(apart[i][x]*float32(n.share*n.color[i])) / (max(e[i], n.color[i]) + signal)
		}
		green := float32((d[0] + d[1]) * 0.25)
		delta[0][x] = chromaStep(green - d[0])
		delta[1][x] = chromaStep(green)
		delta[2][x] = chromaStep(green - d[1])
	}
}

// chromaStep rounds v, which is above −65536, within ±chromaMost.
func chromaStep(v float32) int16 {
	return int16(max(-chromaMost, min(int32(v+65536.5)-65536, chromaMost)))
}

// spreadRow interpolates the units of a row of blocks, two each, from own and
// next, the rows on both sides of them, which begin one block before.
func spreadRow(units, own, next []int16) {
	n := len(units) / 2
	spreadRowArch(units[:2*n], own[:n+2], next[:n+2])
}

func spreadRowGeneric(units, own, next []int16) {
	n := len(units) / 2
	own, next = own[:n+2], next[:n+2]
	left, here := 3*int32(own[0])+int32(next[0]), 3*int32(own[1])+int32(next[1])
	for i := range n {
		right := 3*int32(own[i+2]) + int32(next[i+2])
		units[2*i] = int16((3*here + left + 8) >> 4)
		units[2*i+1] = int16((3*here + right + 8) >> 4)
		left, here = here, right
	}
}

// tintRow adds to each pixel what its unit changes by.
func tintRow(pix, units []int16) { tintRowArch(pix, units) }

func tintRowGeneric(pix, units []int16) {
	for i, v := range pix {
		pix[i] = int16(max(bank.Min, min(int32(v)+int32(units[i/2]), bank.Max)))
	}
}
