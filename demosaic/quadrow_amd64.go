//go:build amd64 && !purego

package demosaic

func quadAcrossRow(dst, src []uint16, second int) { bestSet().quadAcrossRow(dst, src, second) }

func (k kernelSet) quadAcrossRow(dst, src []uint16, second int) {
	src = src[:len(dst)+4]
	run := quadAcrossRowAVX2
	if k == setAVX512 {
		run = quadAcrossRowAVX512
	}
	if !k.spans(2, dst, dst, dst, false, func(i, n, _ int) { run(&dst[i], &src[i], (second+i)&1, n) }) {
		quadAcrossRowGeneric(dst, src, second)
	}
}

func quadBendRow(dst []int16, src []uint16, second int) { bestSet().quadBendRow(dst, src, second) }

func (k kernelSet) quadBendRow(dst []int16, src []uint16, second int) {
	src = src[:len(dst)+8]
	run := quadBendRowAVX2
	if k == setAVX512 {
		run = quadBendRowAVX512
	}
	row := src[:len(dst)]
	if !k.spans(2, row, row, row, false, func(i, n, _ int) { run(&dst[i], &src[i], (second+i)&1, n) }) {
		quadBendRowGeneric(dst, src, second)
	}
}

func quadBilinearRow(own, green, other []uint16, r *quadRows, first int, stream bool) {
	bestSet().quadBilinearRow(own, green, other, r, first, stream)
}

func (k kernelSet) quadBilinearRow(own, green, other []uint16, r *quadRows, first int, stream bool) {
	row := r.first(len(own))
	green, other = green[:len(own)], other[:len(own)]
	run := quadBilinearRowAVX2
	if k == setAVX512 {
		run = quadBilinearRowAVX512
	}
	if !k.spans(2, own, green, other, stream, func(i, n, past int) {
		run(&own[i], &green[i], &other[i], &row.mid[i], &row.near[i], &row.far[i],
			&row.midAcross[i], &row.nearAcross[i], &row.farAcross[i], (first+i)&3, n, past)
	}) {
		quadBilinearRowGeneric(own, green, other, &row, first)
	}
}

func quadMalvarRow(own, green, other []uint16, r *quadRows, first int, stream bool) {
	bestSet().quadMalvarRow(own, green, other, r, first, stream)
}

func (k kernelSet) quadMalvarRow(own, green, other []uint16, r *quadRows, first int, stream bool) {
	row, n := r.first(len(own)), len(own)
	row.before, row.pair, row.behind, row.bend = r.before[:n], r.pair[:n], r.behind[:n], r.bend[:n]
	green, other = green[:n], other[:n]
	run := quadMalvarRowAVX2
	if k == setAVX512 {
		run = quadMalvarRowAVX512
	}
	if !k.spans(2, own, green, other, stream, func(i, n, past int) {
		run(&own[i], &green[i], &other[i], &row.mid[i], &row.near[i], &row.far[i],
			&row.midAcross[i], &row.nearAcross[i], &row.farAcross[i], &row.before[i], &row.pair[i], &row.behind[i], &row.bend[i], (first+i)&3, n, past)
	}) {
		quadMalvarRowGeneric(own, green, other, &row, first)
	}
}

// first returns the first n samples of what both methods need.
func (r *quadRows) first(n int) quadRows {
	return quadRows{
		mid: r.mid[:n], near: r.near[:n], far: r.far[:n],
		midAcross: r.midAcross[:n], nearAcross: r.nearAcross[:n], farAcross: r.farAcross[:n],
	}
}

func turnsRow(dst, even, odd []uint16, top uint16) { bestSet().turnsRow(dst, even, odd, top) }

func (k kernelSet) turnsRow(dst, even, odd []uint16, top uint16) {
	run := turnsRowAVX2
	if k == setAVX512 {
		run = turnsRowAVX512
	}
	even, odd = even[:len(dst)], odd[:len(dst)]
	if !k.spans(2, dst, dst, dst, false, func(i, n, _ int) { run(&dst[i], &even[i], &odd[i], top, i&1, n) }) {
		turnsRowGeneric(dst, even, odd, top)
	}
}
