//go:build amd64 && !purego

package demosaic

import (
	"github.com/quadraw/quadraw/raw"

	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/internal/cpu"
)

// forEachSet runs f once for every implementation and skips, visibly, what this
// machine lacks.
func forEachSet(t *testing.T, f func(t *testing.T, k kernelSet)) {
	t.Helper()
	have := map[kernelSet]bool{setAVX2: cpu.X86().AVX2, setAVX512: cpu.X86().AVX512}
	for k, name := range map[kernelSet]string{setAVX2: "avx2", setAVX512: "avx512"} {
		t.Run(name, func(t *testing.T) {
			if !have[k] {
				t.Skip("not on this machine")
			}
			f(t, k)
		})
	}
}

// guarded is n samples with others behind them that must not change.
func guarded[T uint16 | int16 | int32](n int) (row []T, intact func() bool) {
	const guard = 40
	all := make([]T, n+guard)
	for i := range all {
		all[i] = 77
	}
	return all[:n:n], func() bool {
		return !slices.ContainsFunc(all[n:], func(v T) bool { return v != 77 })
	}
}

// kernelCase is one row for every kernel.
type kernelCase struct {
	stored             []uint16
	black, scale, gain []float32
	working            []int16
	rows               [5][]int32
	odd                int
	pedestal           int32
	curve              curve
}

func newKernelCase(n int, rng *rand.Rand) *kernelCase {
	c := &kernelCase{odd: rng.IntN(2), pedestal: int32(rng.IntN(2) * 1000), curve: newCurve([]float64{1.0 / 1024, 0.01, 0.5}[rng.IntN(3)])}
	for range n {
		c.stored = append(c.stored, uint16(rng.Uint32()))
		c.black = append(c.black, float32(rng.IntN(4000))/8)
		c.scale = append(c.scale, rng.Float32()/30000)
		c.gain = append(c.gain, 0.4+2*rng.Float32())
		c.working = append(c.working, int16(-4096+rng.IntN(32768)))
	}
	for i := range c.rows {
		for range n + 4 {
			c.rows[i] = append(c.rows[i], int32(rng.IntN(1<<21)-1<<20))
		}
	}
	return c
}

func (c *kernelCase) agree(t *testing.T, k kernelSet) {
	t.Helper()
	n := len(c.stored)
	check := func(name string, same bool, intact ...func() bool) {
		t.Helper()
		for _, f := range intact {
			if !f() {
				t.Fatalf("%s of %d writes behind its end", name, n)
			}
		}
		if !same {
			t.Fatalf("%s of %d differs", name, n)
		}
	}
	scale16 := make([]float32, n)
	for i := range scale16 {
		scale16[i] = c.scale[i] * 60000
	}
	a32, g := guarded[int32](n)
	b32 := make([]int32, n)
	k.levelsRow(a32, c.stored, c.black, scale16, 64535)
	levelsRowGeneric(b32, c.stored, c.black, scale16, 64535)
	check("levels", slices.Equal(a32, b32), g)
	as, g := guarded[uint16](n)
	bs := make([]uint16, n)
	k.samplesRow(as, c.stored, c.black, scale16, 64535, c.pedestal)
	samplesRowGeneric(bs, c.stored, c.black, scale16, 64535, c.pedestal)
	check("samples", slices.Equal(as, bs), g)

	a16, g := guarded[int16](n)
	b16 := make([]int16, n)
	k.intoRow(a16, c.stored, c.black, c.scale, c.gain, &c.curve, n)
	intoRowGeneric(b16, c.stored, c.black, c.scale, c.gain, &c.curve)
	check("into the domain", slices.Equal(a16, b16), g)

	for i := range scale16 {
		scale16[i] = c.gain[i] * 40000
	}
	au, g := guarded[uint16](n)
	bu := make([]uint16, n)
	var bias biasCurve
	for i := range bias.value {
		bias.value[i], bias.slope[i] = float32(i)/900, float32(i-9)/1e6
	}
	k.outOfRow(au, c.working, scale16, c.gain, float32(c.pedestal), 65535, &bias, &c.curve)
	outOfRowGeneric(bu, c.working, scale16, c.gain, float32(c.pedestal), 65535, &bias, &c.curve)
	check("out of the domain", slices.Equal(au, bu), g)

	low, high := make([]int16, n/2+guardSlack), make([]int16, n/2+guardSlack)
	for i := range low {
		low[i] = c.working[i%n] - 900
		high[i] = max(low[i], c.working[(i+1)%n]+900)
	}
	other := slices.Clone(c.working)
	slices.Reverse(other)
	out := newOutCurve(&c.curve, uint16(9000+7000*(c.odd+int(c.pedestal/1000))), uint16(c.pedestal))
	for _, stream := range []bool{false, true} {
		a0, g0 := guarded[uint16](n)
		a1, g1 := guarded[uint16](n)
		b0, b1 := make([]uint16, n), make([]uint16, n)
		src := [2][]int16{c.working, other}
		k.outRows(&[2][]uint16{a0, a1}, &src, low, high, c.odd, &out, stream)
		outRowsGeneric(&[2][]uint16{b0, b1}, &src, low, high, c.odd, &out)
		check("out of the domain in integers", slices.Equal(a0, b0) && slices.Equal(a1, b1), g0, g1)
		noise := newOutNoise(out, &bias, 65535, []*removed{{}}, raw.Green)
		place := make([]uint16, n/2+guardSlack)
		for i := range place {
			place[i] = uint16(c.working[i%n]) & (maxLevels<<8 - 1)
		}
		for y := range noise.removed {
			for i := range noise.removed[y] {
				noise.removed[y][i] = c.working[(4*i+y)%n] / 2
			}
		}
		removed := [2]*[4 * maxLevels]int16{&noise.removed[c.odd], &noise.removed[c.odd^3]}
		for x := range 4 {
			k.noisyRows(&[2][]uint16{a0, a1}, &src, low, high, place, &removed, x, noise, stream)
			noisyRowsGeneric(&[2][]uint16{b0, b1}, &src, low, high, place, &removed, x, noise)
			check("out of the domain with noise", slices.Equal(a0, b0) && slices.Equal(a1, b1), g0, g1)
		}
		au, g = guarded[uint16](n)
		k.plainRow(au, c.working, scale16, float32(c.pedestal), 65535, &c.curve, stream)
		plainRowGeneric(bu, c.working, scale16, float32(c.pedestal), 65535, &c.curve)
		check("out of the domain of no noise", slices.Equal(au, bu), g)
		outOfRowGeneric(au, c.working, scale16, make([]float32, n), float32(c.pedestal), 65535, &bias, &c.curve)
		check("out of the domain with nothing removed", slices.Equal(au, bu))
		ao, g1 := guarded[uint16](n)
		ag, g2 := guarded[uint16](n)
		ax, g3 := guarded[uint16](n)
		bo, bg, bx := make([]uint16, n), make([]uint16, n), make([]uint16, n)
		var rows [3][]uint16
		for i := range rows {
			for _, v := range c.rows[i][:n+2] {
				rows[i] = append(rows[i], uint16(v))
			}
		}
		k.bilinearRow(ao, ag, ax, rows[0], rows[1], rows[2], c.odd, stream)
		bilinearRowGeneric(bo, bg, bx, rows[0], rows[1], rows[2], c.odd)
		check("bilinear", slices.Equal(ao, bo) && slices.Equal(ag, bg) && slices.Equal(ax, bx), g1, g2, g3)
		k.malvarRow(ao, ag, ax, &c.rows, c.odd, c.pedestal, stream)
		malvarRowGeneric(bo, bg, bx, &c.rows, c.odd, c.pedestal)
		check("malvar", slices.Equal(ao, bo) && slices.Equal(ag, bg) && slices.Equal(ax, bx), g1, g2, g3)
	}
}

// TestMergeKernelsAgree compares what puts rows together.
func TestMergeKernelsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(9, uint64(k)))
		for n := 2; n <= 300; n += 2 {
			a, intact := guarded[uint16](n)
			b, src, mask := slices.Clone(a), make([]uint16, n), make([]uint16, n)
			got, intact16 := guarded[int16](n)
			want, from := make([]int16, n), make([]int16, n)
			var bounds [4][]int16
			for i := range bounds {
				bounds[i] = make([]int16, n/2+guardSlack)
			}
			for i := range src {
				src[i], mask[i] = uint16(rng.Uint32()), -uint16(rng.IntN(2))
				from[i], bounds[i&3][i/2] = int16(rng.Uint32()), int16(rng.Uint32())
			}
			k.mergeRow(a, src, mask)
			mergeRowGeneric(b, src, mask)
			k.clampMosaicRow(got, from, &bounds)
			clampMosaicRowGeneric(want, from, &bounds)
			if !slices.Equal(a, b) || !slices.Equal(got, want) || !intact() || !intact16() {
				t.Fatalf("%d samples differ", n)
			}
		}
	})
}

// TestRowKernelsAgree compares every length from 1 to 300.
func TestRowKernelsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		for n := 1; n <= 300; n++ {
			newKernelCase(n, rng).agree(t, k)
		}
	})
}

// FuzzRowKernels compares implementations on rows that the fuzzer makes.
func FuzzRowKernels(f *testing.F) {
	f.Add([]byte("seventeen samples, more or less"), uint64(1))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		n := min(len(data)/2, 300)
		if n == 0 {
			return
		}
		c := newKernelCase(n, rand.New(rand.NewPCG(seed, 3)))
		for i := range n {
			v := binary.LittleEndian.Uint16(data[2*i:])
			c.stored[i] = v
			c.working[i] = int16(max(-4096, min(int32(int16(v)), 28671)))
			c.rows[i%5][i/2] = int32(int16(v)) << (i & 3)
		}
		forEachSet(t, func(t *testing.T, k kernelSet) { c.agree(t, k) })
	})
}
