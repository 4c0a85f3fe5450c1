package noise

// grayColumnsGeneric sums 4·cell rows for every column of col: the outer
// quarters once, the inner half three times.
func grayColumnsGeneric(col []uint32, pix []uint16, stride, cell int) {
	clear(col)
	for i := range 4 * cell {
		w := uint32(1)
		if i >= cell && i < 3*cell {
			w = 3
		}
		row := pix[i*stride:][:len(col)]
		for x := range col {
			col[x] += w * uint32(row[x])
		}
	}
}

// halveColumnsGeneric is the same for four rows of gray; sums are kept as the
// bits of an int32.
func halveColumnsGeneric(col []uint32, pix []int16, stride int) {
	r0, r1, r2, r3 := pix[:len(col)], pix[stride:][:len(col)], pix[2*stride:][:len(col)], pix[3*stride:][:len(col)]
	for x := range col {
		col[x] = uint32(int32(r0[x]) + 3*(int32(r1[x])+int32(r2[x])) + int32(r3[x]))
	}
}

// decimateGrayGeneric filters by [1 3 3 1], keeps every second sum, scales it,
// rounds to the nearest even integer and clamps.
func decimateGrayGeneric(dst []int16, col []uint32, scale, offset float32) {
	col = col[: 2*len(dst)+2 : 2*len(dst)+2]
	for i := range dst {
		s := col[2*i] + 3*(col[2*i+1]+col[2*i+2]) + col[2*i+3]
		// Adding and subtracting 1.5·2²³ rounds.
		v := float32(float32(int32(s))*scale) + offset
		v = float32(v+12582912) - 12582912
		dst[i] = int16(min(max(v, grayMin), grayMax))
	}
}

// decimateHalveGeneric filters by [1 3 3 1], keeps every second sum and divides
// by 64, rounding half up.
func decimateHalveGeneric(dst []int16, col []uint32) {
	col = col[: 2*len(dst)+2 : 2*len(dst)+2]
	for i := range dst {
		s := int32(col[2*i] + 3*(col[2*i+1]+col[2*i+2]) + col[2*i+3])
		dst[i] = int16((s + 32) >> 6)
	}
}
