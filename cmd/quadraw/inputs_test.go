package main

import (
	"os"
	"testing"
)

func TestInputsAreNeverWritten(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	if err := os.Link("a.dng", "hard.dng"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.dng", "soft.dng"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("sub", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"a.dng", "./a.dng", "sub/../a.dng", "hard.dng", "soft.dng"} {
		for _, in := range []string{"a.dng", "soft.dng"} {
			c.fails(exitUsage, "", "bin", in, "-o", out, "--overwrite")
		}
	}
	c.fails(exitUsage, "", "bin", "-r", ".", "-d", ".", "--overwrite")
}

// TestNothingIsWrittenOverInputs names inputs and outputs for the further files
// that commands write.
func TestNothingIsWrittenOverInputs(t *testing.T) {
	c := newCLI(t)
	frames := c.burst()
	for _, name := range []string{"hard.png", "hard.dng"} {
		if err := os.Link(frames[1], name); err != nil {
			t.Fatal(err)
		}
	}
	before := c.files()
	merge := []string{"merge", frames[0], frames[1], "-o", "m.dng", "--overwrite"}
	c.fails(exitUsage, "is an input", append(merge, "--confidence", "hard.png")...)
	c.fails(exitUsage, ".png", append(merge, "--confidence", frames[1])...)
	c.fails(exitUsage, "is an output", "merge", frames[0], frames[1], "-o", "m.png", "--confidence", "./m.png")
	c.fails(exitUsage, "is an input", "convert", frames[1], "-o", "x.jpg", "--report", frames[1])
	c.fails(exitUsage, "is an input", "convert", frames[1], "-o", "x.jpg", "--report", "hard.dng")
	c.fails(exitUsage, "is an output", "convert", frames[1], "-o", "x.jpg", "--report", "x.jpg")
	c.fails(exitUsage, "is an input", "defects", frames[0], frames[1], "--map", frames[1], "--overwrite")
	c.fails(exitUsage, "is an input", "noise", frames[1], "--plot", "hard.png", "--overwrite")
	c.fails(exitUsage, "is an input", "calibrate", frames[1], "-o", "hard.dng", "--overwrite")
	if c.files() != before {
		t.Error("files were changed")
	}
}
