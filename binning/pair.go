package binning

// Of Bayer rows the generic kernels of judged cells take pieces that have been
// put in pairs, which makes them rows of cells like a Quad sensor's.

func cell2Row(dst []uint16, bayer bool, r0, r1 []uint16, c *cellRows, p *cellParams) {
	if !bayer {
		cellGeneric(dst, 2, &[4][]uint16{r0, r1}, c, p)
		return
	}
	var paired pairs
	for at := 0; at < len(dst); at += pairedPiece {
		n := paired.take(len(dst), r0, r1, at)
		rest := c.from(at)
		cellGeneric(dst[at:at+n], 2, &[4][]uint16{paired[0][:2*n], paired[1][:2*n]}, &rest, p)
	}
}

func evenRow(dst []uint16, bayer bool, r0, r1 []uint16, c *cellRows, p *evenParams) {
	if !bayer {
		evenGeneric(dst, r0, r1, c, p)
		return
	}
	var paired pairs
	for at := 0; at < len(dst); at += pairedPiece {
		n := paired.take(len(dst), r0, r1, at)
		rest := c.from(at)
		evenGeneric(dst[at:at+n], paired[0][:2*n], paired[1][:2*n], &rest, p)
	}
}

func hdrRow(dst []uint16, bayer bool, r0, r1 []uint16, c *cellRows, p *hdrParams) {
	if !bayer {
		hdrGeneric(dst, &[4][]uint16{r0, r1}, c, p)
		return
	}
	var paired pairs
	for at := 0; at < len(dst); at += pairedPiece {
		n := paired.take(len(dst), r0, r1, at)
		rest := c.from(at)
		hdrGeneric(dst[at:at+n], &[4][]uint16{paired[0][:2*n], paired[1][:2*n]}, &rest, p)
	}
}

// pairedPiece is how many outputs are made of a piece, a multiple of 16.
const pairedPiece = 256

type pairs [2][2*pairedPiece + 2]uint16

// take puts the samples of outputs at, at+1, … in pairs, of how many it
// returns; the row has all outputs.
func (b *pairs) take(all int, r0, r1 []uint16, at int) int {
	n := min(all-at, pairedPiece)
	// The last block may lack its last sample, or have one output only.
	w := min(2*n+2*(n&1), len(r0)-2*at)
	pairGeneric(b[0][:w], r0[2*at:])
	pairGeneric(b[1][:w], r1[2*at:])
	return n
}

// pairGeneric reorders each block of four samples of a Bayer row, a b a' b',
// to a a' b b'; what is left of the last block is copied in order.
func pairGeneric(dst, src []uint16) {
	src = src[:len(dst)]
	for len(dst) >= 4 && len(src) >= 4 {
		dst[0], dst[1], dst[2], dst[3] = src[0], src[2], src[1], src[3]
		dst, src = dst[4:], src[4:]
	}
	if len(dst) == 3 && len(src) == 3 {
		// a b a': the one whole pair first.
		dst[0], dst[1], dst[2] = src[0], src[2], src[1]
		return
	}
	copy(dst, src)
}
