package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
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

	begun  time.Time
	pixels int64 // of the inputs finished
	failed int
}

func (a *app) newBoard(jobs []quadraw.Job) *board {
	b := &board{out: a.stderr, jobs: jobs, live: make(map[int]*mpb.Bar), quiet: a.common.quiet || a.common.json, json: a.common.json, begun: time.Now()}
	if !a.terminal || b.quiet {
		return b
	}
	b.bars = mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	b.out = b.bars
	if len(jobs) > 1 {
		b.all = b.bars.AddBar(int64(len(jobs)), mpb.BarPriority(len(jobs)), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string {
				return fmt.Sprintf("all %d/%d ", s.Current, s.Total)
			})),
			mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return b.rate(s, b.begun, b.pixels) }),
				decor.Any(func(decor.Statistics) string {
					if b.failed == 0 {
						return ""
					}
					return fmt.Sprintf(" %d failed", b.failed)
				})))
	}
	return b
}

// rate prints speed and the time left, once there is something to go by.
func (b *board) rate(s decor.Statistics, begun time.Time, pixels int64) string {
	passed := time.Since(begun)
	if s.Current <= 0 || s.Total <= 0 || passed <= 0 {
		return ""
	}
	left := time.Duration(float64(passed) / float64(s.Current) * float64(s.Total-s.Current))
	return fmt.Sprintf(" %.0f MP/s, %s left", float64(pixels)/1e6/passed.Seconds(), left.Round(time.Second))
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
			decor.Any(func(s decor.Statistics) string { return b.rate(s, begun, s.Current) })))
}

func (b *board) progress(job int, done, total int64) {
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
	if err != nil {
		b.failed++
	} else if !res.Skipped {
		b.pixels += res.Pixels
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
