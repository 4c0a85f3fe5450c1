package ljpeg

// The predictors of T.81 table H.1, a row at a time: each turns a row's
// differences into samples where they stand. c is the number of components;
// a sample's left neighbour stands c places before it. All sums are modulo
// 2^16 (H.1.2.1).

// predictFirst serves the first row of a scan or restart interval, whatever
// the predictor: from the left, and from initial in the first column.
func predictFirst(row []uint16, c int, initial uint16) {
	for i := range min(c, len(row)) {
		row[i] += initial
	}
	fromLeft(row, c)
}

// predictRow serves every other row; above is the row before it.
func predictRow(row, above []uint16, c, predictor int) {
	above = above[:len(row)]
	for i := range min(c, len(row)) {
		row[i] += above[i]
	}
	switch predictor {
	case 1:
		fromLeft(row, c)
	case 2:
		for i := c; i < len(row); i++ {
			row[i] += above[i]
		}
	case 3:
		for i := c; i < len(row); i++ {
			row[i] += above[i-c]
		}
	case 4:
		for i := c; i < len(row); i++ {
			row[i] += row[i-c] + above[i] - above[i-c]
		}
	case 5:
		for i := c; i < len(row); i++ {
			row[i] += row[i-c] + uint16((int32(above[i])-int32(above[i-c]))>>1)
		}
	case 6:
		for i := c; i < len(row); i++ {
			row[i] += above[i] + uint16((int32(row[i-c])-int32(above[i-c]))>>1)
		}
	case 7:
		for i := c; i < len(row); i++ {
			row[i] += uint16((int32(row[i-c]) + int32(above[i])) >> 1)
		}
	}
}

// fromLeft is predictor 1 from the second column on.
func fromLeft(row []uint16, c int) {
	switch c {
	case 1:
		v := uint16(0)
		for i, d := range row {
			v += d
			row[i] = v
		}
	case 2:
		var v0, v1 uint16
		for ; len(row) >= 2; row = row[2:] {
			v0 += row[0]
			v1 += row[1]
			row[0], row[1] = v0, v1
		}
	case 3:
		var v0, v1, v2 uint16
		for ; len(row) >= 3; row = row[3:] {
			v0 += row[0]
			v1 += row[1]
			v2 += row[2]
			row[0], row[1], row[2] = v0, v1, v2
		}
	case 4:
		var v0, v1, v2, v3 uint16
		for ; len(row) >= 4; row = row[4:] {
			v0 += row[0]
			v1 += row[1]
			v2 += row[2]
			v3 += row[3]
			row[0], row[1], row[2], row[3] = v0, v1, v2, v3
		}
	}
}
