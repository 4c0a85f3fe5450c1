package quadraw

import (
	"errors"
	"log/slog"
	"runtime"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Options say how jobs are run; what comes out does not depend on Workers and
// MaxMemory. Nil and the zero value are good defaults.
type Options struct {
	// Workers is how many tiles are worked on at once; 0 is GOMAXPROCS.
	Workers int
	// MaxMemory is what a job may hold in bytes, the runtime's own share
	// included; 0 chooses by the work.
	MaxMemory int64
	// Input overrides what files say of themselves.
	Input format.OpenOptions
	// Output chooses among the forms of a format. Its Tiles are set by Run.
	Output format.CreateOptions
	// Existing says what to do about outputs that are there already.
	Existing Existing
	// MakeFolders makes the folders that outputs need.
	MakeFolders bool
	// Progress is told how many of a job's output pixels are done, in
	// increasing order, from one goroutine at a time.
	Progress func(done, total int64)
	// Log is told what people may want to know: guesses, warnings. May be nil.
	Log *slog.Logger

	tables *userTables // of the jobs of a batch
}

func (o *Options) orDefault() *Options {
	c := Options{}
	if o != nil {
		c = *o
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.tables == nil {
		c.tables = &userTables{}
	}
	return &c
}

// about returns options whose log names the job's first input.
func (o *Options) about(job *Job) *Options {
	c := *o
	if len(job.Inputs) > 0 {
		c.Log = o.Log.With("file", job.Inputs[0])
	}
	return &c
}

// memory is how a job's budget is shared out.
type memory struct {
	total  int64 // what the whole job may hold
	reader int64 // decoded tiles of the input
	stage  int64 // results of dear stages
	writer int64 // bands or tiles under way to the output
}

const (
	// runtimeShare is what a process of this kind holds before any pixel.
	runtimeShare = 24 << 20
	// The default budgets: rows of a 108 MP frame are wide, and every
	// worker has some of its own.
	mosaicBase, mosaicPerWorker   = 56 << 20, 20 << 20
	pictureBase, picturePerWorker = 96 << 20, 64 << 20
)

// share divides the budget for a product; a picture has three planes and
// costly stages.
func (o *Options) share(p Product) memory {
	total := o.MaxMemory
	if total <= 0 {
		total = mosaicBase + mosaicPerWorker*int64(o.Workers)
		if p < Mosaic {
			total = pictureBase + picturePerWorker*int64(o.Workers)
		}
	}
	free := max(total-runtimeShare, 4<<20)
	return memory{total: total, reader: free / 4, stage: free / 4, writer: free / 2}
}

func (o *Options) openOptions(m memory) *format.OpenOptions {
	in := o.Input
	in.CacheBytes = m.reader
	in.Log = o.Log
	return &in
}

func (o *Options) createOptions(m memory) *format.CreateOptions {
	out := o.Output
	out.Overwrite = o.Existing == Overwrite
	out.Log = o.Log
	out.Tiles = tile.Options{Workers: o.Workers, MaxMemory: m.writer, Progress: o.Progress}
	return &out
}

// IsRaw reports whether the content of the file is raw data that quadraw reads,
// or would be if it were not damaged or of an unsupported variety. Pictures
// (PNG, JPEG, TIFF, PPM) are not.
func IsRaw(name string) bool {
	f, err := format.Open(name, nil)
	if err != nil {
		return !errors.Is(err, raw.ErrUnknown)
	}
	defer f.Close()
	return f.Header().ColorSpace == raw.LinearCamera
}
