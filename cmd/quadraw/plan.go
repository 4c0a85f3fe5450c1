package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/quadraw/quadraw"
)

// printPlan says what each job would do; it goes on to the end and fails as the
// run would.
func (a *app) printPlan(ctx context.Context, jobs []quadraw.Job, o *quadraw.BatchOptions) error {
	est := quadraw.NewEstimator(&o.Options)
	pages, err := quadraw.CheckSheet(jobs, o)
	if err != nil {
		return err
	}
	failed := &quadraw.BatchError{Total: len(jobs)}
	var bytes int64
	var seconds float64
	for i := range jobs {
		e, err := est.Estimate(ctx, jobs[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed.Failures = append(failed.Failures, quadraw.Failure{Job: jobs[i], Err: err})
			if a.common.json {
				a.printJSON(jobRecord(&jobs[i], nil, err))
			} else {
				fmt.Fprintf(a.stdout, "would fail: %v\n", err)
			}
			continue
		}
		bytes += e.Bytes
		seconds += e.Seconds
		if a.common.json {
			a.printJSON(e)
			continue
		}
		fmt.Fprintf(a.stdout, "%s → %s  %d×%d (%v: %s)  about %s, %s, %s of memory\n", strings.Join(e.Inputs, " + "), strings.Join(e.Outputs, ", "),
			e.Size.X, e.Size.Y, e.Mode, e.Reason, formatBytes(e.Bytes), duration(e.Seconds), formatBytes(e.Memory))
	}
	if !a.common.json && len(pages) > 0 {
		fmt.Fprintf(a.stdout, "contact sheet → %s\n", strings.Join(pages, ", "))
	}
	if !a.common.json && len(jobs) > 1 {
		fmt.Fprintf(a.stdout, "%d jobs, %d of them would fail; about %s to write in %s\n", len(jobs), len(failed.Failures), formatBytes(bytes), duration(seconds))
	}
	if len(failed.Failures) > 0 {
		return failed
	}
	return nil
}

func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
