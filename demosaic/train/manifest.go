package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// entry is a line of a manifest: a training picture, where it comes from and
// how it is used.
type entry struct {
	hash    string // SHA-256 of the file
	reduce  int    // the picture is averaged over reduce×reduce pixels first
	licence string
	name    string // path below the root
}

// readManifest parses lines of four fields separated by tabs: SHA-256, factor
// of reduction, licence, name. Lines that begin with # are comments.
func readManifest(r io.Reader) ([]entry, error) {
	var out []entry
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		text := sc.Text()
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		f := strings.Split(text, "\t")
		if len(f) != 4 {
			return nil, fmt.Errorf("manifest line %d: %d fields, want 4", line, len(f))
		}
		n, err := strconv.Atoi(f[1])
		if err != nil || n < 1 || n > 16 {
			return nil, fmt.Errorf("manifest line %d: reduction %q", line, f[1])
		}
		out = append(out, entry{f[0], n, f[2], f[3]})
	}
	return out, sc.Err()
}

// open reads the picture of an entry, makes sure that it is the one meant, and
// reduces it.
func (e entry) open(root string) (*picture, error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.name)))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != e.hash {
		return nil, fmt.Errorf("%s: not the file of the manifest: its SHA-256 is %x", e.name, sum)
	}
	decode := func() (*picture, error) { return decodePicture(bytes.NewReader(data)) }
	if strings.EqualFold(filepath.Ext(e.name), ".dng") {
		decode = func() (*picture, error) { return decodeRaw(data) }
	}
	p, err := decode()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.name, err)
	}
	return p.reduced(e.reduce), nil
}

// printManifest prints the manifest of the pictures below root that are named in args.
func printManifest(root, licence string, reduce int, names []string, out io.Writer) error {
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%x\t%d\t%s\t%s\n", sha256.Sum256(data), reduce, licence, filepath.ToSlash(rel))
	}
	return nil
}
