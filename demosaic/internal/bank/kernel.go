package bank

//go:generate go run -C ../../../internal/asmgen ./bank -out ../../demosaic/internal/bank/kernel_amd64.s -stubs ../../demosaic/internal/bank/kernel_stubs_amd64.go -pkg bank
//go:generate go run -C ../../../internal/asmgen ./bank -avx2 -out ../../demosaic/internal/bank/kernel_avx2_amd64.s -stubs ../../demosaic/internal/bank/kernel_avx2_stubs_amd64.go -pkg bank

// kernelSet is one implementation of the inner loops. All give the same bits;
// setGeneric, plain Go, is the definition.
type kernelSet uint8

const (
	setGeneric kernelSet = iota
	setAVX2
	setAVX512 // with VNNI
	setVBMI   // and with VBMI and GFNI
)

// packed are the filters of a phase as the kernels read them. Every output has
// a lane; outputs that do not exist have filters of zeros.
//
// Later stages add to a sample that is in the window itself. Giving its
// coefficient one more makes the old sample part of the sum, so that all
// stages are μ + (Σ K·(x − μ) + 2048) >> 12.
type packed struct {
	// coef is [leaf][pair of taps][lane][2]: a pair is two neighbours in a
	// row of the window.
	coef []int16
	// negSum is [leaf][lane]: −ΣK, what μ is multiplied with.
	negSum []int32
	lanes  int // 8 or 16
	width  int
	planes int
	mosaic bool
	// shuffle takes the words of 8 lanes to the two rows of a unit: red, green
	// and blue pairs; or all four of a mosaic's.
	shuffle [32]byte
}

// packPhase returns nil if the kernels cannot run p: for other windows, or
// where the sum of the enlarged coefficients could overflow.
func packPhase(p *phase, st *stage, number int, mosaic bool) *packed {
	q := &packed{width: st.width, planes: 1, lanes: 8, mosaic: mosaic}
	if number > 0 {
		q.planes = 3
	}
	if st.width != 6 && st.width != 8 {
		return nil
	}
	if len(p.targets) > 8 {
		q.lanes = 16
	}
	leaves := p.tree.Leaves()
	q.coef = make([]int16, leaves*st.taps*q.lanes)
	q.negSum = make([]int32, leaves*q.lanes)
	for i := range q.shuffle {
		q.shuffle[i] = 0x80 // zero
	}
	for o, t := range p.targets {
		lane := o
		word := int(t.Pos) // in the output
		if !mosaic {
			word = int(t.Pos>>1)*8 + int(t.Color)*2 + int(t.Pos&1)
		}
		if q.lanes == 16 {
			lane = word
		} else {
			q.shuffle[2*word], q.shuffle[2*word+1] = byte(2*o), byte(2*o+1)
		}
		own := -1
		if number > 0 {
			margin := (st.width - 2) / 2
			own = (int(t.Color)*st.width+margin+int(t.Pos>>1))*st.width + margin + int(t.Pos&1)
		}
		for leaf := range leaves {
			sum, size := int32(0), int32(0)
			for i, k := range p.coef[(leaf*len(p.targets)+o)*st.taps:][:st.taps] {
				v := int32(k)
				if i == own {
					v += 1 << CoefBits
				}
				if v != int32(int16(v)) {
					return nil
				}
				sum += v
				size += max(v, -v)
				q.coef[(leaf*st.taps+i&^1)*q.lanes+2*lane+i&1] = int16(v)
			}
			if size+max(sum, -sum) >= 1<<17 {
				return nil
			}
			q.negSum[leaf*q.lanes+lane] = -sum
		}
	}
	return q
}

// filterArgs are a kernel's arguments; internal/asmgen/bank knows the offsets.
type filterArgs struct {
	coef      *int16
	negSum    *int32
	class     *uint8
	mu        *int32
	src       [3]*int16 // the window of the first unit
	stride    int       // bytes
	dst       [3]*int16 // the first unit
	dstStride int       // bytes
	n         int
	step      int // bytes from unit to unit
	muStep    int
	shuffle   *[32]byte
}

type boxArgs struct {
	rows         [2*boxReach + 1]*uint16
	three, five  *uint16
	planes       [maxPlanes][2]int // bytes from the first plane, and from its sums
	count, width int               // units, and one more
}

type planeArgs struct {
	rows   [8]*int16
	out    [maxPlanes]*uint16
	second int // bytes
	n      int
}

type ratioArgs struct {
	in  [maxPlanes]*uint16
	out [perBox]*uint32
	one int
	n   int
}
