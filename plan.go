package quadraw

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Job is one piece of work: the frame of one file, or of the files of one
// burst, into one or several files of the same picture.
type Job struct {
	Inputs  []string `json:"inputs"`
	Outputs []string `json:"outputs"`
	Recipe  Recipe   `json:"recipe"`
}

// Existing says what happens when an output is there already.
type Existing uint8

const (
	// Refuse is an error of that job, and nothing is done for it.
	Refuse Existing = iota
	// Skip leaves the file and the job alone.
	Skip
	// Overwrite replaces the file once the new one is complete.
	Overwrite
)

// OutputOptions say where the outputs of a batch go. Either Output names the
// one file, or Dir the folder of all.
type OutputOptions struct {
	Output string
	Dir    string
	// Name is the template of the names in Dir, with {stem}, {ext}, {mode} and
	// {dir}, the input's folder below the folder that was searched. Empty:
	// "{dir}/{stem}.{ext}".
	Name string
	// Formats are the extensions to write, each a file of its own; empty:
	// {"dng"} for mosaics, else {"jpg"}.
	Formats []string
	// Run says how inputs are opened where a name depends on them.
	Run *Options
	// Shard of Shards keeps a part of the jobs; 0 of 0 keeps all.
	Shard, Shards int
}

const defaultName = "{dir}/{stem}.{ext}"

// NewJobs pairs inputs with outputs, a job an input or burst. Two jobs that would
// write one file, an output that is an input, and a template that leads out of
// Dir are errors. The recipe's mode may still be AutoMode unless the template
// asks for it: [Recipe.Resolve] decides then.
func NewJobs(inputs []Input, r *Recipe, o *OutputOptions) ([]Job, error) {
	if err := o.check(len(inputs)); err != nil {
		return nil, err
	}
	jobs := make([]Job, 0, len(inputs))
	for _, in := range inputs {
		job := Job{Inputs: append([]string{in.Name}, in.Burst...), Recipe: *r}
		if o.Output != "" {
			job.Outputs = []string{o.Output}
		} else {
			outs, err := o.names(in, &job.Recipe)
			if err != nil {
				return nil, err
			}
			job.Outputs = outs
		}
		jobs = append(jobs, job)
	}
	for _, job := range jobs {
		for _, out := range job.Outputs {
			if _, err := job.Recipe.productFor(out, false); err != nil {
				return nil, err
			}
		}
	}
	if err := checkCollisions(jobs); err != nil {
		return nil, err
	}
	return shard(jobs, o.Shard, o.Shards)
}

// NewBurst makes one job of frames that are to be merged.
func NewBurst(inputs []Input, r *Recipe, output string) (Job, error) {
	job := Job{Outputs: []string{output}, Recipe: *r}
	for _, in := range inputs {
		job.Inputs = append(job.Inputs, in.Name)
	}
	switch {
	case len(inputs) == 0:
		return job, recipeError("no inputs")
	case output == "":
		return job, recipeError("no output: name a file")
	}
	if _, err := r.productFor(output, false); err != nil {
		return job, err
	}
	return job, checkCollisions([]Job{job})
}

func (o *OutputOptions) check(inputs int) error {
	switch {
	case inputs == 0:
		return recipeError("no inputs")
	case o.Output == "" && o.Dir == "":
		return recipeError("no output: name a file or a folder for it")
	case o.Output != "" && o.Dir != "":
		return recipeError("an output file and an output folder: only one of them")
	case o.Output != "" && inputs > 1:
		return recipeError("%d inputs cannot become the one file %s; name a folder", inputs, o.Output)
	case o.Output != "" && (o.Name != "" || len(o.Formats) > 0):
		return recipeError("a name template and formats need an output folder, not the file %s", o.Output)
	}
	return nil
}

func (o *OutputOptions) names(in Input, r *Recipe) ([]string, error) {
	template := o.Name
	if template == "" {
		template = defaultName
	}
	if strings.Contains(template, "{mode}") && r.Mode == AutoMode {
		mode, err := modeOf(in.Name, r, o.Run)
		if err != nil {
			// The job itself will tell why its input cannot be read.
			mode = r.Mode
		}
		r.Mode = mode
	}
	formats := o.Formats
	if len(formats) == 0 {
		formats = []string{defaultFormat(r.Product)}
	}
	var outs []string
	for _, ext := range formats {
		name, err := expand(template, in, r.Mode.String(), strings.TrimPrefix(strings.ToLower(ext), "."))
		if err != nil {
			return nil, err
		}
		if out := filepath.Join(o.Dir, name); !slices.Contains(outs, out) {
			outs = append(outs, out)
		} else {
			return nil, recipeError("name template %q makes one file of several formats; use {ext}", template)
		}
	}
	return outs, nil
}

func defaultFormat(p Product) string {
	if p >= Mosaic {
		return "dng"
	}
	return "jpg"
}

func expand(template string, in Input, mode, ext string) (string, error) {
	base := filepath.Base(in.Name)
	dir := ""
	if in.Under != "" {
		rel, err := filepath.Rel(in.Under, filepath.Dir(in.Name))
		if err != nil {
			return "", fmt.Errorf("%s below %s: %w", in.Name, in.Under, err)
		}
		dir = filepath.ToSlash(rel)
	}
	name := strings.NewReplacer(
		"{dir}", dir, "{stem}", strings.TrimSuffix(base, filepath.Ext(base)), "{mode}", mode, "{ext}", ext,
	).Replace(template)
	if i := strings.IndexAny(name, "{}"); i >= 0 && strings.ContainsAny(template, "{}") && !strings.ContainsAny(in.Name, "{}") {
		return "", recipeError("name template %q: only {dir}, {stem}, {mode} and {ext} can be filled in", template)
	}
	name = filepath.Clean(filepath.FromSlash(strings.TrimLeft(name, "/")))
	if !filepath.IsLocal(name) || name == "." {
		return "", recipeError("name template %q leads out of the output folder for %s", template, in.Name)
	}
	return name, nil
}

// checkCollisions refuses what would lose data: one output for two jobs, an
// output that is some job's input.
func checkCollisions(jobs []Job) error {
	writer := make(map[string]string)
	for _, job := range jobs {
		for _, out := range job.Outputs {
			key := fileKey(out)
			if other, ok := writer[key]; ok {
				return recipeError("%s and %s would both be written to %s", other, job.Inputs[0], out)
			}
			writer[key] = job.Inputs[0]
		}
	}
	for _, job := range jobs {
		for _, in := range job.Inputs {
			if by, ok := writer[fileKey(in)]; ok {
				return recipeError("%s is an input and would be the output of %s", in, by)
			}
		}
	}
	for _, job := range jobs {
		for _, out := range job.Outputs {
			for _, in := range job.Inputs {
				if sameFile(in, out) {
					return recipeError("%s and %s are the same file; an input is never written to", in, out)
				}
			}
		}
	}
	return nil
}

// CheckAside reports, as [ErrRecipe], that a file to be written beside the
// outputs of a command, such as a report or a map, is one of its inputs or
// outputs.
func CheckAside(name string, inputs, outputs []string) error {
	key := fileKey(name)
	is := func(other string) bool { return fileKey(other) == key || sameFile(other, name) }
	if slices.ContainsFunc(inputs, is) {
		return recipeError("%s is an input; an input is never written to", name)
	}
	if slices.ContainsFunc(outputs, is) {
		return recipeError("%s is an output already", name)
	}
	return nil
}

// fileKey is one for names that stand for one file, as far as names can tell:
// systems that ignore case have their names folded.
func fileKey(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
		name = filepath.Join(dir, filepath.Base(name))
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		name = strings.ToLower(name)
	}
	return name
}

// sameFile reports whether both names lead to one file, through links too.
func sameFile(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}
