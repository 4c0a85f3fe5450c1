//go:build amd64 && !purego

package demosaic

func pairsRowArch(sums []int32, pix []int16, stride int) { bestSet().pairsRow(sums, pix, stride) }

func (k kernelSet) pairsRow(sums []int32, pix []int16, stride int) {
	first, last := k.parts(len(sums))
	if first == 0 {
		pairsRowGeneric(sums, pix, stride)
		return
	}
	pix = pix[:3*stride+2*len(sums)]
	run := pairsRowAVX2
	if k == setAVX512 {
		run = pairsRowAVX512
	}
	run(&sums[0], &pix[0], 2*stride, first)
	if i := last; i >= 0 {
		run(&sums[i], &pix[2*i], 2*stride, len(sums)-i)
	}
}

func windowRowArch(sums, color []int32, stride int) { bestSet().windowRow(sums, color, stride) }

func (k kernelSet) windowRow(sums, color []int32, stride int) {
	first, last := k.parts(len(sums))
	if first == 0 {
		windowRowGeneric(sums, color, stride)
		return
	}
	color = color[:4*stride+len(sums)]
	run := windowRowAVX2
	if k == setAVX512 {
		run = windowRowAVX512
	}
	run(&sums[0], &color[0], 4*stride, first)
	if i := last; i >= 0 {
		run(&sums[i], &color[i], 4*stride, len(sums)-i)
	}
}

func apartRowArch(apart, energy []float32, sums, own []int32) {
	bestSet().apartRow(apart, energy, sums, own)
}

func (k kernelSet) apartRow(apart, energy []float32, sums, own []int32) {
	first, last := k.parts(len(apart))
	if first == 0 {
		apartRowGeneric(apart, energy, sums, own)
		return
	}
	run := apartRowAVX2
	if k == setAVX512 {
		run = apartRowAVX512
	}
	run(&apart[0], &energy[0], &sums[0], &own[0], first)
	if i := last; i >= 0 {
		run(&apart[i], &energy[i], &sums[i], &own[i], len(apart)-i)
	}
}

func decideRowArch(delta *[3][]int16, energy *[3][]float32, stride int, apart *[2][]float32, luma []int32, noise *chromaNoise) {
	bestSet().decideRow(delta, energy, stride, apart, luma, noise)
}

func (k kernelSet) decideRow(delta *[3][]int16, energy *[3][]float32, stride int, apart *[2][]float32, luma []int32, noise *chromaNoise) {
	first, last := k.parts(len(luma))
	if first == 0 {
		decideRowGeneric(delta, energy, stride, apart, luma, noise)
		return
	}
	run := func(i, n int) {
		kernel := decideRowAVX2
		if k == setAVX512 {
			kernel = decideRowAVX512
		}
		kernel(&delta[0][i], &delta[1][i], &delta[2][i], &energy[0][i], &energy[1][i], &energy[2][i], 4*stride,
			&apart[0][i], &apart[1][i], &luma[i], &noise[0].color[0], n)
	}
	run(0, first)
	if last >= 0 {
		run(last, len(luma)-last)
	}
}

func spreadRowArch(units, own, next []int16) { bestSet().spreadRow(units, own, next) }

func (k kernelSet) spreadRow(units, own, next []int16) {
	n := len(units) / 2
	first, last := k.parts(n)
	if first == 0 {
		spreadRowGeneric(units, own, next)
		return
	}
	run := spreadRowAVX2
	if k == setAVX512 {
		run = spreadRowAVX512
	}
	run(&units[0], &own[0], &next[0], first)
	if i := last; i >= 0 {
		run(&units[2*i], &own[i], &next[i], n-i)
	}
}

func tintRowArch(pix, units []int16) { bestSet().tintRow(pix, units) }

func (k kernelSet) tintRow(pix, units []int16) {
	whole, lanes := 0, k.unitLanes()
	if lanes > 0 && len(units) >= len(pix)/2+lanes {
		whole = len(pix) &^ (lanes - 1)
	}
	if whole > 0 {
		run := tintRowAVX2
		if k == setAVX512 {
			run = tintRowAVX512
		}
		run(&pix[0], &units[0], whole)
	}
	if whole < len(pix) {
		tintRowGeneric(pix[whole:], units[whole/2:])
	}
}
