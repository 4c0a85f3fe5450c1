package bank

import (
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/internal/cpu"
)

// forEachSet runs f once for every implementation and skips, visibly, what this
// machine lacks.
func forEachSet(t *testing.T, f func(t *testing.T, k kernelSet)) {
	t.Helper()
	have := map[kernelSet]bool{setAVX2: cpu.X86().AVX2, setAVX512: cpu.X86().VNNI, setVBMI: cpu.X86().VNNI && cpu.X86().VBMI && cpu.X86().GFNI}
	for k, name := range map[kernelSet]string{setAVX2: "avx2", setAVX512: "avx512", setVBMI: "vbmi"} {
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
			taps, outputs, round := m.Taps(i), m.Outputs(), rng.IntN(2) == 0
			for range p.Tree.Leaves() * outputs {
				k := make([]int16, taps)
				for j := range k {
					x, y := j%w, j/w%w
					if !round || min(x, w-1-x) >= w/4 || min(y, w-1-y) >= w/4 {
						k[j] = int16(rng.IntN(2*50000/taps+1) - 50000/taps)
					}
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
		t = append(t, randomNode(rng, features))
		left := 1 + rng.IntN(n-1)
		t[at].Left = grow(left)
		t[at].Right = grow(n - left)
		return int16(at)
	}
	grow(leaves)
	return t
}

// randomNode tests against any quotient, most often one near those of ratios.
func randomNode(rng *rand.Rand, features int) Node {
	p := 1 << rng.IntN(15)
	q := rng.IntN(4*p) - 3*p/2
	switch rng.IntN(8) {
	case 0:
		q = rng.IntN(1 << 15)
	case 1:
		q = []int{-3 * p / 2, -p, -p / 2, p / 2, p, 2 * p}[rng.IntN(6)]
	}
	if rng.IntN(1000) == 0 { // left to plain Go
		p, q = 1+rng.IntN(3000), rng.IntN(6000)-3000
	}
	return Node{Feature: uint8(rng.IntN(features)), P: int16(p), Q: int16(max(-1<<15, min(q, 1<<15-1)))}
}

// TestPrograms compares the kernels' form of every kind of test with the
// definition, on terms up to the largest that there are.
func TestPrograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 20000 {
		n := randomNode(rng, 1)
		p := &program{}
		kind, num, den, q, ok := p.test(n, false, 1)
		if !ok {
			continue
		}
		for range 20 {
			b := int32(9 + rng.IntN(2*planeMax+8))
			a := int32(rng.IntN(4*planeMax+1) - 2*planeMax)
			switch near := b * int32(n.Q) / int32(n.P); {
			case rng.IntN(3) == 0 && near > -2*planeMax && near < 2*planeMax-1:
				a = near + int32(rng.IntN(3)) - 1
			case rng.IntN(4) == 0:
				a, b = 2*planeMax, 2*planeMax+16
			}
			x, y := a, b
			for _, d := range p.derived {
				switch {
				case d.to == num:
					x = min(a+b, 1<<15-1)
				case d.to == den:
					for range d.double {
						y = min(2*y, 1<<16-1)
					}
				}
			}
			got := x <= y*int32(q)>>16
			if want := n.Test(ratio(a, b)); got != want || kind == 2 {
				t.Fatalf("%d/%d by %d/%d: %v, want %v (kind %d)", a, b, n.Q, n.P, got, want, kind)
			}
		}
	}
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
		gap := rng.IntN(3) * rng.IntN(20)
		if i == 0 {
			var a, b RGB
			var guards [2][3][]int16
			a.Stride, b.Stride, a.Rect, b.Rect = r.Dx()+gap, r.Dx()+gap, r, r
			for c := range a.Pix {
				a.Pix[c], guards[0][c] = guarded(r, gap)
				b.Pix[c], guards[1][c] = guarded(r, gap)
			}
			want.Demosaic(&a, &src, &s)
			got.Demosaic(&b, &src, &s)
			for c := range a.Pix {
				x, y := guards[0][c], guards[1][c]
				if j := different(x, y); j >= 0 {
					return fmt.Errorf("plane %d at %d of %d, rows of %d: %d, want %d", c, j-guard, len(a.Pix[c]), a.Stride, y[j], x[j])
				}
			}
			continue
		}
		a, b := Plane{Stride: r.Dx() + gap, Rect: r}, Plane{Stride: r.Dx() + gap, Rect: r}
		var x, y []int16
		a.Pix, x = guarded(r, gap)
		b.Pix, y = guarded(r, gap)
		want.Remosaic(&a, &src, &s)
		got.Remosaic(&b, &src, &s)
		if j := different(x, y); j >= 0 {
			return fmt.Errorf("mosaic at %d of %d, rows of %d: %d, want %d", j-guard, len(a.Pix), a.Stride, y[j], x[j])
		}
	}
	return nil
}

const guard = 64

// guarded returns a plane of rows that are gap apart, and it with what lies
// before and behind it: numbers that are no samples, which kernels leave alone.
func guarded(r image.Rectangle, gap int) (pix, all []int16) {
	n := (r.Dy()-1)*(r.Dx()+gap) + r.Dx()
	all = slices.Repeat([]int16{-30000}, n+2*guard)
	return all[guard:][:n], all
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
					if q := int(tree[k].Q) + int(data[k%len(data)]) - 128; q < 1<<15 && 2*q >= -3*int(tree[k].P) {
						tree[k].Q = int16(q)
					}
				}
			}
		}
		have := map[kernelSet]bool{setAVX2: cpu.X86().AVX2, setAVX512: cpu.X86().VNNI, setVBMI: cpu.X86().VNNI && cpu.X86().VBMI && cpu.X86().GFNI}
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

// TestTablesRunInKernels makes sure that nothing in the shipped tables falls
// back to plain Go.
func TestTablesRunInKernels(t *testing.T) {
	files, err := filepath.Glob("../../tables/*.bin")
	if err != nil || len(files) == 0 {
		t.Fatal("no tables:", err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, prepare := range []func(*Model, int) (*Cascade, error){New, NewRemosaic} {
			c, err := prepare(m, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.set = setAVX512
			c.pack()
			for i := range c.stages {
				if !c.stages[i].bucketed() {
					t.Errorf("%s: stage %d", name, i+1)
				}
			}
		}
	}
}
