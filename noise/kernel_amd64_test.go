//go:build amd64 && !purego

package noise

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/quadraw/quadraw/internal/cpu"
	"github.com/quadraw/quadraw/noise/internal/dft"
)

// TestKernelsHaveGenericBits runs every kernel on every implementation that the
// machine has and wants the generic code's bits.
func TestKernelsHaveGenericBits(t *testing.T) {
	f := cpu.X86()
	for _, c := range []struct {
		kind kind
		name string
		ok   bool
	}{{avx2, "avx2", f.AVX2}, {avx512, "avx512", f.AVX512}} {
		t.Run(c.name, func(t *testing.T) {
			if !c.ok {
				t.Skip("this machine lacks it")
			}
			for name, run := range kernelRuns() {
				old := implementation
				implementation = generic
				want := run(rand.New(rand.NewPCG(1, 2)))
				implementation = c.kind
				got := run(rand.New(rand.NewPCG(1, 2)))
				implementation = old
				if i := firstDifference(got, want); i != "" {
					t.Errorf("%s: %s", name, i)
				}
			}
		})
	}
}

// firstDifference compares slices of numbers bit by bit.
func firstDifference(got, want []any) string {
	for i := range want {
		g, w := reflect.ValueOf(got[i]), reflect.ValueOf(want[i])
		for j := range w.Len() {
			a, b := g.Index(j), w.Index(j)
			if a.CanFloat() && math.Float64bits(a.Float()) != math.Float64bits(b.Float()) || a.CanInt() && a.Int() != b.Int() || a.CanUint() && a.Uint() != b.Uint() {
				return reflect.ValueOf([]any{i, j, a.Interface(), b.Interface()}).String()
			}
		}
	}
	return ""
}

func fill(rng *rand.Rand, s []float32) {
	for i := range s {
		s[i] = float32(rng.NormFloat64())
	}
}

func fillLanes(rng *rand.Rand, s []perLane) {
	for i := range s {
		for l := range s[i] {
			s[i][l] = rng.Float32() + .1
		}
	}
}

func flat(s []perLane) []float32 {
	var out []float32
	for i := range s {
		out = append(out, s[i][:]...)
	}
	return out
}

func kernelRuns() map[string]func(*rand.Rand) []any {
	gray := func(rng *rand.Rand, n int) []int16 {
		s := make([]int16, n)
		for i := range s {
			s[i] = int16(grayMin + rng.IntN(grayMax-grayMin+1))
			if rng.IntN(8) == 0 {
				s[i] = []int16{grayMin, grayMax}[rng.IntN(2)]
			}
		}
		return s
	}
	offsets := func(rng *rand.Rand) *[lanes]int {
		var at [lanes]int
		for i := range at {
			at[i] = rng.IntN(300)
		}
		return &at
	}
	return map[string]func(*rand.Rand) []any{
		"ssd16": func(rng *rand.Rand) []any {
			a, b := gray(rng, 16*23), gray(rng, 16*31)
			far, near := make([]int16, 256), make([]int16, 256)
			for i := range far {
				far[i], near[i] = grayMin, grayMax
			}
			return []any{[]uint64{ssd16(a, 23, b, 31), ssd16(far, 16, near, 16)}}
		},
		"gray": func(rng *rand.Rand) []any {
			var all []any
			for _, n := range []int{1, 7, 8, 29, 64} {
				for cell := 1; cell <= 2; cell++ {
					pix := make([]uint16, 4*cell*(2*n+9))
					for i := range pix {
						pix[i] = uint16(rng.Uint32())
					}
					col, dst := make([]uint32, 2*n+2), make([]int16, n)
					grayColumns(col, pix, 2*n+9, cell)
					decimateGray(dst, col, .002, -300.25)
					all = append(all, append([]uint32{}, col...), dst)
				}
			}
			return all
		},
		"average": func(rng *rand.Rand) []any {
			ref, other := make([]uint16, 16*20), make([]uint16, 16*30)
			for i := range ref {
				ref[i] = uint16(rng.Uint32())
			}
			for i := range other {
				other[i] = uint16(rng.Uint32())
			}
			var b averageBlock
			b.begin(ref, 20)
			e := blockError(ref, 20, other, 30)
			blockAdd(&b, ref, 20, other, 30, 1e-8, .7)
			return []any{[]float32{e}, b.sum[:], b.weight[:]}
		},
		"stand out": func(rng *rand.Rand) []any {
			var all []any
			for _, n := range []int{1, 15, 16, 50} {
				for _, reach := range []int{1, 2, 4} {
					hot, dead, pix := make([]uint16, n), make([]uint16, n), make([]uint16, 3*(n+2*reach))
					for i := range hot {
						hot[i], dead[i] = uint16(rng.Uint32()), uint16(rng.Uint32())
					}
					for i := range pix {
						pix[i] = uint16(rng.Uint32())
					}
					w := n + 2*reach
					standOut(hot, dead, pix, pix[w:], pix[2*w:], reach)
					all = append(all, hot, dead)
				}
			}
			return all
		},
		"rows": func(rng *rand.Rand) []any {
			var all []any
			for _, n := range []int{1, 8, 29, 64} {
				num, den := make([]float32, n), make([]float32, n)
				fill(rng, num)
				fill(rng, den)
				dst := make([]uint16, n)
				quantise(dst, num, &[4]float32{2e4, 3e4, -1e4, 9e4}, 4096.5)
				divide(num, den)
				all = append(all, dst, num)
			}
			return all
		},
		"halve": func(rng *rand.Rand) []any {
			var all []any
			for _, n := range []int{1, 7, 8, 29, 64} {
				col, dst := make([]uint32, 2*n+2), make([]int16, n)
				halveColumns(col, gray(rng, 4*(2*n+5)), 2*n+5)
				decimateHalve(dst, col)
				all = append(all, col, dst)
			}
			return all
		},
		"gradient": func(rng *rand.Rand) []any {
			k := lucasKanade{win: newTileWindow()}
			var c gradientColumns
			gradientSums(gray(rng, 18*27), 27, &k, &c)
			return []any{k.a[:], k.wy[:], k.wx[:], c.sums[0][:], c.sums[1][:], c.sums[2][:], c.ints[0][:], c.ints[1][:]}
		},
		"residual": func(rng *rand.Rand) []any {
			k := lucasKanade{win: newTileWindow()}
			fill(rng, k.a[:])
			fill(rng, k.wy[:])
			fill(rng, k.wx[:])
			var c residualColumns
			wy, wx := keysWeights(.3), keysWeights(.85)
			residualSums(gray(rng, 19*25), 25, &wy, &wx, &k, &c)
			return []any{c[0][:], c[1][:], c[2][:]}
		},
		"gather": func(rng *rand.Rand) []any {
			pix := make([]uint16, 300+32*50)
			for i := range pix {
				pix[i] = uint16(rng.Uint32())
			}
			var gain, add [16]perLane
			var wy, wx [dft.N]perLane
			fillLanes(rng, gain[:])
			fillLanes(rng, add[:])
			fillLanes(rng, wy[:])
			fillLanes(rng, wx[:])
			out := new(dft.Tile)
			gather(out, pix, offsets(rng), 50, &gain, &add, &wy, &wx)
			return []any{out[:]}
		},
		"gatherFloat": func(rng *rand.Rand) []any {
			pix := make([]float32, 300+32*50)
			fill(rng, pix)
			var win [dft.N]float32
			fill(rng, win[:])
			out := new(dft.Tile)
			gatherFloat(out, pix, offsets(rng), 50, &win)
			return []any{out[:]}
		},
		"compare": func(rng *rand.Rand) []any {
			f, ref, p := new(dft.Spectrum), new(dft.Spectrum), new([bins]perLane)
			var ty, tx turnTables
			var scale, m perLane
			fill(rng, f[:])
			fill(rng, ref[:])
			for i := range ty {
				fillLanes(rng, ty[i][:])
				fillLanes(rng, tx[i][:])
			}
			fill(rng, scale[:])
			compare(f, ref, p, newBinShift(4, 3), &ty, &tx, &scale, &m)
			return []any{f[:], flat(p[:]), m[:]}
		},
		"add": func(rng *rand.Rand) []any {
			acc, f, p, h := new(accumulator), new(dft.Spectrum), new([bins]perLane), new([bins]perLane)
			fill(rng, acc.sum[:])
			fill(rng, f[:])
			fillLanes(rng, p[:])
			fillLanes(rng, acc.weight[:])
			fillLanes(rng, acc.variance[:])
			var k trust
			for _, l := range []*perLane{&k.twice, &k.width, &k.top, &k.inverse} {
				fillLanes(rng, []perLane{*l})
				for i := range l {
					l[i] = rng.Float32() + .05
				}
			}
			var accepted perLane
			addSpectrum(acc, f, p, h, &k, &accepted)
			return []any{acc.sum[:], flat(acc.weight[:]), flat(acc.variance[:]), accepted[:]}
		},
		"finish": func(rng *rand.Rand) []any {
			acc := new(accumulator)
			fill(rng, acc.sum[:])
			fillLanes(rng, acc.weight[:])
			fillLanes(rng, acc.variance[:])
			var ratio perLane
			finish(acc, &ratio)
			return []any{acc.sum[:], ratio[:]}
		},
		"shrink": func(rng *rand.Rand) []any {
			f, g := new(dft.Spectrum), new(dft.Spectrum)
			v, power := make([]perLane, 1), perLane{}
			fill(rng, f[:])
			fill(rng, g[:])
			fillLanes(rng, v)
			shrink(f, g, &v[0], &power)
			return []any{f[:], power[:]}
		},
		"judge": func(rng *rand.Rand) []any {
			f, p, h := new(dft.Spectrum), new([bins]perLane), new([bins]perLane)
			inverse, activity, power := make([]perLane, 1), perLane{}, perLane{}
			var k odds
			var r [bins]float32
			fill(rng, f[:])
			for i := range f {
				f[i] *= f[i] * f[i]
			}
			fillLanes(rng, inverse)
			fillLanes(rng, k[:])
			fill(rng, r[:])
			binPower(f, p, h, &inverse[0], &activity)
			judge(f, p, h, &k, &r, &power)
			return []any{f[:], flat(p[:]), flat(h[:]), activity[:], power[:]}
		},
		"untangle": func(rng *rand.Rand) []any {
			in, out := new(dft.Tile), new([lanes]single)
			fill(rng, in[:])
			untangle(out, in)
			var all []float32
			for l := range out {
				all = append(all, out[l][:]...)
			}
			return []any{all}
		},
		"overlap": func(rng *rand.Rand) []any {
			dst := make([]float32, 32*40)
			var s single
			var win [dft.N]float32
			var base [16]float32
			fill(rng, dst)
			fill(rng, s[:])
			fill(rng, win[:])
			fill(rng, base[:])
			overlap(dst, 40, &s, &win, &base)
			return []any{dst}
		},
		"overlapWeighted": func(rng *rand.Rand) []any {
			num, den := make([]float32, 32*40), make([]float32, 32*40)
			var s single
			var win [dft.N]float32
			fill(rng, num)
			fill(rng, den)
			fill(rng, s[:])
			fill(rng, win[:])
			overlapWeighted(num, den, 40, &s, &win, .3, .7)
			return []any{num, den}
		},
	}
}
