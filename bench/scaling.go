package bench

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// Scaling is one point of a scaling curve, measured in a process of its own.
type Scaling struct {
	// Curve is what grows: "pixels" (X in megapixels), "workers", "frames" of a
	// burst, "bursts" of an archive, "shards" that share an archive (the
	// slowest counts).
	Curve   string  `json:"curve"`
	Work    string  `json:"work"`
	X       float64 `json:"x"`
	Seconds float64 `json:"seconds"`
	PeakRSS int64   `json:"peak_rss_bytes"`
}

// The works whose scaling is measured.
const (
	workBinDNG  = "bin → dng"
	workBinJPG  = "convert bin → jpg"
	workFullTIF = "convert full → tif 16"
	workMerge   = "convert a burst of 12 MP → jpg"
	workArchive = "convert bursts of 4 × 3 MP → jpg"
)

// size432 is a frame that only scaling is measured on.
var size432 = frameSize{"432MP", image.Pt(24064, 18048)}

// fileWork is a use of the command whose time and memory are measured.
type fileWork struct {
	name string
	// most is the largest frame in a full run; a quick run leaves out what
	// has no quick.
	most  frameSize
	quick bool
	args  func(in, out string) []string
}

func fileWorks() []fileWork {
	return []fileWork{
		{workBinDNG, size432, true, func(in, out string) []string {
			return []string{"bin", in, "-o", filepath.Join(out, "bin.dng"), "--compression", "none"}
		}},
		{workBinJPG, size432, true, func(in, out string) []string {
			return []string{"convert", "--mode", "bin", in, "-o", filepath.Join(out, "bin.jpg")}
		}},
		{workFullTIF, size200, false, func(in, out string) []string {
			return []string{"convert", "--mode", "full", in, "-o", filepath.Join(out, "full.tif")}
		}},
	}
}

// measureScaling runs the command over files of growing size, with growing
// numbers of workers, over bursts of growing length and over growing archives.
func (r *Report) measureScaling(ctx context.Context, o *Options, say func(string)) error {
	if o.Command == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "quadraw-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sizes := []frameSize{size3, size12, size27}
	if !o.Quick {
		sizes = append(sizes, size108, size200, size432)
	}
	f := &frames{}
	for _, s := range sizes {
		in := filepath.Join(dir, "in.dng")
		if err := saveFrame(ctx, f, s.size, raw.QuadRGGB, in); err != nil {
			return err
		}
		f.drop()
		for _, w := range fileWorks() {
			if o.Quick && !w.quick || s.pixels() > w.most.pixels() {
				continue
			}
			if err := r.point(ctx, o, say, "pixels", w.name, float64(s.pixels())/1e6, w.args(in, dir)); err != nil {
				return err
			}
		}
		if s == size27 && !o.Quick {
			w := fileWorks()[2]
			for n := 1; n <= 2*runtime.GOMAXPROCS(0); n *= 2 {
				if err := r.point(ctx, o, say, "workers", w.name, float64(n), append(w.args(in, dir), "-j", strconv.Itoa(n))); err != nil {
					return err
				}
			}
		}
	}
	if err := r.measureBursts(ctx, o, dir, say); err != nil {
		return err
	}
	return r.measureArchive(ctx, o, dir, say)
}

// point measures one point of a curve: the best of some runs, short ones being
// repeated.
func (r *Report) point(ctx context.Context, o *Options, say func(string), curve, work string, x float64, args []string) error {
	say(fmt.Sprintf("%s: %s, %g", work, curve, x))
	p := Scaling{Curve: curve, Work: work, X: x}
	for n, spent := 0, 0.0; n == 0 || n < 5 && spent < 1; n++ {
		seconds, rss, err := runCommand(ctx, o.Command, args)
		if err != nil {
			return fmt.Errorf("%s: %s, %g: %w", work, curve, x, err)
		}
		if n == 0 || seconds < p.Seconds {
			p.Seconds = seconds
		}
		p.PeakRSS = max(p.PeakRSS, rss)
		spent += seconds
	}
	r.Scaling = append(r.Scaling, p)
	return nil
}

// measureBursts develops bursts of growing numbers of 12 MP frames.
func (r *Report) measureBursts(ctx context.Context, o *Options, dir string, say func(string)) error {
	most := 16
	if o.Quick {
		most = 4
	}
	names, err := saveBurst(ctx, size12, most, 2, dir)
	if err != nil {
		return err
	}
	for n := 2; n <= most; n *= 2 {
		folder := filepath.Join(dir, fmt.Sprintf("burst-of-%d", n))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
		for _, name := range names[:n] {
			if err := os.Link(name, filepath.Join(folder, filepath.Base(name))); err != nil {
				return err
			}
		}
		if err := r.point(ctx, o, say, "frames", workMerge, float64(n), archiveArgs(folder, dir)); err != nil {
			return err
		}
	}
	return nil
}

// archiveArgs convert every folder below in as a burst.
func archiveArgs(in, out string) []string {
	return []string{"convert", "-r", in, "-d", filepath.Join(out, "pictures"), "--burst", "dir", "--format", "jpg"}
}

// archiveFrames is how many frames the bursts of the archive have.
const archiveFrames = 4

// measureArchive converts archives of growing numbers of bursts, a folder each,
// and the largest in shards, one after the other: the slowest is what as many
// machines would take.
func (r *Report) measureArchive(ctx context.Context, o *Options, dir string, say func(string)) error {
	if o.Quick {
		return nil
	}
	const most = 16
	first := filepath.Join(dir, "first")
	if err := os.Mkdir(first, 0o755); err != nil {
		return err
	}
	if _, err := saveBurst(ctx, size3, archiveFrames, 3, first); err != nil {
		return err
	}
	args := func(bursts int) []string {
		return archiveArgs(filepath.Join(dir, fmt.Sprintf("archive%d", bursts)), dir)
	}
	for n := 2; n <= most; n *= 2 {
		for i := range n {
			folder := filepath.Join(dir, fmt.Sprintf("archive%d", n), fmt.Sprintf("burst%02d", i))
			if err := os.CopyFS(folder, os.DirFS(first)); err != nil {
				return err
			}
		}
		if err := r.point(ctx, o, say, "bursts", workArchive, float64(n), args(n)); err != nil {
			return err
		}
	}
	for k := 2; k <= 4; k *= 2 {
		slowest := Scaling{Curve: "shards", Work: workArchive, X: float64(k)}
		for i := 1; i <= k; i++ {
			say(fmt.Sprintf("%s: shard %d of %d", workArchive, i, k))
			seconds, rss, err := runCommand(ctx, o.Command, append(args(most), "--shard", fmt.Sprintf("%d/%d", i, k)))
			if err != nil {
				return fmt.Errorf("%s: shard %d of %d: %w", workArchive, i, k, err)
			}
			slowest.Seconds, slowest.PeakRSS = max(slowest.Seconds, seconds), max(slowest.PeakRSS, rss)
		}
		r.Scaling = append(r.Scaling, slowest)
	}
	return nil
}

// saveBurst simulates a hand-held burst at ISO 1600 and writes its frames.
func saveBurst(ctx context.Context, size frameSize, n int, seed uint64, dir string) (names []string, err error) {
	sim, err := sensor.New(sensor.Texture{Seed: seed}, &sensor.Options{
		Size: size.size, CFA: raw.BayerRGGB, ISO: 1600, Seed: seed, Shake: sensor.Shake{Step: 3, Angle: 1e-4},
	})
	if err != nil {
		return nil, fmt.Errorf("simulate a burst: %w", err)
	}
	for i, src := range sim.Burst(n) {
		name := filepath.Join(dir, fmt.Sprintf("burst%02d.dng", i))
		if err := quadraw.SaveMosaic(ctx, name, src, fileOptions(name)); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// saveFrame writes a benchmark frame without compression.
func saveFrame(ctx context.Context, f *frames, size image.Point, cfa raw.CFA, name string) error {
	src, err := f.source(ctx, size, cfa)
	if err != nil {
		return err
	}
	return quadraw.SaveMosaic(ctx, name, src, fileOptions(name))
}

// fileOptions are for an uncompressed file of that name.
func fileOptions(name string) *quadraw.Options {
	o := &quadraw.Options{Existing: quadraw.Overwrite}
	if filepath.Ext(name) == ".dng" {
		o.Output.Compression = format.None
	}
	return o
}

// runCommand runs the quadraw command in a process of its own.
func runCommand(ctx context.Context, command string, args []string) (seconds float64, rss int64, err error) {
	cmd := exec.CommandContext(ctx, command, append(args, "--quiet", "--overwrite")...)
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	if rss, err = runMeasured(cmd); err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, said.Bytes())
	}
	return time.Since(start).Seconds(), rss, nil
}
