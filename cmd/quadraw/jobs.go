package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/internal/newfile"
)

// jobFlags are those of the subcommands that turn files into files.
type jobFlags struct {
	output    string
	dir       string
	name      string
	formats   []string
	recursive bool

	overwrite    bool
	skipExisting bool
	dryRun       bool
	failFast     bool
	resume       bool
	report       string
	shard        string
	sheet        string

	burst quadraw.BurstMode
	// aside is a further file that the command writes, or empty.
	aside string
	// ended, if set, is called with the outcome of a burst.
	ended       func(*quadraw.Result) error
	input       inputFlags
	given       *pflag.FlagSet
	compression format.Compression
	bits        int
	quality     int
	strip       bool
}

func (f *jobFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVarP(&f.output, "output", "o", "", "the output file; its extension chooses the format")
	f.addBatch(fs)
	f.addFiles(fs)
}

// addBurst adds the flags of a command that makes one output of all inputs.
func (f *jobFlags) addBurst(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVarP(&f.output, "output", "o", "", "the output file; its extension chooses the format")
	fs.BoolVarP(&f.recursive, "recursive", "r", false, "search folders for raw files")
	fs.BoolVarP(&f.dryRun, "dry-run", "n", false, "print what would be done, and do nothing")
	f.addFiles(fs)
}

func (f *jobFlags) addBatch(fs *pflag.FlagSet) {
	fs.StringVarP(&f.dir, "dir", "d", "", "the folder for the outputs of several inputs")
	fs.StringVar(&f.name, "name", "", "template of the names in --dir, of {dir}, {stem}, {mode} and {ext} (default {dir}/{stem}.{ext})")
	fs.StringSliceVar(&f.formats, "format", nil, "extensions to write into --dir, several at once: tif,jpg")
	fs.BoolVarP(&f.recursive, "recursive", "r", false, "search folders for raw files; --dir mirrors their tree")
	fs.BoolVar(&f.skipExisting, "skip-existing", false, "leave outputs that are there already, and their inputs, alone")
	fs.BoolVarP(&f.dryRun, "dry-run", "n", false, "print what would be done, and do nothing")
	fs.BoolVar(&f.failFast, "fail-fast", false, "begin nothing more once an input has failed")
	fs.BoolVar(&f.resume, "resume", false, "do only what an earlier run into --dir left missing, changed or unfinished")
	fs.StringVar(&f.shard, "shard", "", "do the i-th of n parts of the inputs, as i/n")
	fs.StringVar(&f.sheet, "sheet", "", "make a contact sheet of the outputs, 48 a page, in this .jpg, .png, .tif or .ppm")
	fs.StringVar(&f.report, "report", "", "write the outcome of every job to this JSON file")
}

func (f *jobFlags) addFiles(fs *pflag.FlagSet) {
	fs.BoolVar(&f.overwrite, "overwrite", false, "replace outputs that are there already")
	fs.Var(newText(&f.compression, "auto|none|ljpeg|deflate"), "compression", "how samples are stored")
	fs.IntVar(&f.bits, "bits", 0, "8 or 16 bits a sample in TIFF, PNG and PPM (default 16; PNG 8)")
	fs.IntVar(&f.quality, "quality", 0, "JPEG quality, 1 to 100 (default 92)")
	fs.BoolVar(&f.strip, "strip", false, "leave out GPS, dates, serial numbers, maker notes and all else that was carried along; camera and exposure stay")
	f.input.add(fs)
	f.given = fs
}

// options turns the flags into those of the library.
func (f *jobFlags) options(a *app) (*quadraw.BatchOptions, error) {
	o := &quadraw.BatchOptions{FailFast: f.failFast, Resume: f.resume}
	o.Options = a.options()
	o.Output = format.CreateOptions{Compression: f.compression, BitDepth: f.bits, Quality: f.quality, Strip: f.strip}
	switch {
	case f.overwrite && f.skipExisting:
		return nil, usagef("--overwrite and --skip-existing: only one of them")
	case f.overwrite:
		o.Existing = quadraw.Overwrite
	case f.skipExisting:
		o.Existing = quadraw.Skip
	}
	if f.resume && f.dir == "" {
		return nil, usagef("--resume needs --dir, where the journal of the earlier run is")
	}
	if f.bits != 0 && f.bits != 8 && f.bits != 16 {
		return nil, usagef("--bits %d: 8 or 16", f.bits)
	}
	if f.quality < 0 || f.quality > 100 {
		return nil, usagef("--quality %d: 1 to 100", f.quality)
	}
	var err error
	o.Input, err = f.input.options(f.given)
	return o, err
}

// options are the run options that the common flags give.
func (a *app) options() quadraw.Options {
	o := quadraw.Options{Workers: a.common.workers, MaxMemory: int64(a.common.maxMemory), Log: a.logger()}
	if o.MaxMemory > 0 && a.limitMemory != nil {
		a.limitMemory(o.MaxMemory * 9 / 10)
	}
	return o
}

// logger prints the library's remarks as plain lines.
func (a *app) logger() *slog.Logger {
	if a.common.quiet {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(&remarks{a: a})
}

// runJobs is the body of every subcommand that turns each input into an output.
func (a *app) runJobs(ctx context.Context, args []string, r *quadraw.Recipe, f *jobFlags) error {
	inputs, err := f.find(ctx, a, args)
	if err != nil {
		return err
	}
	out, err := f.outputs()
	if err != nil {
		return err
	}
	o, err := f.options(a)
	if err != nil {
		return err
	}
	out.Run = &o.Options
	if f.burst != quadraw.NoBursts {
		if inputs, err = quadraw.GroupBursts(ctx, inputs, f.burst, &o.Options); err != nil {
			return err
		}
	}
	jobs, err := quadraw.NewJobs(inputs, r, out)
	if err != nil {
		return err
	}
	return a.runAll(ctx, jobs, f, o)
}

// runBurst is the body of the subcommands that make one output of all inputs.
func (a *app) runBurst(ctx context.Context, args []string, r *quadraw.Recipe, f *jobFlags) error {
	inputs, err := f.find(ctx, a, args)
	if err != nil {
		return err
	}
	if len(inputs) < 2 {
		return usagef("a burst has two frames or more")
	}
	job, err := quadraw.NewBurst(inputs, r, f.output)
	if err != nil {
		return err
	}
	o, err := f.options(a)
	if err != nil {
		return err
	}
	return a.runAll(ctx, []quadraw.Job{job}, f, o)
}

func (a *app) runAll(ctx context.Context, jobs []quadraw.Job, f *jobFlags, o *quadraw.BatchOptions) error {
	o.Sheet = f.sheetName()
	for _, name := range []string{f.report, f.aside} {
		for _, job := range jobs {
			if name == "" {
				break
			}
			if err := quadraw.CheckAside(name, job.Inputs, job.Outputs); err != nil {
				return err
			}
		}
	}
	if f.dir != "" {
		o.MakeFolders = true
		o.Journal = filepath.Join(f.dir, quadraw.JournalName)
	}
	if f.dryRun {
		return a.printPlan(ctx, jobs, o)
	}
	if f.report != "" {
		if err := newfile.Refuse(f.report, true); err != nil {
			return &quadraw.OutputError{Name: f.report, Err: err}
		}
	}
	if _, err := quadraw.CheckSheet(jobs, o); err != nil {
		return err
	}
	if err := quadraw.CheckDisk(ctx, jobs, &o.Options); err != nil {
		return err
	}
	if f.dir != "" {
		if err := os.MkdirAll(f.dir, 0o777); err != nil {
			return &quadraw.OutputError{Name: f.dir, Err: err}
		}
	}
	b := a.newBoard(jobs)
	var endErr error
	o.Events = quadraw.Events{Started: b.started, Progress: b.progress, Ended: func(job int, res *quadraw.Result, err error) {
		b.ended(job, res, err)
		if res != nil {
			a.printMerge(b.out, res)
			if f.ended != nil {
				endErr = f.ended(res)
			}
		}
		if a.common.json {
			a.printJSON(jobRecord(&jobs[job], res, err))
		}
	}}
	report, err := quadraw.RunBatch(ctx, jobs, o)
	b.close()
	a.tellSheet(report, b.quiet)
	if len(jobs) > 1 && !b.quiet {
		fmt.Fprintln(a.stderr, summary(report))
	}
	if f.report != "" {
		if e := saveReport(f.report, report); e != nil && err == nil {
			err = e
		}
	}
	return cmp.Or(err, endErr)
}

func (f *jobFlags) find(ctx context.Context, a *app, args []string) ([]quadraw.Input, error) {
	if len(args) == 0 {
		return nil, usagef("no input named")
	}
	return quadraw.FindInputs(ctx, args, &quadraw.FindOptions{Recursive: f.recursive, List: a.stdin, Exclude: f.dir})
}

func (f *jobFlags) outputs() (*quadraw.OutputOptions, error) {
	out := &quadraw.OutputOptions{Output: f.output, Dir: f.dir, Name: f.name, Formats: f.formats}
	if f.shard == "" {
		return out, nil
	}
	i, n, ok := strings.Cut(f.shard, "/")
	var errI, errN error
	out.Shard, errI = strconv.Atoi(i)
	out.Shards, errN = strconv.Atoi(n)
	if !ok || errI != nil || errN != nil || out.Shard < 1 || out.Shard > out.Shards {
		return nil, usagef("--shard %q: want i/n with i from 1 to n", f.shard)
	}
	return out, nil
}

// sheetName is the file of the contact sheet; each shard has one of its own.
func (f *jobFlags) sheetName() string {
	if f.sheet == "" || f.shard == "" {
		return f.sheet
	}
	ext := filepath.Ext(f.sheet)
	return strings.TrimSuffix(f.sheet, ext) + "-shard" + strings.Replace(f.shard, "/", "of", 1) + ext
}

// tellSheet says what became of the contact sheet.
func (a *app) tellSheet(r *quadraw.Report, quiet bool) {
	for _, page := range r.Sheets {
		switch {
		case a.common.json:
			a.printJSON(map[string]string{"sheet": page, "status": "done"})
		case !quiet:
			fmt.Fprintln(a.stderr, "contact sheet:", page)
		}
	}
	if r.SheetError == "" {
		return
	}
	if a.common.json {
		a.printJSON(map[string]string{"status": "failed", "error": r.SheetError})
	} else if len(r.Jobs) > 1 {
		fmt.Fprintln(a.stderr, "failed:", r.SheetError)
	}
}

func holdsMosaic(name string) bool {
	mosaic, _ := format.CanHold(name)
	return mosaic
}

// record is a job's line of JSON.
type record struct {
	quadraw.JobReport
	MegapixelsPerSecond float64 `json:"mp_per_second,omitzero"`
}

func jobRecord(job *quadraw.Job, res *quadraw.Result, err error) record {
	if res == nil {
		res = &quadraw.Result{Inputs: job.Inputs, Outputs: job.Outputs}
	}
	rec := record{JobReport: quadraw.JobReport{Result: *res, Status: "done"}, MegapixelsPerSecond: res.MegapixelsPerSecond()}
	switch {
	case err != nil:
		// What was made of damaged inputs is told all the same.
		rec.Status, rec.Error = "failed", err.Error()
	case res.Skipped:
		rec.Status = "skipped"
	}
	return rec
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func summary(r *quadraw.Report) string {
	s := fmt.Sprintf("%d done", r.Done)
	for _, part := range []struct {
		n    int
		what string
	}{{r.Skipped, "skipped"}, {r.Failed, "failed"}, {r.NotRun, "not run"}} {
		if part.n > 0 {
			s += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	s += fmt.Sprintf(" in %.1f s", r.Seconds)
	if r.Pixels > 0 && r.Seconds > 0 {
		s += fmt.Sprintf(" (%.0f MP/s)", float64(r.Pixels)/1e6/r.Seconds)
	}
	// Few lines stand above; among many the failures would be lost.
	for _, j := range r.Jobs {
		if j.Status == "failed" && len(r.Jobs) > 10 {
			s += "\n  failed: " + j.Error
		}
	}
	return s
}

func saveReport(name string, r *quadraw.Report) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err == nil {
		err = newfile.Write(name, append(data, '\n'), true)
	}
	if err != nil {
		return &quadraw.OutputError{Name: name, Err: err}
	}
	return nil
}
