// Command render makes bench/RESULTS.md, its pictures and the table in the
// README from bench/report.json: go generate ./bench runs it.
package main

import (
	"fmt"
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
	page, err := os.Create(filepath.Join(folder, "RESULTS.md"))
	if err != nil {
		return err
	}
	defer page.Close()
	if err := r.WriteMarkdown(page, "plots"); err != nil {
		return err
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
