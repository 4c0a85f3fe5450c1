package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/quadraw/quadraw"
)

// board shows a batch as it runs: bars on a terminal, a line for each finished
// job everywhere. Its methods are called by one goroutine at a time.
type board struct {
	out   io.Writer // where lines go; on a terminal, above the bars
	bars  *mpb.Progress
	jobs  []quadraw.Job
	live  map[int]*mpb.Bar
	all   *mpb.Bar
	quiet bool
	json  bool

	closed atomic.Bool
	tally  *tally
}

// tally is how far the batch is; bars read it from goroutines of their own.
type tally struct {
	mu     sync.Mutex
	begun  time.Time
	bytes  []float64 // of each job's inputs: what it is worth of the time
	part   []float64 // of each job that is done
	pixels []int64   // of each job's input, once it has ended, else of its output
	failed int
}

func newTally(jobs []quadraw.Job) *tally {
	t := &tally{begun: time.Now(), bytes: make([]float64, len(jobs)), part: make([]float64, len(jobs)), pixels: make([]int64, len(jobs))}
	for i, job := range jobs {
		for _, name := range job.Inputs {
			if info, err := os.Stat(name); err == nil {
				t.bytes[i] += float64(info.Size())
			}
		}
	}
	return t
}

func (t *tally) set(job int, part float64, pixels int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part[job], t.pixels[job] = part, pixels
}

func (t *tally) fail(job int) {
	t.set(job, 1, 0)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed++
}

// String says how fast it goes, how long it will take, and what failed.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var done, all float64
	var pixels int64
	for i, b := range t.bytes {
		done += t.part[i] * b
		all += b
		pixels += t.pixels[i]
	}
	failed := ""
	if t.failed > 0 {
		failed = fmt.Sprintf(", %d failed", t.failed)
	}
	if done <= 0 || pixels <= 0 {
		return failed
	}
	passed := time.Since(t.begun)
	left := time.Duration(float64(passed) / done * (all - done))
	return fmt.Sprintf(" %.0f MP/s, %s left%s", float64(pixels)/1e6/passed.Seconds(), left.Round(time.Second), failed)
}

func (a *app) newBoard(jobs []quadraw.Job) *board {
	b := &board{out: a.stderr, jobs: jobs, live: make(map[int]*mpb.Bar), quiet: a.common.quiet || a.common.json, json: a.common.json, tally: newTally(jobs)}
	if !a.terminal || b.quiet {
		return b
	}
	b.bars = mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	b.out = b.bars
	a.board.Store(b)
	if len(jobs) > 1 {
		b.all = b.bars.AddBar(int64(len(jobs)), mpb.BarPriority(len(jobs)), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string {
				return fmt.Sprintf("all %d/%d ", s.Current, s.Total)
			})),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return b.tally.String() })))
	}
	return b
}

// say prints a line, above the bars if there are any.
func (a *app) say(line string) error {
	out := a.stderr
	if b := a.board.Load(); b != nil && !b.closed.Load() {
		out = b.out
	}
	_, err := fmt.Fprintln(out, line)
	return err
}

// rate prints speed and the time left, once there is something to go by.
func rate(s decor.Statistics, begun time.Time) string {
	passed := time.Since(begun)
	if s.Current <= 0 || s.Total <= 0 || passed <= 0 {
		return ""
	}
	left := time.Duration(float64(passed) / float64(s.Current) * float64(s.Total-s.Current))
	return fmt.Sprintf(" %.0f MP/s, %s left", float64(s.Current)/1e6/passed.Seconds(), left.Round(time.Second))
}

func (b *board) started(job int) {
	if b.bars == nil {
		return
	}
	begun := time.Now()
	name := shorten(filepath.Base(b.jobs[job].Inputs[0]), 28)
	b.live[job] = b.bars.AddBar(0, mpb.BarPriority(job), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(name+" ", decor.WCSyncWidthR)),
		mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5}),
			decor.Any(func(s decor.Statistics) string { return rate(s, begun) })))
}

func (b *board) progress(job int, done, total int64) {
	if total > 0 {
		b.tally.set(job, float64(done)/float64(total), done)
	}
	if bar := b.live[job]; bar != nil {
		bar.SetTotal(total, false)
		bar.SetCurrent(min(done, total-1))
	}
}

func (b *board) ended(job int, res *quadraw.Result, err error) {
	if bar := b.live[job]; bar != nil {
		bar.Abort(true)
		delete(b.live, job)
	}
	switch {
	case err != nil:
		b.tally.fail(job)
	case res.Skipped:
		b.tally.set(job, 1, 0)
	default:
		b.tally.set(job, 1, res.Pixels)
	}
	if b.all != nil {
		b.all.Increment()
	}
	switch {
	case err != nil && len(b.jobs) == 1:
		return // it is explained once, at the end
	case b.quiet && (err == nil || b.json):
		return
	}
	fmt.Fprintln(b.out, line(&b.jobs[job], res, err))
}

// close ends the bars so that what follows is printed below them.
func (b *board) close() {
	if b.bars == nil {
		return
	}
	b.closed.Store(true)
	for _, bar := range b.live {
		bar.Abort(true)
	}
	if b.all != nil {
		b.all.Abort(true)
	}
	b.bars.Wait()
}

// line is what is said of a finished job.
func line(job *quadraw.Job, res *quadraw.Result, err error) string {
	in := strings.Join(job.Inputs, " + ")
	switch {
	case err != nil:
		return "failed: " + err.Error()
	case res.Skipped:
		return fmt.Sprintf("%s: skipped, %s is there", in, strings.Join(job.Outputs, ", "))
	}
	how := res.Mode.String()
	if res.Reason != "" {
		how += ": " + res.Reason
	}
	return fmt.Sprintf("%s → %s  %d×%d (%s)  %.2f s, %.0f MP/s", in, strings.Join(res.Outputs, ", "), res.Size.X, res.Size.Y, how,
		res.Seconds, res.MegapixelsPerSecond())
}

// shorten cuts the middle out of names longer than n.
func shorten(name string, n int) string {
	r := []rune(name)
	if len(r) <= n {
		return name
	}
	return string(r[:n/2-1]) + "…" + string(r[len(r)-n/2:])
}
