package main

import (
	"flag"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/demosaic/internal/gram"
)

// plan is what a table is to be like.
type plan struct {
	manifest, root, out string
	cell                int
	full, round         bool
	sigma               float64
	widths, leaves      []int
	given               string  // sums of each stage
	features            [][]int // of each stage, that trees may use
	copies, workers     int
	seed                uint64
	ridge               float64
	even                float64
	skip                int
	waves               int
	effort              int
}

func parsePlan(args []string) (*plan, error) {
	p := &plan{}
	fs := flag.NewFlagSet("train", flag.ContinueOnError)
	fs.StringVar(&p.manifest, "manifest", "", "list of the training pictures")
	fs.StringVar(&p.root, "root", ".", "folder that the manifest's names are below")
	fs.StringVar(&p.out, "out", "", "table to write")
	fs.IntVar(&p.cell, "cell", 1, "1 Bayer, 2 Quad Bayer")
	fs.BoolVar(&p.full, "full", false, "estimate the mosaic's own samples too (for noise)")
	fs.Float64Var(&p.sigma, "sigma", 0, "standard deviation of the noise to train for, in levels of 255")
	widths := fs.String("widths", "8,6,6", "window of each stage")
	leaves := fs.String("leaves", "128,128,128", "classes of each stage")
	fs.StringVar(&p.given, "sums", "", "what each stage's features may be made of: letters of unit planes, each before the boxes to sum it over, as in g135a3d5,,l13z3; nothing: all")
	fs.BoolVar(&p.round, "round", false, "windows without corners, which the engine filters faster")
	fs.IntVar(&p.copies, "copies", 1, "times that every picture is used, augmented differently")
	fs.IntVar(&p.workers, "workers", runtime.GOMAXPROCS(0), "goroutines; the table does not depend on it")
	fs.Uint64Var(&p.seed, "seed", 1, "of all random choices")
	fs.Float64Var(&p.ridge, "ridge", 1, "strength of the regularisation")
	fs.IntVar(&p.skip, "step", 1, "use every step-th picture only")
	fs.IntVar(&p.effort, "effort", 1, "how many times as many units to choose splits by, with more thresholds: 4 brings about 0.04 dB")
	fs.IntVar(&p.waves, "waves", 0, "one patch of gray waves for every so many of the pictures'; 0: none")
	fs.Float64Var(&p.even, "even", 0, "0: every unit counts the same; 1: every patch does, however much detail it has")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if p.manifest == "" || p.out == "" {
		return nil, fmt.Errorf("-manifest and -out are needed")
	}
	for _, l := range []struct {
		text string
		dst  *[]int
	}{{*widths, &p.widths}, {*leaves, &p.leaves}} {
		for _, f := range strings.Split(l.text, ",") {
			n, err := strconv.Atoi(f)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("%q is no list of numbers", l.text)
			}
			*l.dst = append(*l.dst, n)
		}
	}
	if p.effort < 1 || p.effort > 100 {
		return nil, fmt.Errorf("effort of %d, want 1 to 100", p.effort)
	}
	if p.waves < 0 {
		return nil, fmt.Errorf("waves for every %d patches", p.waves)
	}
	if p.cell != 1 && p.cell != 2 {
		return nil, fmt.Errorf("cells of %d pixels: the engine has Bayer (1) and Quad Bayer (2)", p.cell)
	}
	for i, w := range p.widths {
		if w < 4 || w > 10 || w%2 != 0 {
			return nil, fmt.Errorf("stage %d: window of %d, want an even number of 4 to 10", i+1, w)
		}
	}
	if len(p.widths) != len(p.leaves) {
		return nil, fmt.Errorf("%d widths and %d numbers of leaves", len(p.widths), len(p.leaves))
	}
	var err error
	p.features, err = p.allowed()
	return p, err
}

// parallel runs work(scratch, i) for i in [0, n) on a number of goroutines.
func parallel[S any](workers, n int, scratch func() S, work func(s S, i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(1, min(workers, n)) {
		wg.Go(func() {
			s := scratch()
			for i := range next {
				work(s, i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// train makes a table.
func train(args []string) error {
	p, err := parsePlan(args)
	if err != nil {
		return err
	}
	start := time.Now()
	patches, err := p.patches()
	if err != nil {
		return err
	}
	fmt.Printf("%d patches, %v\n", len(patches), time.Since(start).Round(time.Second))
	p.weigh(patches)
	m := &bank.Model{Cell: p.cell, Full: p.full, Sigma: p.sigma, Note: p.note()}
	reach := 0
	for i, width := range p.widths {
		m.Stages = append(m.Stages, bank.Stage{Width: width, Phases: make([]bank.Phase, bank.Phases(p.cell))})
		reach += m.Reach(i)
		for phase := range bank.Phases(p.cell) {
			t := &task{cell: p.cell, stage: i, phase: phase, width: width, round: p.round, taps: m.Taps(i), reach: reach, targets: bank.Targets(p.cell, phase, p.full), sigma: p.sigma}
			learned, err := p.learn(t, patches)
			if err != nil {
				return fmt.Errorf("stage %d, phase %d: %w", i+1, phase, err)
			}
			m.Stages[i].Phases[phase] = *learned
		}
		if err := p.advance(m, patches, reach); err != nil {
			return err
		}
		fmt.Printf("stage %d: PSNR in the working domain %.3f dB, %v\n", i+1, quality(patches), time.Since(start).Round(time.Second))
		if err := save(p.out, m); err != nil {
			return err
		}
	}
	return nil
}

// note says how the table was made, but not where: the arguments of command
// table that matter.
func (p *plan) note() string {
	note := fmt.Sprintf("table -cell %d -full=%t -sigma %g -widths %s -leaves %s -copies %d -step %d -seed %d -ridge %g -even %g",
		p.cell, p.full, p.sigma, list(p.widths), list(p.leaves), p.copies, p.skip, p.seed, p.ridge, p.even)
	if p.given != "" {
		note += " -sums " + p.given
	}
	if p.round {
		note += " -round"
	}
	if p.effort > 1 {
		note += fmt.Sprintf(" -effort %d", p.effort)
	}
	if p.waves > 0 {
		note += fmt.Sprintf(" -waves %d", p.waves)
	}
	return note
}

func list(numbers []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ",")
}

// weigh sets how many of each patch's units are used. What is reported is the
// mean of decibels over pictures, in which a smooth picture counts as much as
// a busy one; least squares would listen to the busy ones alone.
func (p *plan) weigh(patches []*patch) {
	sorted := make([]float64, len(patches))
	for i, q := range patches {
		sorted[i] = q.detail
	}
	slices.Sort(sorted)
	// A quarter of the patches keeps all its units.
	reference := sorted[len(sorted)/4]
	for _, q := range patches {
		q.keep = 1.0
		if q.detail > reference {
			q.keep = max(0.1, math.Pow(reference/q.detail, p.even))
		}
	}
}

func save(name string, m *bank.Model) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := bank.Write(f, m); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// patches reads the manifest's pictures and cuts them up.
func (p *plan) patches() ([]*patch, error) {
	f, err := os.Open(p.manifest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := readManifest(f)
	if err != nil {
		return nil, err
	}
	var used []entry
	for i := 0; i < len(entries); i += p.skip {
		used = append(used, entries[i])
	}
	made := make([][]*patch, len(used))
	light := lightOf()
	failed := make([]error, len(used))
	parallel(p.workers, len(used), func() struct{} { return struct{}{} }, func(_ struct{}, i int) {
		pic, err := used[i].open(p.root)
		if err != nil {
			failed[i] = err
			return
		}
		rng := rand.New(rand.NewPCG(p.seed, uint64(i)))
		for _, r := range recipes(pic.w, pic.h, p.sigma, p.copies, rng) {
			made[i] = append(made[i], r.make(pic, p.cell, light))
		}
	})
	var out []*patch
	for i, m := range made {
		if failed[i] != nil {
			return nil, failed[i]
		}
		out = append(out, m...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no picture is as large as %d×%d", patchSize, patchSize)
	}
	if p.waves > 0 {
		waves := make([]*patch, len(out)/p.waves)
		parallel(p.workers, len(waves), func() struct{} { return struct{}{} }, func(_ struct{}, i int) {
			waves[i] = grayWaves(p.sigma, rand.New(rand.NewPCG(p.seed, 1<<48|uint64(i))))
		})
		out = append(out, waves...)
	}
	return out, nil
}

// learn grows the tree of a task and fits its filters.
func (p *plan) learn(t *task, patches []*patch) (*bank.Phase, error) {
	set := p.sample(t, patches)
	tree := set.grow(p.leaves[t.stage], p.features[t.stage], p.workers)
	cols := (t.taps + len(t.targets) + gram.Align - 1) / gram.Align * gram.Align
	leaves := p.sums(t, tree, patches, cols)
	ridge := 200.0
	if t.stage > 0 {
		ridge = 600
	}
	coef, err := t.solve(tree, leaves, cols, ridge*p.ridge)
	if err != nil {
		return nil, err
	}
	return &bank.Phase{Tree: tree, Coef: coef}, nil
}

// sample picks the units to grow a tree by, fewer of flat areas.
func (p *plan) sample(t *task, patches []*patch) *sampleSet {
	near := t.growthTaps()
	count := bank.FeatureCount(t.cell, t.stage)
	perPatch := t.area().Dx() * t.area().Dy() / 4 / bank.Phases(t.cell)
	total := 0.0
	for _, q := range patches {
		total += float64(perPatch) * q.keep
	}
	g := growthOf(p.effort)
	rate := min(1, 1.5*float64(min(g.units*max(p.leaves[t.stage], 16), g.most))/total)
	parts := make([]*sampleSet, len(patches))
	parallel(p.workers, len(patches), func() *worker { return &worker{} }, func(w *worker, i int) {
		rng := rand.New(rand.NewPCG(p.seed, uint64(i)<<16|uint64(t.stage)<<8|uint64(t.phase)))
		s := &sampleSet{}
		t.each(w, patches[i], func(f [][]uint32, u int, row func() []int16) {
			keep := rate * patches[i].keep
			if num, den := bank.Ratio(f[15][u]); num < 3*den {
				keep *= 0.15
			}
			if rng.Float64() >= keep {
				return
			}
			z := row()
			for _, k := range near {
				s.rows = append(s.rows, z[k])
			}
			s.rows = append(s.rows, z[t.taps:]...)
			for _, v := range f[:count] {
				s.features = append(s.features, v[u])
			}
		})
		parts[i] = s
	})
	all := &sampleSet{taps: len(near), targets: len(t.targets), count: count, growth: g}
	for _, s := range parts {
		all.rows = append(all.rows, s.rows...)
		all.features = append(all.features, s.features...)
	}
	return all
}

// sums adds up the Gram matrices of all leaves over all units.
func (p *plan) sums(t *task, tree bank.Tree, patches []*patch, cols int) []leafSum {
	type adder struct {
		worker
		pairs []gram.Pairs
		sums  []leafSum
	}
	var mu sync.Mutex
	var adders []*adder
	flush := func(a *adder, leaf int) {
		a.sums[leaf].n += a.pairs[leaf].Len()
		a.pairs[leaf].AddTo(a.sums[leaf].gram)
		a.pairs[leaf].Reset(cols)
	}
	parallel(p.workers, len(patches), func() *adder {
		a := &adder{pairs: make([]gram.Pairs, tree.Leaves()), sums: make([]leafSum, tree.Leaves())}
		for i := range a.pairs {
			a.pairs[i].Reset(cols)
			a.sums[i].gram = make([]int64, cols*cols)
		}
		mu.Lock()
		adders = append(adders, a)
		mu.Unlock()
		return a
	}, func(a *adder, i int) {
		rng := rand.New(rand.NewPCG(p.seed, 1<<40|uint64(i)<<16|uint64(t.stage)<<8|uint64(t.phase)))
		t.each(&a.worker, patches[i], func(f [][]uint32, u int, row func() []int16) {
			if rng.Float64() >= patches[i].keep {
				return
			}
			leaf := tree.Leaf(f, u)
			a.pairs[leaf].Append(row())
			if a.pairs[leaf].Len() == 128 {
				flush(a, leaf)
			}
		})
	})
	// The sums are of integers: their order does not matter.
	for i, a := range adders {
		for leaf := range a.pairs {
			flush(a, leaf)
		}
		if i > 0 {
			for leaf := range a.sums {
				adders[0].sums[leaf].add(&a.sums[leaf])
			}
		}
	}
	return adders[0].sums
}

// advance runs the newest stage over all patches.
func (p *plan) advance(m *bank.Model, patches []*patch, reach int) error {
	c, err := bank.New(m, 0)
	if err != nil {
		return err
	}
	parallel(p.workers, len(patches), func() *bank.Scratch { return &bank.Scratch{} }, func(s *bank.Scratch, i int) {
		q := patches[i]
		next := &bank.RGB{}
		next.Reset(image.Rect(0, 0, patchSize, patchSize).Inset(reach))
		c.Stage(len(m.Stages)-1, next, q.estimate, &q.mosaic, s)
		q.estimate = next
	})
	return nil
}
