package main

import (
	"flag"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// evaluate prints the CPSNR that a table reaches on a folder of pictures:
// mosaics are made of them, demosaiced, rounded to 8 bits and compared, ten
// pixels of border left out.
func evaluate(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("eval", flag.ContinueOnError)
	folder := fs.String("images", "", "folder of pictures")
	sigma := fs.Float64("sigma", 0, "noise to add, in levels of 255")
	domains := fs.String("domain", "gamma", "comma-separated: gamma, sqrt")
	remosaic := fs.Bool("remosaic", false, "judge the Bayer mosaic instead")
	each := fs.Bool("each", false, "print every picture")
	if err := fs.Parse(args); err != nil {
		return err
	}
	names, err := pictures(*folder)
	if err != nil {
		return err
	}
	for _, table := range fs.Args() {
		m, err := load(table)
		if err != nil {
			return err
		}
		for _, dom := range strings.Split(*domains, ",") {
			sums := make([]float64, len(m.Stages)+1)
			for i, name := range names {
				im, err := readPicture(name)
				if err != nil {
					return err
				}
				for n := 1; n <= len(m.Stages); n++ {
					if *remosaic && n < len(m.Stages) {
						continue
					}
					v, err := judge(m, n, im, dom, *sigma, uint64(i), *remosaic)
					if err != nil {
						return err
					}
					sums[n] += v
					if *each {
						fmt.Fprintf(out, "%s %d %.2f\n", filepath.Base(name), n, v)
					}
				}
			}
			fmt.Fprintf(out, "%s %s sigma %g:", table, dom, *sigma)
			for _, s := range sums[1:] {
				fmt.Fprintf(out, " %.3f", s/float64(len(names)))
			}
			fmt.Fprintln(out)
		}
	}
	return nil
}

func load(name string) (*bank.Model, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bank.Read(f)
}

func pictures(folder string) ([]string, error) {
	var names []string
	for _, ext := range []string{"*.png", "*.jpg"} {
		n, err := filepath.Glob(filepath.Join(folder, ext))
		if err != nil {
			return nil, err
		}
		names = append(names, n...)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no pictures in %q", folder)
	}
	sort.Strings(names)
	return names, nil
}

// judge demosaics a mosaic of im with the first n stages and returns its CPSNR.
func judge(m *bank.Model, n int, im *picture, domain string, sigma float64, seed uint64, remosaic bool) (float64, error) {
	period := 2 * m.Cell
	w, h := im.w/period*period, im.h/period*period
	encode, decode := domainOf(0)
	if domain == "sqrt" {
		encode, decode = domainOf(rootShift)
	}
	var c *bank.Cascade
	var err error
	if remosaic {
		c, err = bank.NewRemosaic(m, n)
	} else {
		c, err = bank.New(m, n)
	}
	if err != nil {
		return 0, err
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	src := &bank.Plane{}
	halo := (c.Halo() + period - 1) / period * period
	frame := image.Rect(0, 0, w, h)
	src.Reset(frame.Inset(-halo))
	for y := range h {
		for x := range w {
			v := encode(im.at(x, y, int(bank.ColorAt(m.Cell, x, y))))
			if sigma > 0 {
				v += rng.NormFloat64() * sigma * bank.One / 255
			}
			src.Pix[(y+halo)*src.Stride+x+halo] = sample(v)
		}
	}
	pad(src, frame, m.Cell)
	var s bank.Scratch
	var got bank.RGB
	if remosaic {
		var p bank.Plane
		p.Reset(frame)
		c.Remosaic(&p, src, &s)
		got = bank.RGB{Pix: [3][]int16{p.Pix, p.Pix, p.Pix}, Stride: p.Stride, Rect: p.Rect}
	} else {
		got.Reset(frame)
		c.Demosaic(&got, src, &s)
	}
	sum, count := 0.0, 0
	for y := 10; y < h-10; y++ {
		for x := 10; x < w-10; x++ {
			for c := range 3 {
				if remosaic && c != int(bank.ColorAt(1, x, y)) {
					continue
				}
				v := math.Round(255 * decode(float64(got.Pix[c][y*got.Stride+x])))
				d := max(0, min(v, 255)) - 255*im.at(x, y, c)
				sum += d * d
				count++
			}
		}
	}
	return 10 * math.Log10(255*255*float64(count)/sum), nil
}

func sample(v float64) int16 { return int16(max(bank.Min, min(math.Round(v), bank.Max))) }

// pad mirrors the frame into p's border so that colours stay.
func pad(p *bank.Plane, frame image.Rectangle, cell int) {
	reflect := func(i, n int) int {
		for i < 0 || i >= n {
			if i < 0 {
				i = cell - 1 - i
			} else {
				i = 2*n - cell - 1 - i
			}
		}
		return i
	}
	for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
		for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
			if !image.Pt(x, y).In(frame) {
				sx, sy := reflect(x, frame.Max.X), reflect(y, frame.Max.Y)
				p.Pix[(y-p.Rect.Min.Y)*p.Stride+x-p.Rect.Min.X] = p.Pix[(sy-p.Rect.Min.Y)*p.Stride+sx-p.Rect.Min.X]
			}
		}
	}
}

// quality is the mean PSNR of the patches as they are now, in the working
// domain.
func quality(patches []*patch) float64 {
	sum := 0.0
	for _, p := range patches {
		e := p.estimate
		se, n := 0.0, 0
		for y := e.Rect.Min.Y; y < e.Rect.Max.Y; y++ {
			for x := e.Rect.Min.X; x < e.Rect.Max.X; x++ {
				for c := range 3 {
					d := float64(e.Pix[c][(y-e.Rect.Min.Y)*e.Stride+x-e.Rect.Min.X]) - float64(p.truth.Pix[c][y*patchSize+x])
					se += d * d
					n++
				}
			}
		}
		sum += 10 * math.Log10(bank.One*bank.One*float64(n)/max(se, 1))
	}
	return sum / float64(len(patches))
}
