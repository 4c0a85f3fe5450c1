package binning

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// everyISA runs f for each vector implementation, and says which are missing.
func everyISA(t *testing.T, f func(t *testing.T, l isa)) {
	have := implementations()[1:]
	if len(have) == 0 {
		t.Skip("no vector kernels on this machine or build: nothing to compare with the generic ones")
	}
	for _, l := range have {
		t.Run(l.String(), func(t *testing.T) { f(t, l) })
	}
}

const guard = 0xa5c3

// guarded returns n samples that begin off an aligned address, between guard
// words, and a check that those are untouched.
func guarded(n, off int) ([]uint16, func() bool) {
	all := make([]uint16, n+off+32)
	for i := range all {
		all[i] = guard
	}
	return all[off : off+n : off+n], func() bool {
		for i, v := range all {
			if (i < off || i >= off+n) && v != guard {
				return false
			}
		}
		return true
	}
}

// samples fills with the whole range, the extremes more often than chance.
func samples(rng *rand.Rand, n, off int) []uint16 {
	v := make([]uint16, n+off)
	for i := range v {
		switch rng.IntN(8) {
		case 0:
			v[i] = 0
		case 1:
			v[i] = 65535
		case 2:
			v[i] = 32767 + uint16(rng.IntN(3))
		default:
			v[i] = uint16(rng.Uint32())
		}
	}
	return v[off:]
}

func coefficients(rng *rand.Rand, n int) []int16 {
	v := make([]int16, n)
	for i := range v {
		v[i] = int16(rng.Uint32())
	}
	return v
}

func biases(rng *rand.Rand, n int) []int32 {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32(rng.Uint32())
	}
	return v
}

// kernelCase runs one kernel by a given implementation.
type kernelCase struct {
	name string
	run  func(l isa, dst []uint16, rows *[4][]uint16, rng *rand.Rand)
	n    int // side of a cell
}

func runHDR(l isa, dst []uint16, bayer bool, r *[4][]uint16, rng *rand.Rand) {
	p := hdrParams{levels: 2 + rng.Int64N(2)}
	for x := range 16 {
		for level := range hdrLevels {
			for k := range 4 {
				p.coeff[level][k][x] = rng.Float32() * 2
				p.in[level][k][x] = float32(rng.IntN(2))
			}
			p.high[level][x], p.slope[level][x] = rng.Float32()*65536-1, rng.Float32()/1000
		}
		p.off[x], p.scale[x] = rng.Float32()*5000, rng.Float32()*3
	}
	hdr(l, acc(rng), dst, bayer, judgedRows(dst, bayer, r), randomRows(rng, len(dst), 4), &p)
}

// judgedRows are as wide as the Binner makes rows of 2×2 cells.
func judgedRows(dst []uint16, bayer bool, r *[4][]uint16) *[4][]uint16 {
	w := 2 * len(dst)
	if bayer && len(dst)&1 == 1 {
		w++ // the last block has one output, and its third sample
	}
	return &[4][]uint16{r[0][:w], r[1][:w]}
}

// runCell runs the cell kernel, for n = 0 that of Bayer rows.
func runCell(l isa, dst []uint16, n int, r *[4][]uint16, rng *rand.Rand) {
	var p cellParams
	for x := range 16 {
		p.shot[x], p.read[x] = rng.Float32()*1000, rng.Float32()*1e8
		p.clip[x] = int32(rng.IntN(65537))
		p.knee[x], p.top[x] = rng.Float32()*65536, rng.Float32()*65536
		p.off[x], p.scale[x] = rng.Float32()*5000, rng.Float32()*4
		for k := range p.weight {
			p.weight[k][x] = 0.1 + rng.Float32()
		}
	}
	if n == 0 {
		cell2(l, acc(rng), dst, true, judgedRows(dst, true, r), randomRows(rng, len(dst), 4), &p)
		return
	}
	cell(l, acc(rng), dst, n, r, randomRows(rng, len(dst), n*n), &p)
}

func randomRows(rng *rand.Rand, cells, members int) *cellRows {
	return &cellRows{
		black: randomPlanes(rng, cells, members, func() float32 { return rng.Float32() * 1000 }),
		gain:  randomPlanes(rng, cells, members, func() float32 { return rng.Float32() * 1.5 }),
	}
}

func randomPlanes(rng *rand.Rand, cells, members int, value func() float32) planes {
	c := planes{stride: cells + rng.IntN(5)}
	if rng.IntN(2) == 0 {
		c.stride, c.fixed = fixedColumns, true
	}
	c.v = make([]float32, members*c.stride)
	for i := range c.v {
		c.v[i] = value()
	}
	if c.fixed {
		for i := range c.v {
			if at := i % c.stride; at >= 16 {
				c.v[i] = c.v[i-16]
			}
		}
		c = c.from(rng.IntN(16))
	}
	return c
}

func runLin(l isa, dst []uint16, n int, r *[4][]uint16, rng *rand.Rand) {
	var c [4][]int16
	for y := range n {
		c[y] = coefficients(rng, len(dst)*coefficientsOf(n))
		for i := range c[y] {
			if n == 3 && i%4 == 3 {
				c[y][i] = 0
			}
		}
	}
	lin(l, acc(rng), dst, n, r, &c, biases(rng, len(dst)), 4+rng.UintN(11))
}

func runEven(l isa, dst []uint16, bayer bool, r *[4][]uint16, rng *rand.Rand) {
	var p evenParams
	for x := range 16 {
		p.shot[x], p.read[x] = rng.Float32()*1000, rng.Float32()*1e8
		if rng.IntN(8) == 0 {
			p.shot[x], p.read[x] = 0, math.MaxFloat32
		}
		p.four[x], p.three[x] = rng.Float32(), rng.Float32()*4/3
		p.knee[x], p.top[x] = rng.Float32()*65536, rng.Float32()*65536
		p.off[x] = rng.Float32() * 5000
		last := uint16(rng.Uint32())
		p.clip[x] = [2]uint16{last, last}
	}
	even(l, acc(rng), dst, bayer, judgedRows(dst, bayer, r), randomRows(rng, len(dst), 4), &p)
}

func acc(rng *rand.Rand) access { return access{ahead: rng.IntN(3) * 1000, past: rng.IntN(2) == 0} }

func kernelCases() []kernelCase {
	return []kernelCase{
		{"sum2", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) {
			s := rng.UintN(4)
			sum2(l, acc(rng), dst, r[0], r[1], 1<<s>>1, s)
		}, 2},
		{"sum3", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) {
			div := []int{9, 1, 2, 4, 8, 16}[rng.IntN(6)]
			sum3(l, acc(rng), dst, r[0], r[1], r[2], uint32(div/2), float32(1/float64(div)))
		}, 3},
		{"sum4", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) {
			s := rng.UintN(6)
			sum4(l, acc(rng), dst, r[0], r[1], r[2], r[3], 1<<s>>1, s)
		}, 4},
		{"sum2Bayer", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) {
			s := rng.UintN(4)
			w := 2*(len(dst)&^1) + 3*(len(dst)&1)
			sum2Bayer(l, acc(rng), dst, r[0][:w], r[1][:w], 1<<s>>1, s)
		}, 3},
		{"lin2Bayer", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) {
			n := 2 * len(dst)
			w := 2*(len(dst)&^1) + 3*(len(dst)&1)
			lin2Bayer(l, acc(rng), dst, r[0][:w], r[1][:w], coefficients(rng, n), coefficients(rng, n), biases(rng, len(dst)), 4+rng.UintN(11))
		}, 3},
		{"cell2", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runCell(l, dst, 2, r, rng) }, 2},
		{"cell3", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runCell(l, dst, 3, r, rng) }, 3},
		{"cell4", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runCell(l, dst, 4, r, rng) }, 4},
		{"even2", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runEven(l, dst, false, r, rng) }, 2},
		{"even2Bayer", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runEven(l, dst, true, r, rng) }, 4},
		{"cell2Bayer", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runCell(l, dst, 0, r, rng) }, 4},
		{"hdr2", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runHDR(l, dst, false, r, rng) }, 2},
		{"hdr2Bayer", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runHDR(l, dst, true, r, rng) }, 4},
		{"lin2", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runLin(l, dst, 2, r, rng) }, 2},
		{"lin3", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runLin(l, dst, 3, r, rng) }, 3},
		{"lin4", func(l isa, dst []uint16, r *[4][]uint16, rng *rand.Rand) { runLin(l, dst, 4, r, rng) }, 4},
	}
}

func TestKernelsAreTheGenericOnes(t *testing.T) {
	everyISA(t, func(t *testing.T, l isa) {
		for _, k := range kernelCases() {
			rng := rand.New(rand.NewPCG(7, uint64(k.n)))
			for n := 0; n <= 300; n++ {
				var rows [4][]uint16
				for i := range rows {
					rows[i] = samples(rng, n*k.n, rng.IntN(5))
				}
				seed := rng.Uint64()
				want := make([]uint16, n)
				k.run(generic, want, &rows, rand.New(rand.NewPCG(seed, 0)))
				got, intact := guarded(n, rng.IntN(2)*rng.IntN(40))
				k.run(l, got, &rows, rand.New(rand.NewPCG(seed, 0)))
				if !intact() {
					t.Fatalf("%s of %d writes outside its row", k.name, n)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%s of %d differs from generic", k.name, n)
				}
			}
		}
	})
}

var allPackings = []raw.Packing{raw.Unpacked, raw.MIPI10, raw.MIPI12, raw.MIPI14, raw.Tight10, raw.Tight12, raw.Tight14}

// pack is the other direction, one bit at a time, from the formats' words.
func pack(v []uint16, p raw.Packing) []byte {
	out := make([]byte, p.RowBytes(len(v)))
	per, size := p.Group()
	for i, s := range v {
		for bit := range p.Bits() {
			on := byte(s >> bit & 1)
			at, shift := 0, 0
			switch p {
			case raw.Unpacked:
				at, shift = 2*i+bit/8, bit%8
			case raw.MIPI10, raw.MIPI12, raw.MIPI14:
				group, low := i/per*size, p.Bits()-8
				if bit >= low {
					at, shift = group+i%per, bit-low
				} else {
					b := i%per*low + bit
					at, shift = group+per+b/8, b%8
				}
			default:
				b := i*p.Bits() + p.Bits() - 1 - bit
				at, shift = b/8, 7-b%8
			}
			out[at] |= on << shift
		}
	}
	return out
}

func TestUnpack(t *testing.T) {
	for _, l := range implementations() {
		t.Run(l.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(9, 9))
			for _, p := range allPackings {
				table := newUnpackTable(p)
				for n := 0; n <= 300; n++ {
					want := samples(rng, n, 0)
					for i := range want {
						want[i] &= 1<<p.Bits() - 1
					}
					// Nothing behind the last byte may be read.
					packed := slices.Clip(pack(want, p))
					got, intact := guarded(n, rng.IntN(40))
					unpack(l, got, packed, p, table)
					if !intact() {
						t.Fatalf("%v of %d writes outside its row", p, n)
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%v of %d: %v, want %v", p, n, got, want)
					}
				}
			}
		})
	}
}

func FuzzKernels(f *testing.F) {
	f.Add(uint64(1), uint16(77), []byte("some samples of the first row"))
	f.Add(uint64(2), uint16(300), []byte{0xff, 0xff, 0, 0, 0x80, 0})
	f.Fuzz(func(t *testing.T, seed uint64, length uint16, data []byte) {
		n := int(length % 1024)
		for _, k := range kernelCases() {
			rng := rand.New(rand.NewPCG(seed, 1))
			var rows [4][]uint16
			for i := range rows {
				rows[i] = samples(rng, n*k.n, 0)
				for j := 0; j+1 < len(data) && j/2 < len(rows[i]); j += 2 {
					rows[i][j/2] = uint16(data[j]) | uint16(data[j+1])<<8
				}
			}
			want := make([]uint16, n)
			k.run(generic, want, &rows, rand.New(rand.NewPCG(seed, 2)))
			for _, l := range implementations()[1:] {
				got := make([]uint16, n)
				k.run(l, got, &rows, rand.New(rand.NewPCG(seed, 2)))
				if !slices.Equal(got, want) {
					t.Fatalf("%s of %d by %v differs from generic", k.name, n, l)
				}
			}
		}
		for _, p := range allPackings {
			per, size := p.Group()
			n := len(data) / size * per
			want := make([]uint16, n)
			unpack(generic, want, data, p, newUnpackTable(p))
			if p != raw.Unpacked && !slices.Equal(pack(want, p), data[:p.RowBytes(n)]) {
				t.Fatalf("%v: %v does not pack again", p, want)
			}
			for _, l := range implementations()[1:] {
				got := make([]uint16, n)
				unpack(l, got, data, p, newUnpackTable(p))
				if !slices.Equal(got, want) {
					t.Fatalf("%v of %d by %v differs from generic", p, n, l)
				}
			}
		}
	})
}

// Every sum of nine, divided as the kernel divides, is the integer quotient.
func TestNinthsAreExact(t *testing.T) {
	for s := range 9*65535 + 1 {
		got := uint16(min(int32((float32(int32(s+4))+0.5)*float32(1.0/9)), 65535))
		if int(got) != (s+4)/9 {
			t.Fatalf("%d / 9: %d", s, got)
		}
	}
}
