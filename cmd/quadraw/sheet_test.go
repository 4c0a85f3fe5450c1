package main

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestContactSheet(t *testing.T) {
	c := newCLI(t)
	c.tree(5, 1)
	c.bayer("in/bayer.dng")
	out := c.ok("convert", "in/0/f000.dng", "in/bayer.dng", "-d", "out", "--sheet", "contact.jpg", "-n")
	if !strings.Contains(out, "contact sheet → contact.jpg") || c.count("contact*") != 0 {
		t.Errorf("the plan says\n%s", out)
	}
	args := []string{"convert", "-r", "in", "-d", "out", "--format", "png,jpg", "--sheet", "contact.png"}
	code, _, msg := c.run(args...)
	if code != exitInput || !strings.Contains(msg, "contact sheet: contact.png") {
		t.Fatalf("exit %d\n%s", code, msg)
	}
	// Six pictures side by side, in the height that 4:3 needs.
	if i := c.info("contact.png"); i.Size != image.Pt(16+6*256, 16+180+20+16) {
		t.Errorf("sheet of %v", i.Size)
	}
	first, err := os.ReadFile("contact.png")
	if err != nil {
		t.Fatal(err)
	}
	// What is resumed makes the same sheet; a file of somebody else's stays.
	code, _, msg = c.run(append(args, "--resume", "-j", "1")...)
	if code != exitInput || !strings.Contains(msg, "0 done, 6 skipped, 1 failed") {
		t.Fatalf("exit %d\n%s", code, msg)
	}
	if again, _ := os.ReadFile("contact.png"); string(again) != string(first) {
		t.Error("the sheet of a resumed run differs")
	}
	if err := os.WriteFile("mine.jpg", []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	c.fails(exitOutput, "mine.jpg", "convert", "in/bayer.dng", "-d", "new", "--sheet", "mine.jpg")
	code, _, msg = c.run("convert", "-r", "in", "-d", "out", "--format", "png,jpg", "--sheet", "mine.jpg", "--resume")
	if data, _ := os.ReadFile("mine.jpg"); code != exitOutput || string(data) != "mine" {
		t.Errorf("resuming over a file of others: exit %d\n%s", code, msg)
	}
	c.fails(exitUsage, "both be written", "convert", "in/bayer.dng", "-d", "new", "--sheet", "new/bayer.jpg")
	c.fails(exitUsage, "contact sheet", "convert", "in/bayer.dng", "-o", "x.jpg", "--sheet", "sheet.pgm")
	c.ok("convert", "in/bayer.dng", "-o", "x.dng", "--crop", "16,8,64,128", "--sheet", "one.jpg", "--json")
	if i := c.info("one.jpg"); i.Size != image.Pt(16+256, 16+128+20+16) {
		t.Errorf("sheet of one crop: %v", i.Size)
	}
}

func TestEveryShardHasASheet(t *testing.T) {
	c := newCLI(t)
	c.tree(5, 0)
	for i := range 2 {
		c.ok("bin", "-r", "in", "-d", "out", "--shard", fmt.Sprintf("%d/2", i+1), "--sheet", "contact.jpg")
	}
	if n := c.count("contact-shard*of2.jpg"); n != 2 {
		t.Errorf("%d sheets", n)
	}
}

func TestSheetsHavePages(t *testing.T) {
	c := newCLI(t)
	c.tree(50, 0)
	c.ok("convert", "-r", "in", "-d", "out", "--sheet", "contact.jpg", "-q")
	if a, b := c.info("contact.jpg").Size, c.info("contact-2.jpg").Size; a.Y <= b.Y || c.count("contact*") != 2 {
		t.Errorf("pages of %v and %v", a, b)
	}
}

func TestFramesWithoutFiltersBecomeGrayPictures(t *testing.T) {
	c := newCLI(t)
	c.bayer("a.dng")
	c.ok("raw", "a.dng", "--cfa", "mono", "-o", "mono.dng")
	if i := c.info("mono.dng"); i.CFA.String() != "mono" {
		t.Fatalf("%v", i.CFA)
	}
	c.ok("convert", "mono.dng", "-o", "mono.ppm", "--bits", "8")
	c.ok("convert", "mono.dng", "-o", "linear.dng", "--denoise", "1")
	c.ok("bin", "mono.dng", "-o", "binned.png")
	c.ok("demosaic", "mono.dng", "-o", "camera.tif")
	data, err := os.ReadFile("mono.ppm")
	if err != nil {
		t.Fatal(err)
	}
	pix := data[len(data)-256*192*3:]
	var seen [256]bool
	for i := 0; i < len(pix); i += 3 {
		if pix[i] != pix[i+1] || pix[i] != pix[i+2] {
			t.Fatalf("pixel %d is %v", i/3, pix[i:i+3])
		}
		seen[pix[i]] = true
	}
	grays := 0
	for _, s := range seen {
		if s {
			grays++
		}
	}
	if grays < 50 {
		t.Errorf("%d grays", grays)
	}
	c.fails(exitUsage, "remosaic", "remosaic", "mono.dng", "-o", "x.dng")
	c.fails(exitUsage, "white balance", "convert", "mono.dng", "-o", "x.jpg", "--wb", "5000K")
	c.fails(exitUsage, "mono", "synth", "--cfa", "mono", "-o", filepath.Join("x.dng"))
}
