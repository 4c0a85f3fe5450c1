package bank

// ring keeps the last rows of planes that are made row by row, so that what a
// kernel reads is what another one has just written. Rows of all planes lie
// side by side and are whole cache lines.
type ring[T int16 | uint16] struct {
	pix                 []T
	planes, rows, pitch int
	first, next         int // the rows that are there: first to next−1
}

// reset empties the ring and makes room for rows of width entries.
func (r *ring[T]) reset(planes, rows, width int) {
	r.planes, r.rows, r.pitch = planes, rows, lines(width)
	r.pix = grow(r.pix, planes*rows*r.pitch+slack)
	r.first, r.next = 0, 0
}

// row returns row y of a plane, with what lies behind it: the same row of the
// next plane is pitch entries on.
func (r *ring[T]) row(plane, y int) []T {
	return r.pix[(floorMod(y, r.rows)*r.planes+plane)*r.pitch:]
}

// following fills rows with those of the first plane from y on; there are no
// more of them than the ring has.
func (r *ring[T]) following(rows [][]T, y int) {
	first, all := floorMod(y, r.rows)*r.planes*r.pitch, r.rows*r.planes*r.pitch
	for i := range rows {
		rows[i] = r.pix[first:]
		if first += r.planes * r.pitch; first == all {
			first = 0
		}
	}
}

// need makes the rows from first to last that are not there, in order.
func (r *ring[T]) need(first, last int, make func(y int)) {
	if first < r.first || first > r.next {
		r.first, r.next = first, first
	}
	for ; r.next <= last; r.next++ {
		make(r.next)
	}
	r.first = max(r.first, r.next-r.rows)
}
