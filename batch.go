package quadraw

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// BatchOptions say how many jobs are run. Nil and the zero value are good
// defaults.
type BatchOptions struct {
	Options
	// FailFast starts no further job once one has failed.
	FailFast bool
	// Journal is the file that records what was begun and done, for Resume;
	// empty records nothing.
	Journal string
	// Resume skips the jobs whose outputs the journal says are there, made
	// of the same inputs by the same recipe, and unchanged; what was begun and
	// not finished is done again.
	Resume bool
	// Sheet is the file of a contact sheet to make when all is done: a
	// picture of the outputs that are there, 48 a page ([SheetPages]). Empty
	// makes none.
	Sheet string
	// Events are told what happens; any may be nil. Calls come from several
	// goroutines, never two at once.
	Events Events
}

// Events are callbacks; job is the index into the jobs of the batch.
type Events struct {
	Started  func(job int)
	Progress func(job int, done, total int64)
	Ended    func(job int, res *Result, err error)
}

// Report is the outcome of a batch, a record a job in the order of the jobs.
type Report struct {
	Jobs       []JobReport `json:"jobs"`
	Done       int         `json:"done"`
	Skipped    int         `json:"skipped"`
	Failed     int         `json:"failed"`
	NotRun     int         `json:"not_run"`          // left over by an interruption or FailFast
	Sheets     []string    `json:"sheets,omitempty"` // pages of the contact sheet that were made
	SheetError string      `json:"sheet_error,omitempty"`
	Pixels     int64       `json:"pixels"`
	Seconds    float64     `json:"seconds"`
}

// JobReport is the outcome of one job.
type JobReport struct {
	Result
	Status string `json:"status"` // "done", "skipped", "failed" or "not run"
	Error  string `json:"error,omitempty"`
}

// Failure is a job that failed, and why.
type Failure struct {
	Job Job
	Err error
}

// BatchError says that some jobs of a batch failed.
type BatchError struct {
	Total    int
	Failures []Failure
}

func (e *BatchError) Error() string {
	if e.Total == 1 {
		return e.Failures[0].Err.Error()
	}
	return fmt.Sprintf("%d of %d failed", len(e.Failures), e.Total)
}

// Unwrap returns the failures' errors.
func (e *BatchError) Unwrap() []error {
	errs := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		errs[i] = f.Err
	}
	return errs
}

// RunBatch runs the jobs, several at once if they are small, within one
// budget of memory and one of workers. A failing job does not stop the others.
// The report is always returned; the error is a [*BatchError], or the
// context's when it ended before all was done.
func RunBatch(ctx context.Context, jobs []Job, o *BatchOptions) (*Report, error) {
	b := batch{jobs: jobs, start: time.Now(), results: make([]*Result, len(jobs)), errs: make([]error, len(jobs))}
	if o != nil {
		b.o = *o
	}
	b.o.Options = *b.o.Options.orDefault()
	if _, err := CheckSheet(jobs, &b.o); err != nil {
		return b.report(), err
	}
	if b.o.Journal != "" {
		journal, err := openJournal(b.o.Journal)
		if err != nil {
			return b.report(), &OutputError{Name: b.o.Journal, Err: err}
		}
		defer journal.Close()
		b.journal = journal
	} else if b.o.Resume {
		return b.report(), recipeError("resuming needs a journal")
	}
	b.run(ctx)
	if b.o.Sheet != "" && ctx.Err() == nil {
		b.sheetErr = b.sheet(ctx)
	}
	return b.report(), b.err(ctx)
}

type batch struct {
	jobs    []Job
	o       BatchOptions
	journal *journal
	start   time.Time

	mu      sync.Mutex
	results []*Result
	errs    []error
	failed  bool

	pages    []string // of the contact sheet, as they are made
	sheetErr error
}

// largeFile is from where a file is worth all workers: about 12 MP.
const largeFile = 12 << 20

// run starts the large jobs first, each with all workers and another one
// beside it that fills the gaps of reading and syncing; then the small ones, a
// worker each, and some more of them than there are workers, for the same
// reason.
func (b *batch) run(ctx context.Context) {
	var large, small []int
	for i := range b.jobs {
		if b.size(i) >= largeFile {
			large = append(large, i)
		} else {
			small = append(small, i)
		}
	}
	b.runAll(ctx, large, 2, b.o.Workers)
	b.runAll(ctx, small, b.o.Workers+b.o.Workers/2+1, 1)
}

func (b *batch) size(i int) int64 {
	var n int64
	for _, name := range b.jobs[i].Inputs {
		if info, err := os.Stat(name); err == nil {
			n += info.Size()
		}
	}
	return n
}

func (b *batch) runAll(ctx context.Context, jobs []int, atOnce, workers int) {
	if len(jobs) == 0 {
		return
	}
	atOnce = min(atOnce, len(jobs))
	if len(jobs) < b.o.Workers {
		workers = max(workers, b.o.Workers/len(jobs))
	}
	product := b.jobs[jobs[0]].Recipe.Product
	for _, i := range jobs {
		product = min(product, b.jobs[i].Recipe.Product)
	}
	o := b.o.Options
	o.Workers = workers
	o.MaxMemory, atOnce = shareOf(b.o.MaxMemory, o.share(product).total, atOnce)
	slots := semaphore.NewWeighted(int64(atOnce))
	var running sync.WaitGroup
	for _, i := range jobs {
		if slots.Acquire(ctx, 1) != nil || b.stopped() {
			break
		}
		running.Go(func() {
			defer slots.Release(1)
			b.runJob(ctx, i, o)
		})
	}
	running.Wait()
}

// shareOf returns the budget of each of n jobs, or of fewer if the total is
// too small for n. A total of 0 is half of the memory that is free.
func shareOf(total, perJob int64, n int) (int64, int) {
	if total <= 0 {
		n = int(max(1, min(int64(n), freeMemory()/2/perJob)))
		return perJob, n
	}
	free := max(total-runtimeShare, 0)
	least := max(perJob-runtimeShare, 1) * 2 / 3
	n = int(max(1, min(int64(n), free/least)))
	return runtimeShare + free/int64(n), n
}

func (b *batch) stopped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed && b.o.FailFast
}

func (b *batch) runJob(ctx context.Context, i int, o Options) {
	job := b.jobs[i]
	b.event(func(e *Events) {
		if e.Started != nil {
			e.Started(i)
		}
	})
	o.Progress = func(done, total int64) {
		b.event(func(e *Events) {
			if e.Progress != nil {
				e.Progress(i, done, total)
			}
		})
	}
	res, err := b.journaled(ctx, job, o)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	b.event(func(e *Events) {
		b.results[i], b.errs[i] = res, err
		b.failed = b.failed || err != nil
		if e.Ended != nil {
			e.Ended(i, res, err)
		}
	})
}

func (b *batch) event(tell func(*Events)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	tell(&b.o.Events)
}

func (b *batch) report() *Report {
	r := &Report{Seconds: time.Since(b.start).Seconds(), Sheets: b.pages}
	if b.sheetErr != nil {
		r.SheetError = b.sheetErr.Error()
	}
	for i, job := range b.jobs {
		j := JobReport{Result: Result{Inputs: job.Inputs, Outputs: job.Outputs}, Status: "not run"}
		switch res, err := b.results[i], b.errs[i]; {
		case errors.Is(err, context.Canceled):
			r.NotRun++
		case err != nil:
			if res != nil {
				j.Result = *res
			}
			j.Status, j.Error = "failed", err.Error()
			r.Failed++
		case res == nil:
			r.NotRun++
		default:
			j.Result, j.Status = *res, "done"
			if res.Skipped {
				j.Status = "skipped"
				r.Skipped++
			} else {
				r.Done++
				r.Pixels += res.Pixels
			}
		}
		r.Jobs = append(r.Jobs, j)
	}
	return r
}

func (b *batch) err(ctx context.Context) error {
	if ctx.Err() != nil && (!b.complete() || b.sheetErr != nil) {
		return ctx.Err()
	}
	e := &BatchError{Total: len(b.jobs)}
	for i, err := range b.errs {
		if err != nil {
			e.Failures = append(e.Failures, Failure{b.jobs[i], err})
		}
	}
	if b.sheetErr != nil {
		e.Failures = append(e.Failures, Failure{Job{Outputs: []string{b.o.Sheet}}, b.sheetErr})
	}
	if len(e.Failures) == 0 {
		return nil
	}
	return e
}

// complete reports whether every job has come to an end of its own.
func (b *batch) complete() bool {
	for i := range b.jobs {
		if b.results[i] == nil && (b.errs[i] == nil || errors.Is(b.errs[i], context.Canceled)) {
			return false
		}
	}
	return true
}

// assumedMemory stands in where the system does not tell what is free.
const assumedMemory = 2 << 30
