package quadraw

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

// Estimate is what a job would do, without doing it.
type Estimate struct {
	Job
	Mode   Mode        `json:"mode"`
	Reason string      `json:"reason"`
	Size   image.Point `json:"size"`   // of the first output
	Pixels int64       `json:"pixels"` // of the inputs
	// Bytes of all outputs together, as such files usually come out, and the
	// fewest that they could be.
	Bytes      int64 `json:"bytes"`
	LeastBytes int64 `json:"least_bytes"`
	// Memory is about what the job will hold in bytes, at most its budget.
	Memory int64 `json:"memory"`
	// Seconds on all workers, scaled from a sample of the frame.
	Seconds float64 `json:"seconds"`
}

// Estimator estimates jobs. It samples the speed of each kind of work once, so
// a long list costs little more than reading headers.
type Estimator struct {
	o      *Options
	speeds map[string]float64 // seconds a pixel of output, one worker

	noTimes bool // only sizes are wanted
}

// NewEstimator returns an estimator for jobs run with o.
func NewEstimator(o *Options) *Estimator {
	return &Estimator{o: o.orDefault(), speeds: make(map[string]float64)}
}

// Estimate opens the job's inputs and says what it would do; an input that
// cannot be read, or a recipe that does not fit, is the error that [Run] would
// give.
func (e *Estimator) Estimate(ctx context.Context, job Job) (*Estimate, error) {
	est := &Estimate{Job: job}
	about := *e
	about.o = e.o.about(&job)
	for _, name := range job.Outputs {
		if err := about.output(ctx, &job, name, est); err != nil {
			return nil, err
		}
	}
	return est, nil
}

func (e *Estimator) output(ctx context.Context, job *Job, name string, est *Estimate) error {
	mem := e.o.share(job.Recipe.Product)
	in, err := openJob(ctx, job, e.o.openOptions(mem))
	if err != nil {
		return err
	}
	defer in.Close()
	recipe := in.recipe
	if recipe.Product, err = recipe.productFor(name, in.frames[0].rgb != nil); err != nil {
		return err
	}
	var res Result
	src, err := in.product(ctx, &recipe, name, e.o, &res)
	if err != nil {
		return err
	}
	size := src.header().Size
	pixels := int64(size.X) * int64(size.Y)
	est.Mode, est.Reason = res.Mode, res.Reason
	est.Pixels = in.pixels()
	if est.Size == (image.Point{}) {
		est.Size = size
	}
	held := e.o.share(recipe.Product).total
	if len(in.frames) == 1 && recipe.Denoise <= 0 {
		held = min(held, neededMemory(est.Pixels, pixels))
	}
	est.Memory = max(est.Memory, held)
	usual, least := e.bytesPerPixel(name, src)
	est.Bytes += int64(float64(pixels) * usual)
	est.LeastBytes += int64(float64(pixels) * least)
	if e.noTimes {
		return nil
	}
	key := strings.Join([]string{recipe.Product.String(), res.Mode.String(), filepath.Ext(name), in.frames[0].file.Kind()}, " ")
	if _, known := e.speeds[key]; !known {
		if e.speeds[key], err = sampleSpeed(ctx, src); err != nil {
			return err
		}
	}
	est.Seconds += e.speeds[key] * float64(pixels) / float64(e.o.Workers)
	return nil
}

// neededMemory is about what a job holds at most if nothing bounds it: the
// process itself, its filters, and buffers for all of a frame that is smaller
// than these.
func neededMemory(in, out int64) int64 { return 40<<20 + 2*in + 3*out }

// sampleSpeed computes a tile from the middle of the frame, the second time
// with what the first has warmed up, and returns seconds a pixel.
func sampleSpeed(ctx context.Context, src frame) (float64, error) {
	const side = 512
	b := src.header().Bounds()
	at := b.Max.Div(2)
	r := image.Rectangle{Min: at.Sub(image.Pt(side/2, side/2)), Max: at.Add(image.Pt(side/2, side/2))}.Intersect(b)
	var passed time.Duration
	for range 2 {
		start := time.Now()
		var err error
		if src.rgb != nil {
			err = src.rgb.ReadTile(ctx, raw.NewRGB(r))
		} else {
			err = src.mosaic.ReadTile(ctx, raw.NewMosaic(r, 0))
		}
		if err != nil {
			return 0, err
		}
		passed = time.Since(start)
	}
	return passed.Seconds() / float64(r.Dx()*r.Dy()), nil
}

// bytesPerPixel is how large files of a format usually are, and how small a
// frame that compresses very well might be.
func (e *Estimator) bytesPerPixel(name string, src frame) (usual, least float64) {
	planes, depth := 1.0, 2.0
	if src.rgb != nil {
		planes = 3
	}
	if e.o.Output.BitDepth == 8 {
		depth = 1
	}
	const (
		lossless = 0.65 // what lossless compression leaves of sensor noise
		tiny     = 0.02
	)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".jpg", ".jpeg":
		return 0.4, tiny
	case ".png":
		if e.o.Output.BitDepth == 16 {
			return 5, tiny
		}
		return 2, tiny
	case ".tif", ".tiff":
		if e.o.Output.Compression == format.Deflate {
			return 3 * depth * 0.85, tiny
		}
	case ".dng":
		if e.o.Output.Compression != format.None {
			return planes * 2 * lossless, tiny
		}
		depth = 2
	}
	return planes * depth, planes * depth
}

// CheckDisk reports, as an [*OutputError], a batch that cannot fit on the disk
// however well its outputs compress. Jobs that will fail do not count, nor do
// bursts, whose frames would have to be aligned first.
func CheckDisk(ctx context.Context, jobs []Job, o *Options) error {
	quiet := *o.orDefault()
	quiet.Log = nil // the run will say it
	e := NewEstimator(&quiet)
	e.noTimes = true
	var need int64
	for _, job := range jobs {
		if len(job.Inputs) != 1 {
			continue
		}
		// Nor is the noise of files that do not tell it found twice.
		job.Recipe.Denoise = NoDenoise
		est, err := e.Estimate(ctx, job)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			need += est.LeastBytes
		}
	}
	if len(jobs) == 0 || len(jobs[0].Outputs) == 0 {
		return nil
	}
	name := jobs[0].Outputs[0]
	free, ok := freeDisk(existingFolder(name))
	if !ok || need <= free {
		return nil
	}
	return &OutputError{Name: name, Err: fmt.Errorf("the outputs need %d bytes at least, and the disk has %d free", need, free)}
}

// existingFolder is the nearest folder above name that is there.
func existingFolder(name string) string {
	for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
	}
}
