// Command render makes bench/RESULTS.md, bench/SCALING.md, their pictures and the table in the
// README from bench/report.json: go generate ./bench runs it.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/quadraw/quadraw/bench"
)

func main() {
	if err := render(".", ".."); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

// render works on the folder of package bench and the one with the README.
func render(folder, root string) error {
	f, err := os.Open(filepath.Join(folder, "report.json"))
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := bench.Decode(f)
	if err != nil {
		return err
	}
	if _, err := r.Plot(filepath.Join(folder, "plots")); err != nil {
		return err
	}
	for _, page := range []struct {
		name  string
		write func(w io.Writer) error
	}{
		{"RESULTS.md", func(w io.Writer) error { return r.WriteMarkdown(w, "plots") }},
		{"SCALING.md", r.WriteScaling},
	} {
		var b bytes.Buffer
		if err := page.write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, page.name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	name := filepath.Join(root, "README.md")
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	readme, err := r.InsertTable(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(readme), 0o644)
}
