package bench

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/disintegration/imaging"
	"golang.org/x/image/draw"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/raw"
)

// Contest is the same work done by quadraw and by what a user would take
// instead, in turns, in one run.
type Contest struct {
	Work    string  `json:"work"`
	Entries []Entry `json:"entries"`
}

// Entry is one program in a contest.
type Entry struct {
	Stage
	Ours bool `json:"ours,omitempty"`
	// Skipped says why there is no figure: mostly that it is not installed.
	Skipped string `json:"skipped,omitempty"`
}

// contender is an entry that is yet to be timed.
type contender struct {
	Case
	ours bool
}

// measureContests runs what is installed of other people's programs in turns
// with ours: on frames in memory, where Go's own image libraries take part too,
// and from file to file.
func (r *Report) measureContests(ctx context.Context, o *Options, say func(string)) error {
	pl := plan{min: 4, max: 8, span: 6 * time.Second, repeat: 20 * time.Millisecond}
	if !o.Quick {
		pl.span = 10 * time.Second
	}
	// 12 MP stay in the cache of a large machine, 108 MP do not: peers that
	// write through caches look better on the first.
	sizes := []frameSize{size12}
	if !o.Quick {
		sizes = append(sizes, size108)
	}
	for _, size := range sizes {
		if err := r.memoryContests(ctx, size, pl, say); err != nil {
			return err
		}
	}
	return r.fileContests(ctx, sizes[len(sizes)-1], o, say)
}

func (r *Report) memoryContests(ctx context.Context, size frameSize, pl plan, say func(string)) (err error) {
	cv := startOpenCV(ctx, size.size.X, size.size.Y)
	if cv != nil {
		defer func() {
			if e := cv.close(); err == nil {
				err = e
			}
		}()
	}
	f := &frames{}
	var halve, color []contender
	most := runtime.GOMAXPROCS(0)
	for _, workers := range workerCounts() {
		halve = append(halve,
			contender{binCase(f, "quadraw bin", size, raw.QuadRGGB, binning.Options{}, workers), true},
			contender{openCVCase(cv, "INTER_AREA", size, workers), false})
		for _, m := range []demosaic.Method{demosaic.Bilinear, demosaic.Malvar} {
			color = append(color, contender{demosaicCase(f, "quadraw "+m.String(), size, raw.BayerRGGB, demosaic.Options{Method: m, Denoise: demosaic.DenoiseOff}, 0, workers), true})
		}
		for _, what := range []string{"bilinear", "EA"} {
			color = append(color, contender{openCVCase(cv, what, size, workers), false})
		}
	}
	halve = append(halve, goContenders(f, size)...)
	if err := r.contest(ctx, "mean of 2×2 pixels, in memory", halve, pl, say); err != nil {
		return err
	}
	for _, m := range []demosaic.Method{demosaic.Fast, demosaic.Default, demosaic.Best} {
		c := demosaicCase(f, "quadraw "+m.String(), size, raw.BayerRGGB, demosaic.Options{Method: m, Denoise: demosaic.DenoiseOff}, 0, most)
		c.Rounds = 3
		color = append(color, contender{c, true})
	}
	return r.contest(ctx, "Bayer to RGB, in memory", color, pl, say)
}

// goContenders are the two image libraries that a Go user would take to halve
// a frame; they know no colour filter array, and the first gives 8 bits.
func goContenders(f *frames, size frameSize) []contender {
	one := func(name string, workers int, run func(m *raw.Mosaic, dst *image.Gray16)) contender {
		c := Case{Name: name, Pixels: size.pixels(), Workers: workers}
		if size.pixels() > size12.pixels() {
			c.Rounds = 2
		}
		c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
			_, m, err := f.get(ctx, size.size, raw.QuadRGGB)
			if err != nil {
				return nil, err
			}
			dst := image.NewGray16(image.Rectangle{Max: size.size.Div(2)})
			return &Prepared{Run: func(context.Context) error { run(m, dst); return nil }}, nil
		})
		return contender{c, false}
	}
	return []contender{
		one("imaging.Resize(Box)", runtime.GOMAXPROCS(0), func(m *raw.Mosaic, dst *image.Gray16) {
			imaging.Resize(m, dst.Rect.Dx(), dst.Rect.Dy(), imaging.Box)
		}),
		one("x/image/draw.ApproxBiLinear", 1, func(m *raw.Mosaic, dst *image.Gray16) {
			draw.ApproxBiLinear.Scale(dst, dst.Rect, m, m.Rect, draw.Src, nil)
		}),
	}
}

// contest times the contenders in turns.
func (r *Report) contest(ctx context.Context, work string, all []contender, pl plan, say func(string)) error {
	var cases []Case
	for _, c := range all {
		cases = append(cases, c.Case)
	}
	rn := &runner{progress: say}
	say(work)
	done, _, err := rn.run(ctx, cases, pl)
	if err != nil {
		return err
	}
	c := Contest{Work: work}
	for i, t := range done {
		c.Entries = append(c.Entries, Entry{Stage: t.stage, Ours: all[i].ours, Skipped: t.skipped})
	}
	// A program that is not here is named once.
	seen := map[string]bool{}
	c.Entries = slices.DeleteFunc(c.Entries, func(e Entry) bool {
		again := e.Skipped != "" && seen[e.Name]
		seen[e.Name] = true
		return again
	})
	r.Contests = append(r.Contests, c)
	return nil
}

// fileContests run programs on files: a PGM file of one plane, which all who
// can average take, and an ordinary Bayer DNG.
func (r *Report) fileContests(ctx context.Context, size frameSize, o *Options, say func(string)) error {
	dir, err := os.MkdirTemp("", "quadraw-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f := &frames{}
	files := contestFiles{dir: dir, dng: filepath.Join(dir, "bayer.dng"), pgm: filepath.Join(dir, "plane.pgm")}
	if err := saveFrame(ctx, f, size.size, raw.BayerRGGB, files.dng); err != nil {
		return err
	}
	if err := saveFrame(ctx, f, size.size, raw.QuadRGGB, files.pgm); err != nil {
		return err
	}
	f.drop()
	pl := plan{min: 2, max: 5, span: 3 * time.Second}
	if !o.Quick {
		pl.span = 15 * time.Second
	}
	for _, work := range programWorks(o.Quick) {
		var all []contender
		for _, p := range work.programs {
			all = append(all, contender{programCase(p, files, size, o), p.ours})
		}
		if err := r.contest(ctx, work.name, all, pl, say); err != nil {
			return err
		}
	}
	return nil
}
