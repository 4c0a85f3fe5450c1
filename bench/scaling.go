package bench

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

// Scaling is one point of a scaling curve, measured in a process of its own.
type Scaling struct {
	Curve   string  `json:"curve"` // what grows: "pixels", "workers", "frames"
	Work    string  `json:"work"`
	X       float64 `json:"x"`
	Seconds float64 `json:"seconds"`
	PeakRSS int64   `json:"peak_rss_bytes"`
}

// fileWork is a use of the command whose time and memory are measured.
type fileWork struct {
	name  string
	quick bool
	args  func(in, out string) []string
}

func fileWorks() []fileWork {
	return []fileWork{
		{"bin → dng", true, func(in, out string) []string {
			return []string{"bin", in, "-o", filepath.Join(out, "bin.dng"), "--compression", "none"}
		}},
		{"convert bin → jpg", true, func(in, out string) []string {
			return []string{"convert", "--mode", "bin", in, "-o", filepath.Join(out, "bin.jpg")}
		}},
		{"convert full → tif 16", false, func(in, out string) []string {
			return []string{"convert", "--mode", "full", in, "-o", filepath.Join(out, "full.tif")}
		}},
	}
}

// measureScaling runs the command over files of growing size, with growing
// numbers of workers, and over bursts of growing length.
func (r *Report) measureScaling(ctx context.Context, o *Options, say func(string)) error {
	if o.Command == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "quadraw-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sizes := []frameSize{{"3MP", image.Pt(2000, 1500)}, size12, size27}
	if !o.Quick {
		sizes = append(sizes, size108, size200)
	}
	f := &frames{}
	for _, s := range sizes {
		in := filepath.Join(dir, s.name+".dng")
		if err := saveFrame(ctx, f, s.size, raw.QuadRGGB, in); err != nil {
			return err
		}
		f.drop()
		for _, w := range fileWorks() {
			if o.Quick && !w.quick {
				continue
			}
			say(fmt.Sprintf("%s of %s", w.name, s.name))
			p, err := runCommand(ctx, o.Command, w.args(in, dir))
			if err != nil {
				return fmt.Errorf("%s of %s: %w", w.name, s.name, err)
			}
			p.Curve, p.Work, p.X = "pixels", w.name, float64(s.pixels())/1e6
			r.Scaling = append(r.Scaling, p)
		}
	}
	last := sizes[len(sizes)-1]
	for n := 1; n <= 2*runtime.GOMAXPROCS(0) && !o.Quick; n *= 2 {
		say(fmt.Sprintf("convert full with %d workers", n))
		w := fileWorks()[2]
		in := filepath.Join(dir, last.name+".dng")
		p, err := runCommand(ctx, o.Command, append(w.args(in, dir), "-j", strconv.Itoa(n)))
		if err != nil {
			return fmt.Errorf("%s with %d workers: %w", w.name, n, err)
		}
		p.Curve, p.Work, p.X = "workers", w.name, float64(n)
		r.Scaling = append(r.Scaling, p)
	}
	return r.measureBursts(ctx, o, dir, say)
}

// measureBursts merges growing numbers of 12 MP frames.
func (r *Report) measureBursts(ctx context.Context, o *Options, dir string, say func(string)) error {
	most := 16
	if o.Quick {
		most = 4
	}
	sim, err := burstOf(most)
	if err != nil {
		return err
	}
	var names []string
	for i, src := range sim {
		name := filepath.Join(dir, fmt.Sprintf("burst%02d.dng", i))
		if err := quadraw.SaveMosaic(ctx, name, src, fileOptions()); err != nil {
			return err
		}
		names = append(names, name)
	}
	for n := 2; n <= most; n *= 2 {
		say(fmt.Sprintf("merge %d frames", n))
		args := append([]string{"merge", "-o", filepath.Join(dir, "merged.dng")}, names[:n]...)
		p, err := runCommand(ctx, o.Command, args)
		if err != nil {
			return fmt.Errorf("merge %d frames: %w", n, err)
		}
		p.Curve, p.Work, p.X = "frames", "merge 12 MP frames → dng", float64(n)
		r.Scaling = append(r.Scaling, p)
	}
	return nil
}

// Fit is the law seconds = Seconds·x^Exponent of a curve.
type Fit struct {
	Curve, Work       string
	Seconds, Exponent float64
}

// Fits returns the laws of all curves that have three points or more, by
// least squares on logarithms.
func (r *Report) Fits() []Fit {
	type points struct{ x, y []float64 }
	var order []Fit
	all := map[Fit]*points{}
	for _, s := range r.Scaling {
		key := Fit{Curve: s.Curve, Work: s.Work}
		p := all[key]
		if p == nil {
			p = &points{}
			all[key] = p
			order = append(order, key)
		}
		p.x, p.y = append(p.x, math.Log(s.X)), append(p.y, math.Log(s.Seconds))
	}
	var fits []Fit
	for _, f := range order {
		if p := all[f]; len(p.x) >= 3 {
			a, k := stat.LinearRegression(p.x, p.y, nil, false)
			f.Seconds, f.Exponent = math.Exp(a), k
			fits = append(fits, f)
		}
	}
	return fits
}

// saveFrame writes a benchmark frame as an uncompressed DNG.
func saveFrame(ctx context.Context, f *frames, size image.Point, cfa raw.CFA, name string) error {
	src, err := f.source(ctx, size, cfa)
	if err != nil {
		return err
	}
	return quadraw.SaveMosaic(ctx, name, src, fileOptions())
}

func fileOptions() *quadraw.Options {
	return &quadraw.Options{Output: format.CreateOptions{Compression: format.None}, Existing: quadraw.Overwrite}
}

// runCommand runs the quadraw command in a process of its own.
func runCommand(ctx context.Context, command string, args []string) (Scaling, error) {
	cmd := exec.CommandContext(ctx, command, append(args, "--quiet", "--overwrite")...)
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	rss, err := runMeasured(cmd)
	if err != nil {
		return Scaling{}, fmt.Errorf("%w: %s", err, said.Bytes())
	}
	return Scaling{Seconds: time.Since(start).Seconds(), PeakRSS: rss}, nil
}
