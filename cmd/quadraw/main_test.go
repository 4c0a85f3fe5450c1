package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/internal/testutil"
)

// cli is a command line in a folder of its own, run in this process.
type cli struct {
	t   *testing.T
	dir string
	env map[string]string
	in  string
}

func newCLI(t *testing.T) *cli {
	c := &cli{t: t, dir: t.TempDir(), env: map[string]string{}}
	t.Chdir(c.dir)
	return c
}

func (c *cli) runContext(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	a := &app{stdin: strings.NewReader(c.in), stdout: &out, stderr: &err, lookupEnv: func(k string) (string, bool) {
		v, ok := c.env[k]
		return v, ok
	}}
	code = a.run(ctx, args)
	return code, out.String(), err.String()
}

func (c *cli) run(args ...string) (code int, stdout, stderr string) {
	c.t.Helper()
	return c.runContext(c.t.Context(), args...)
}

// ok runs a command that must succeed.
func (c *cli) ok(args ...string) string {
	c.t.Helper()
	code, out, msg := c.run(args...)
	if code != exitDone {
		c.t.Fatalf("quadraw %s: exit %d\n%s%s", strings.Join(args, " "), code, out, msg)
	}
	return out
}

// fails runs a command that must end with the given code and leave no output.
func (c *cli) fails(want int, says string, args ...string) {
	c.t.Helper()
	before := c.files()
	code, out, msg := c.run(args...)
	if code != want || !strings.Contains(msg, says) {
		c.t.Errorf("quadraw %s: exit %d, want %d and a message with %q\n%s%s", strings.Join(args, " "), code, want, says, out, msg)
	}
	if after := c.files(); after != before {
		c.t.Errorf("quadraw %s: files were\n%s\nand are\n%s", strings.Join(args, " "), before, after)
	}
}

// files lists everything in the folder, with sizes, temporary files too.
func (c *cli) files() string {
	var b strings.Builder
	err := filepath.WalkDir(c.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(c.dir, name)
		b.WriteString(strings.Join([]string{rel, info.Mode().String(), string(rune('0' + len(data)%10))}, " ") + "\n")
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return b.String()
}

// quad makes a small simulated Quad frame.
func (c *cli) quad(name string, more ...string) {
	c.t.Helper()
	c.ok(append([]string{"synth", "--size", "256x192", "--iso", "3200", "-o", name}, more...)...)
}

func (c *cli) bayer(name string) {
	c.t.Helper()
	c.ok("synth", "--sensor", "imx477", "--size", "256x192", "-o", name)
}

func (c *cli) info(name string) (i quadraw.Info) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.ok("info", "--json", name)), &i); err != nil {
		c.t.Fatal(err)
	}
	return i
}

func (c *cli) same(a, b string) {
	c.t.Helper()
	da, errA := os.ReadFile(a)
	db, errB := os.ReadFile(b)
	if err := errors.Join(errA, errB); err != nil {
		c.t.Fatal(err)
	}
	if !bytes.Equal(da, db) {
		c.t.Errorf("%s and %s differ", a, b)
	}
}

// Every command that turns files into files, on every kind of output.
func TestCommandsWriteWhatTheirNamesSay(t *testing.T) {
	c := newCLI(t)
	c.quad("quad.dng")
	c.bayer("bayer.dng")
	for _, test := range []struct {
		args string
		size image.Point
	}{
		{"raw quad.dng -o raw.dng", image.Pt(256, 192)},
		{"raw quad.dng -o raw.pgm", image.Pt(256, 192)},
		{"raw quad.dng -o raw.jpg --mode-is-default", image.Pt(128, 96)},
		{"bin quad.dng -o bin.dng", image.Pt(128, 96)},
		{"bin quad.dng -o bin.pgm --mode sum", image.Pt(128, 96)},
		{"bin quad.dng -o bin.jpg", image.Pt(128, 96)},
		{"bin bayer.dng -o bayer-bin.dng", image.Pt(128, 96)},
		{"remosaic quad.dng -o full.dng", image.Pt(256, 192)},
		{"remosaic quad.dng -o full.png", image.Pt(256, 192)},
		{"demosaic quad.dng -o rgb.tif", image.Pt(256, 192)},
		{"demosaic bayer.dng -o bayer.ppm --method malvar", image.Pt(256, 192)},
		{"demosaic quad.dng -o linear.dng --mode bin", image.Pt(128, 96)},
		{"convert quad.dng -o picture.jpg --mode bin", image.Pt(128, 96)},
		{"convert quad.dng -o picture.tif --mode full --compression deflate", image.Pt(256, 192)},
		{"convert quad.dng -o picture.png --mode full --curve filmic --gamut p3 --wb 5000K --exposure 0.5", image.Pt(256, 192)},
		{"convert bayer.dng -o bayer.jpg --quality 80", image.Pt(256, 192)},
		{"convert quad.dng -o crop.png --mode full --crop 10,20,64,32", image.Pt(64, 32)},
		{"convert quad.dng -o linear2.dng --mode full", image.Pt(256, 192)},
		{"convert quad.dng -o zoom.png --zoom 2", image.Pt(128, 96)},
		{"convert quad.dng -o small.jpg --resize 64 --sharpen 0.6", image.Pt(64, 48)},
		{"bin quad.dng -o robust.dng --robust --sigma 4 --clip-aware", image.Pt(128, 96)},
		{"bin quad.dng -o hdr.dng --exposures 1,1,0.25,0.25", image.Pt(128, 96)},
		{"bin bayer.dng -o phase.dng --phase-correct", image.Pt(128, 96)},
		{"bin quad.dng -o two.dng --two-step", image.Pt(64, 48)},
		{"bin quad.dng -o factor.dng --factor 2 --mode average --compression none", image.Pt(128, 96)},
	} {
		args := strings.Fields(strings.ReplaceAll(test.args, " --mode-is-default", ""))
		out := args[3]
		if got := strings.Contains(c.ok(args...), out); got {
			t.Errorf("%s: prints to standard output without --json", test.args)
		}
		i := c.info(out)
		if i.Size != test.size {
			t.Errorf("%s: %v, want %v", test.args, i.Size, test.size)
		}
		want := strings.TrimPrefix(filepath.Ext(out), ".")
		if kind := map[string]string{"jpg": "jpeg", "tif": "tiff"}[want]; kind != "" {
			want = kind
		}
		if i.Format != want {
			t.Errorf("%s: format %q", test.args, i.Format)
		}
	}
}

func TestRawKeepsEverySample(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	c.ok("raw", "a.dng", "-o", "b.dng", "--compression", "none")
	c.ok("raw", "b.dng", "-o", "c.pgm")
	c.ok("raw", "a.dng", "-o", "d.pgm")
	c.same("c.pgm", "d.pgm")
	var cmp quadraw.Comparison
	if err := json.Unmarshal([]byte(c.ok("compare", "--json", "a.dng", "b.dng")), &cmp); err != nil {
		t.Fatal(err)
	}
	if cmp.Different != 0 || cmp.Samples != 256*192 {
		t.Errorf("%d of %d samples differ", cmp.Different, cmp.Samples)
	}
	if out := c.ok("compare", "a.dng", "b.dng"); !strings.Contains(out, "+Inf dB") {
		t.Errorf("compare says\n%s", out)
	}
}

func TestWorkersAndMemoryDoNotShow(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	for _, args := range [][]string{{"bin", "a.dng"}, {"convert", "--mode", "full", "a.dng"}} {
		c.ok(append(args, "-o", "one.dng", "-j", "1", "--max-memory", "40MB", "--overwrite")...)
		c.ok(append(args, "-o", "many.dng", "-j", "7", "--overwrite")...)
		c.same("one.dng", "many.dng")
	}
}

func TestUsageErrors(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	c.bayer("b.dng")
	c.ok("convert", "a.dng", "-o", "p.png")
	for _, test := range []struct{ says, args string }{
		{"no command", ""},
		{"unknown command", "develop a.dng"},
		{"unknown flag", "convert a.dng -o b.jpg --sharp"},
		{"no output", "convert a.dng"},
		{"no input", "convert -o b.jpg"},
		{"extension", "convert a.dng -o b.xyz"},
		{"extension", "convert a.dng -o b"},
		{"folder", "convert a.dng b.dng -o b.jpg"},
		{"only one", "convert a.dng -o b.jpg -d out"},
		{"mosaic", "convert a.dng -o b.pgm"},
		{"remosaic", "remosaic b.dng -o c.dng"},
		{"no mosaic", "bin p.png -o c.dng"},
		{"by 3", "bin a.dng -o c.dng --factor 3"},
		{"penta", "bin a.dng -o c.dng --cfa penta-rggb"},
		{"300", "convert a.dng -o b.jpg --exposure 300"},
		{"size", "convert a.dng -o b.jpg --max-memory lots"},
		{"compression", "convert a.dng -o b.jpg --compression ljpeg"},
		{"crop", "convert a.dng -o b.jpg --crop 1,2,3"},
		{"crop", "convert a.dng -o b.jpg --crop 0,0,9999,9999"},
		{"folder", "convert . -d out"},
		{"nothing matches", "convert x*.dng -d out"},
		{"escape", "convert a.dng -d out --name ../{stem}.{ext}"},
		{"filled", "convert a.dng -d out --name {stem}{iso}.{ext}"},
		{"several formats", "convert a.dng -d out --format jpg,tif --name {stem}.jpg"},
		{"both be written", "convert a.dng b.dng -d out --name x.{ext}"},
		{"only one", "convert a.dng -o b.jpg --zoom 2 --crop 0,0,9,9"},
		{"zoom", "convert a.dng -o b.jpg --zoom 0.5"},
		{"Robust", "bin a.dng -o c.dng --sigma 3"},
		{"shard", "convert a.dng -d out --shard 3/2"},
		{"resume", "convert a.dng -o b.jpg --resume"},
		{"sensor", "synth --sensor x -o c.dng"},
		{"size", "synth --size big -o c.dng"},
		{"256×192", "compare a.dng p.png --quiet=false"},
	} {
		says := test.says
		switch says {
		case "escape":
			says = "leads out"
		case "256×192":
			says = ""
		}
		c.fails(exitUsage, says, strings.Fields(test.args)...)
	}
}

func TestInputFailures(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	data, err := os.ReadFile("a.dng")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("cut.dng", data[:len(data)*2/3])
	write("text.dng", []byte("this is no picture"))
	write("empty.dng", nil)
	write("bomb.pgm", []byte("P5\n65535 65535\n65535\n"))
	write("plain.pgm", []byte("P2\n2 2\n9\n1 2 3 4\n"))
	for _, out := range []string{"o.dng", "o.jpg"} {
		for _, in := range []string{"cut.dng", "text.dng", "empty.dng", "bomb.pgm", "absent.dng"} {
			c.fails(exitInput, in, "bin", in, "-o", out)
			c.fails(exitInput, in, "convert", "--mode", "full", in, "-o", out)
		}
		c.fails(exitUnsupported, "P2", "bin", "plain.pgm", "-o", out)
	}
	c.fails(exitInput, "absent.dng", "info", "absent.dng")
}

func TestRealFiles(t *testing.T) {
	dir := testutil.Data(t, "raw")
	c := newCLI(t)
	c.fails(exitUnsupported, "VC-5", "convert", filepath.Join(dir, "gopro_hero6_4000x3000_vc5.GPR"), "-o", "o.jpg")
	for _, in := range []string{"apple_iphone12pro_proraw_TRUNCATED.dng", "canon_sd450_chdk_TRUNCATED.dng"} {
		c.fails(exitInput, in, "convert", filepath.Join(dir, in), "-o", "o.jpg")
	}
	for _, in := range []string{"canon_kissx4_ml_1888x1182_rggb14packed.dng", "pidng_ov5647_640x480_gbrg10packed.dng", "adobe_sdk_linear16_ljpeg_tiles112.dng"} {
		c.ok("convert", filepath.Join(dir, in), "-o", in+".jpg")
	}
}

func TestOutputsAreNeverReplacedUnasked(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	if err := os.WriteFile("b.jpg", []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	c.fails(exitOutput, "b.jpg", "convert", "a.dng", "-o", "b.jpg")
	c.fails(exitOutput, "nowhere", "convert", "a.dng", "-o", "nowhere/b.jpg")
	c.ok("convert", "a.dng", "-o", "b.jpg", "--skip-existing")
	if data, _ := os.ReadFile("b.jpg"); string(data) != "mine" {
		t.Error("--skip-existing replaced a file")
	}
	c.ok("convert", "a.dng", "-o", "b.jpg", "--overwrite")
	if c.info("b.jpg").Format != "jpeg" {
		t.Error("--overwrite did not replace the file")
	}
}

func TestInterrupted(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := c.files()
	if code, _, msg := c.runContext(ctx, "convert", "a.dng", "-o", "b.jpg"); code != exitInterrupted {
		t.Errorf("exit %d: %s", code, msg)
	}
	if c.files() != before {
		t.Error("an interrupted run left files behind")
	}
}

func TestEnvironment(t *testing.T) {
	c := newCLI(t)
	c.quad("a.dng")
	c.env["QUADRAW_COMPRESSION"] = "none"
	c.ok("raw", "a.dng", "-o", "none.dng")
	c.ok("raw", "a.dng", "-o", "ljpeg.dng", "--compression", "ljpeg")
	none, _ := os.Stat("none.dng")
	ljpeg, _ := os.Stat("ljpeg.dng")
	if none.Size() < 256*192*2 || ljpeg.Size() >= none.Size() {
		t.Errorf("none %d bytes, ljpeg %d", none.Size(), ljpeg.Size())
	}
	c.env["QUADRAW_MAX_MEMORY"] = "much"
	c.fails(exitUsage, "QUADRAW_MAX_MEMORY", "raw", "a.dng", "-o", "x.dng")
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	c := newCLI(t)
	for _, cmd := range (&app{}).commands() {
		out := c.ok(cmd.Name(), "--help")
		if cmd.Name() != "version" && !strings.Contains(out, "Examples:") {
			t.Errorf("%s: no example", cmd.Name())
		}
		if cmd.Short == "" {
			t.Errorf("%s: no description", cmd.Name())
		}
	}
}

func TestDemoSmall(t *testing.T) {
	c := newCLI(t)
	c.ok("demo", "--size", "512x384")
	for name, size := range map[string]image.Point{
		"night.dng": {X: 512, Y: 384}, "night-binned.dng": {X: 256, Y: 192}, "night-binned.jpg": {X: 256, Y: 192}, "night-full.jpg": {X: 512, Y: 384},
	} {
		if got := c.info(filepath.Join("quadraw-demo", name)).Size; got != size {
			t.Errorf("%s: %v, want %v", name, got, size)
		}
	}
	c.info(filepath.Join("quadraw-demo", "crops.png"))
	c.ok("demo", "--size", "256x192", "-q")
	if _, err := os.Stat("quadraw-demo-2"); err != nil {
		t.Error(err)
	}
}
