package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// again trains tables once more, as their notes say, and compares the bytes.
func again(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("again", flag.ContinueOnError)
	manifest := fs.String("manifest", "", "list of the training pictures")
	root := fs.String("root", ".", "folder that the manifest's names are below")
	if err := fs.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "train")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	differ := false
	for _, name := range fs.Args() {
		m, err := load(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		words := strings.Fields(m.Note)
		if len(words) == 0 || words[0] != "table" {
			return fmt.Errorf("%s: its note does not say how it was made: %q", name, m.Note)
		}
		made := filepath.Join(dir, "table.bin")
		if err := train(append(words[1:], "-manifest", *manifest, "-root", *root, "-out", made)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		want, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(made)
		if err != nil {
			return err
		}
		verdict := "the same bytes"
		if !bytes.Equal(got, want) {
			verdict, differ = "DIFFERENT", true
		}
		fmt.Fprintf(out, "%s: %s\n", name, verdict)
	}
	if differ {
		return errors.New("not every table could be made again")
	}
	return nil
}
