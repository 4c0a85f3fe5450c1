package bank

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/internal/cpu"
)

// forEachSet runs f once for every implementation and skips, visibly, what this
// machine lacks.
func forEachSet(t *testing.T, f func(t *testing.T, k kernelSet)) {
	t.Helper()
	have := map[kernelSet]bool{setAVX2: cpu.X86().AVX2, setAVX512: cpu.X86().VNNI}
	for k, name := range map[kernelSet]string{setAVX2: "avx2", setAVX512: "avx512"} {
		t.Run(name, func(t *testing.T) {
			if !have[k] {
				t.Skip("not on this machine")
			}
			f(t, k)
		})
	}
}

// randomModel has trees whose every leaf is reached by random samples and
// filters as large as the loader lets pass.
func randomModel(rng *rand.Rand, cell int, full bool, widths ...int) *Model {
	m := &Model{Cell: cell, Full: full}
	for i, w := range widths {
		st := Stage{Width: w}
		m.Stages = append(m.Stages, st)
		for range Phases(cell) {
			p := Phase{Tree: randomTree(rng, 1+rng.IntN(40), FeatureCount(cell, i))}
			taps, outputs := m.Taps(i), m.Outputs()
			for range p.Tree.Leaves() * outputs {
				k := make([]int16, taps)
				for j := range k {
					k[j] = int16(rng.IntN(2*50000/taps+1) - 50000/taps)
				}
				p.Coef = append(p.Coef, k...)
			}
			m.Stages[i].Phases = append(m.Stages[i].Phases, p)
		}
	}
	return m
}

func randomTree(rng *rand.Rand, leaves, features int) Tree {
	var t Tree
	next := 0
	var grow func(n int) int16
	grow = func(n int) int16 {
		if n == 1 {
			next++
			return int16(^(next - 1))
		}
		at := len(t)
		t = append(t, Node{Feature: uint8(rng.IntN(features)), P: int16(1 + rng.IntN(3000)), Q: int16(rng.IntN(6000) - 3000)})
		left := 1 + rng.IntN(n-1)
		t[at].Left = grow(left)
		t[at].Right = grow(n - left)
		return int16(at)
	}
	grow(leaves)
	return t
}

// TestKernelsAgree runs whole cascades on random and on smooth samples.
func TestKernelsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(1, uint64(k)))
		for i := range 24 {
			cell := 1 + i&1
			full := i&2 != 0
			m := randomModel(rng, cell, full, 6+2*(i/4&1), 6+2*(i/8&1), 6)
			size := image.Pt(2+2*rng.IntN(150), 2+2*rng.IntN(12))
			if err := agree(m, k, rng, size, i%3 == 0); err != nil {
				t.Fatalf("cell %d full %v %v: %v", cell, full, size, err)
			}
		}
	})
}

func agree(m *Model, k kernelSet, rng *rand.Rand, size image.Point, smooth bool) error {
	make := func(set kernelSet, prepare func(*Model, int) (*Cascade, error)) (*Cascade, error) {
		c, err := prepare(m, 0)
		if c != nil {
			c.set = set
			c.pack()
		}
		return c, err
	}
	at := image.Pt(2*rng.IntN(3)-2, 2*rng.IntN(3)-2)
	r := image.Rectangle{Min: at, Max: at.Add(size)}
	for i, prepare := range []func(*Model, int) (*Cascade, error){New, NewRemosaic} {
		want, err := make(setGeneric, prepare)
		if err != nil {
			return err
		}
		got, err := make(k, prepare)
		if err != nil {
			return err
		}
		var src Plane
		src.Reset(r.Inset(-want.Halo()))
		for i := range src.Pix {
			src.Pix[i] = int16(Min + rng.IntN(Max-Min+1))
			if smooth {
				src.Pix[i] = int16(5000 + rng.IntN(400) + 20*(i%97))
			}
		}
		var s Scratch
		if i == 0 {
			var a, b RGB
			a.Reset(r)
			b.Reset(r)
			want.Demosaic(&a, &src, &s)
			got.Demosaic(&b, &src, &s)
			for c := range a.Pix {
				if j := different(a.Pix[c], b.Pix[c]); j >= 0 {
					return fmt.Errorf("plane %d at %d of %d: %d, want %d", c, j, len(a.Pix[c]), b.Pix[c][j], a.Pix[c][j])
				}
			}
			continue
		}
		var a, b Plane
		a.Reset(r)
		b.Reset(r)
		want.Remosaic(&a, &src, &s)
		got.Remosaic(&b, &src, &s)
		if j := different(a.Pix, b.Pix); j >= 0 {
			return fmt.Errorf("mosaic at %d of %d: %d, want %d", j, len(a.Pix), b.Pix[j], a.Pix[j])
		}
	}
	return nil
}

func different(a, b []int16) int {
	if slices.Equal(a, b) {
		return -1
	}
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return len(a)
}

// TestFeatureKernelsAgree compares every feature of rows of every width.
func TestFeatureKernelsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(2, uint64(k)))
		for width := 1; width <= 150; width += 1 + width/20 {
			for cell := 1; cell <= 2; cell++ {
				r := image.Rect(0, 0, 2*width, 6).Add(image.Pt(2*rng.IntN(4)-4, 2*rng.IntN(4)-4))
				var mosaic Plane
				mosaic.Reset(r.Inset(-16))
				var rgb RGB
				rgb.Reset(r.Inset(-16))
				limit := []int{Max - Min + 1, 900}[rng.IntN(2)]
				for _, p := range [][]int16{mosaic.Pix, rgb.Pix[0], rgb.Pix[1], rgb.Pix[2]} {
					for i := range p {
						p[i] = int16(Min + rng.IntN(limit))
						if rng.IntN(9) == 0 {
							p[i] = []int16{Min, Max}[rng.IntN(2)]
						}
					}
				}
				want, got := &Features{fixed: true}, &Features{fixed: true, set: k}
				for stage := range 2 {
					if stage == 0 {
						want.Mosaic(cell, &mosaic, r)
						got.Mosaic(cell, &mosaic, r)
					} else {
						want.Color(cell, &rgb, r)
						got.Color(cell, &rgb, r)
					}
					for y := r.Min.Y; y < r.Max.Y; y += 2 {
						a, b := want.Row(y), got.Row(y)
						for i := range a {
							if j := slices.Compare(a[i][:width], b[i][:width]); j != 0 {
								t.Fatalf("cell %d, stage %d, %d units, feature %d differs", cell, stage, width, i)
							}
						}
					}
				}
			}
		}
	})
}

// FuzzKernels compares implementations on samples and trees that the fuzzer
// makes.
func FuzzKernels(f *testing.F) {
	f.Add([]byte{1, 2, 3, 250, 128, 7}, uint64(1), true)
	f.Add([]byte{0, 255}, uint64(5), false)
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, full bool) {
		if len(data) == 0 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 4))
		cell := 1 + int(seed&1)
		m := randomModel(rng, cell, full, 6+2*int(seed>>1&1), 6+2*int(seed>>2&1))
		for i := range m.Stages {
			for j := range m.Stages[i].Phases {
				tree := m.Stages[i].Phases[j].Tree
				for k := range tree {
					tree[k].Q += int16(data[k%len(data)]) - 128
				}
			}
		}
		have := map[kernelSet]bool{setAVX2: cpu.X86().AVX2, setAVX512: cpu.X86().VNNI}
		for k, ok := range have {
			if ok {
				size := image.Pt(2+2*rng.IntN(60), 2+2*rng.IntN(4))
				if err := agree(m, k, rng, size, data[0]&1 == 0); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
