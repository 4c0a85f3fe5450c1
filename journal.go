package quadraw

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// JournalName is the file in an output folder that records a batch.
const JournalName = ".quadraw-journal.jsonl"

// journal is a file of JSON lines that only ever grows: a line before a job's
// outputs are touched and a line when they are complete. A process that dies
// leaves at worst half a last line, which readers skip.
type journal struct {
	mu   sync.Mutex
	file *os.File
	last map[string]record // by output, the newest
}

// record is a line of the journal, about one output.
type record struct {
	State  string      `json:"state"` // "begun" or "done"
	Output string      `json:"output"`
	Recipe string      `json:"recipe"` // hash of everything that shapes the output
	Inputs []fileState `json:"inputs"`
	Size   int64       `json:"size,omitzero"` // of the finished output
	Time   time.Time   `json:"time,omitzero"`
	SHA256 string      `json:"sha256,omitzero"`
}

// fileState is what tells one version of a file from another.
type fileState struct {
	Name string    `json:"name"`
	Size int64     `json:"size"`
	Time time.Time `json:"time"`
}

func openJournal(name string) (*journal, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file, last: make(map[string]record)}
	if err := j.read(); err != nil {
		file.Close()
		return nil, err
	}
	return j, nil
}

func (j *journal) read() error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(data) {
		var r record
		if json.Unmarshal(line, &r) == nil && r.Output != "" {
			j.last[r.Output] = r
		}
	}
	// A half line from a process that died must not swallow the next one.
	if n := len(data); n > 0 && data[n-1] != '\n' {
		_, err = j.file.Write([]byte("\n"))
	}
	return err
}

func (j *journal) Close() error { return j.file.Close() }

func (j *journal) write(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last[r.Output] = r
	_, err = j.file.Write(append(line, '\n'))
	return err
}

func (j *journal) find(output string) (record, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, ok := j.last[output]
	return r, ok
}

// journaled runs a job and records it; with Resume it does only those of its
// outputs that are missing, changed, made otherwise or unfinished.
func (b *batch) journaled(ctx context.Context, job Job, o Options) (*Result, error) {
	if b.journal == nil {
		return Run(ctx, job, &o)
	}
	planned, err := plannedRecords(&job, &o)
	if err != nil {
		return nil, err
	}
	todo, err := b.unfinished(planned, o.Existing)
	if err != nil {
		return nil, err
	}
	if len(todo) == 0 {
		return &Result{Inputs: job.Inputs, Outputs: job.Outputs, Mode: job.Recipe.Mode, Skipped: true}, nil
	}
	// What is there of these files has been found to be replaceable.
	o.Existing = Overwrite
	rest := job
	rest.Outputs = nil
	for _, r := range todo {
		if err := b.journal.write(r); err != nil {
			return nil, &OutputError{Name: b.o.Journal, Err: err}
		}
		rest.Outputs = append(rest.Outputs, r.Output)
	}
	res, err := Run(ctx, rest, &o)
	if res != nil {
		res.Outputs = job.Outputs
	}
	if err != nil {
		return res, err
	}
	for _, r := range todo {
		if err := r.finish(); err != nil {
			return nil, &OutputError{Name: r.Output, Err: err}
		}
		if err := b.journal.write(r); err != nil {
			return nil, &OutputError{Name: b.o.Journal, Err: err}
		}
	}
	return res, nil
}

// unfinished returns those of the planned outputs that are to be made. A file
// that is there already may be replaced if e says so or, with Resume, if it was
// this batch that began it.
func (b *batch) unfinished(planned []record, e Existing) ([]record, error) {
	var todo []record
	for _, r := range planned {
		if last, known := b.journal.find(r.Output); known && b.o.Resume {
			if last.State != "done" || !r.sameWork(&last) || !last.intact() {
				todo = append(todo, r)
			}
			continue
		}
		names, err := wanted([]string{r.Output}, e)
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			todo = append(todo, r)
		}
	}
	return todo, nil
}

// plannedRecords are the records of a job that is about to begin.
func plannedRecords(job *Job, o *Options) ([]record, error) {
	hash, err := workHash(&job.Recipe, o)
	if err != nil {
		return nil, err
	}
	var inputs []fileState
	for _, name := range job.Inputs {
		info, err := os.Stat(name)
		if err != nil {
			return nil, &InputError{Name: name, Err: err}
		}
		if abs, err := filepath.Abs(name); err == nil {
			name = abs
		}
		inputs = append(inputs, fileState{name, info.Size(), info.ModTime().UTC()})
	}
	var out []record
	for _, name := range job.Outputs {
		out = append(out, record{State: "begun", Output: name, Recipe: hash, Inputs: inputs})
	}
	return out, nil
}

// workHash names everything but the inputs that shapes an output.
func workHash(r *Recipe, o *Options) (string, error) {
	cfa := ""
	if o.Input.CFA != nil {
		cfa = o.Input.CFA.String()
	}
	data, err := json.Marshal(struct {
		Recipe      *Recipe
		CFA         string
		Compression any
		BitDepth    int
		Quality     int
		Strip       bool
	}{r, cfa, o.Output.Compression, o.Output.BitDepth, o.Output.Quality, o.Output.Strip})
	if err != nil {
		return "", fmt.Errorf("recipe: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), nil
}

func (r *record) sameWork(other *record) bool {
	if r.Recipe != other.Recipe || len(r.Inputs) != len(other.Inputs) {
		return false
	}
	for i, in := range r.Inputs {
		o := other.Inputs[i]
		if in.Name != o.Name || in.Size != o.Size || !in.Time.Equal(o.Time) {
			return false
		}
	}
	return true
}

// intact reports whether the output is still what the record says; content is
// read only if the time has changed.
func (r *record) intact() bool {
	info, err := os.Stat(r.Output)
	if err != nil || info.Size() != r.Size {
		return false
	}
	if info.ModTime().Equal(r.Time) {
		return true
	}
	sum, err := hashFile(r.Output)
	return err == nil && sum == r.SHA256
}

// finish turns the record into that of the finished output.
func (r *record) finish() error {
	info, err := os.Stat(r.Output)
	if err != nil {
		return err
	}
	r.State, r.Size, r.Time = "done", info.Size(), info.ModTime().UTC()
	r.SHA256, err = hashFile(r.Output)
	return err
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
