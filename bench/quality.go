package bench

import (
	"context"
	"fmt"
	"image"
	_ "image/png" // pictures of the quality bench
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
	"github.com/quadraw/quadraw/tile"
)

// Quality is one figure of the quality bench.
type Quality struct {
	Test   string  `json:"test"`
	Method string  `json:"method"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Images int     `json:"images"`
	// Stage is the timed stage of the same method, for the plot of quality
	// over speed; empty if there is none.
	Stage string `json:"stage,omitempty"`
	// File is the entry of a contest from file to file that does the same.
	File string `json:"file,omitempty"`
}

// linearWhite is the white level of the quality bench's mosaics: 14 bits of
// linear light, as a good sensor delivers.
const linearWhite = 1<<14 - 1

// measureQuality compares with known truth: demosaicing and remosaicing of
// pictures, ours and that of peers, merging of bursts, noise profiles, colours.
func (r *Report) measureQuality(ctx context.Context, o *Options, say func(string)) error {
	pictures, err := qualityPictures(ctx, o)
	if err != nil {
		return err
	}
	if err := r.demosaicQuality(ctx, pictures, say); err != nil {
		return err
	}
	if err := r.peerQuality(ctx, pictures, say); err != nil {
		return err
	}
	if err := r.burstQuality(ctx, o, pictures, say); err != nil {
		return err
	}
	return r.chartQuality(ctx, say)
}

// demosaicQuality demosaics pictures. Each is taken as sRGB, made linear,
// filtered and quantised to 14 bits; the result is encoded as sRGB again and
// compared by CPSNR, without a border of 10 pixels.
func (r *Report) demosaicQuality(ctx context.Context, pictures []*raw.RGB, say func(string)) error {
	for _, array := range []struct {
		name string
		cfa  raw.CFA
		m    []demosaic.Method
	}{
		{"Bayer", raw.BayerRGGB, []demosaic.Method{demosaic.Bilinear, demosaic.Malvar, demosaic.LMMSE, demosaic.Fast, demosaic.Default, demosaic.Best}},
		{"Quad", raw.QuadRGGB, []demosaic.Method{demosaic.Bilinear, demosaic.Fast, demosaic.Default, demosaic.Best}},
	} {
		for _, m := range array.m {
			say(fmt.Sprintf("quality of %s %s", array.name, m))
			mean, err := meanOf(ctx, pictures, func(ctx context.Context, p *raw.RGB) (float64, error) { return cpsnr(ctx, p, array.cfa, m) })
			if err != nil {
				return fmt.Errorf("quality of %s %s: %w", array.name, m, err)
			}
			q := Quality{Test: array.name + " CPSNR", Method: m.String(), Value: mean, Unit: "dB", Images: len(pictures),
				Stage: "demosaic/" + cellName(array.cfa) + "/" + m.String()}
			if array.cfa == raw.BayerRGGB {
				q.File = "quadraw convert --method " + m.String()
			}
			r.Quality = append(r.Quality, q)
		}
	}
	say("quality of remosaicing")
	mean, err := meanOf(ctx, pictures, remosaicPSNR)
	if err != nil {
		return fmt.Errorf("quality of remosaicing: %w", err)
	}
	r.Quality = append(r.Quality, Quality{Test: "Quad to Bayer PSNR", Method: "remosaic", Value: mean, Unit: "dB", Images: len(pictures)})
	return nil
}

// meanOf is the mean of f over all pictures, which are worked on side by side.
func meanOf(ctx context.Context, pictures []*raw.RGB, f func(context.Context, *raw.RGB) (float64, error)) (float64, error) {
	values := make([]float64, len(pictures))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range pictures {
		g.Go(func() (err error) {
			values[i], err = f(ctx, p)
			return err
		})
	}
	err := g.Wait()
	return stat.Mean(values, nil), err
}

func cellName(c raw.CFA) string {
	if c.Cell() == 2 {
		return "quad"
	}
	return "bayer"
}

// qualityPictures are the PNG files of o.Images, or simulated scenes.
func qualityPictures(ctx context.Context, o *Options) ([]*raw.RGB, error) {
	if o.Images == "" {
		return simulatedPictures(ctx)
	}
	names, err := filepath.Glob(filepath.Join(o.Images, "*.png"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	if o.Quick && len(names) > 3 {
		names = names[:3]
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no PNG files in %s", o.Images)
	}
	var out []*raw.RGB
	for _, n := range names {
		p, err := readPicture(n)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", n, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func readPicture(name string) (*raw.RGB, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, err
	}
	// Whole periods of every array, as the literature's protocol has it.
	b := img.Bounds()
	p := raw.NewRGB(image.Rect(0, 0, b.Dx()&^3, b.Dy()&^3))
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			red, green, blue, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			i := y*p.Stride + x
			p.Pix[0][i], p.Pix[1][i], p.Pix[2][i] = uint16(red), uint16(green), uint16(blue)
		}
	}
	return p, nil
}

// simulatedPictures are scenes of the simulator in sRGB: what can be measured
// where there are no photographs.
func simulatedPictures(ctx context.Context) ([]*raw.RGB, error) {
	var out []*raw.RGB
	for i, scene := range []sensor.Scene{sensor.Texture{Seed: 3}, sensor.Night{}, sensor.Chart{}} {
		sim, err := sensor.New(scene, &sensor.Options{Size: image.Pt(768, 512), CFA: raw.BayerRGGB, Blur: 0.6, Seed: uint64(i)})
		if err != nil {
			return nil, err
		}
		p := raw.NewRGB(image.Rect(0, 0, 768, 512))
		if err := sim.TruthSRGB(0).ReadTile(ctx, p); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// mosaicOf is picture p seen through cfa, with its header.
func mosaicOf(p *raw.RGB, cfa raw.CFA) (*raw.Header, *raw.Mosaic) {
	h := raw.NewHeader(p.Rect.Size(), cfa, 14)
	h.Color.AsShotNeutral = [3]float64{1, 1, 1}
	m := raw.NewMosaic(h.Bounds(), cfa)
	linear := linearTable()
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			m.Pix[y*m.Stride+x] = linear[p.Pix[cfa.ColorAt(x, y)][y*p.Stride+x]]
		}
	}
	return h, m
}

// cpsnr demosaics picture p seen through cfa and returns the CPSNR in dB.
func cpsnr(ctx context.Context, p *raw.RGB, cfa raw.CFA, m demosaic.Method) (float64, error) {
	h, mosaic := mosaicOf(p, cfa)
	got := raw.NewRGB(h.Bounds())
	if err := demosaic.Demosaic(ctx, got, mosaic, h, &demosaic.Options{Method: m, Denoise: demosaic.DenoiseOff, Tiles: tile.Options{Workers: 1}}); err != nil {
		return 0, err
	}
	return encodedCPSNR(p, got)
}

// encodedCPSNR encodes got, which is linear, as sRGB and compares it with p.
func encodedCPSNR(p, got *raw.RGB) (float64, error) {
	encoded := encodedTable()
	for c := range got.Pix {
		for i, v := range got.Pix[c] {
			got.Pix[c][i] = encoded[v]
		}
	}
	return quality.CPSNRPictures(p, got)
}

// remosaicPSNR makes a Bayer mosaic of a Quad one and compares it with the
// mosaic that a Bayer sensor would have taken, as CPSNR does: encoded as sRGB,
// in 8 bits, without a border.
func remosaicPSNR(ctx context.Context, p *raw.RGB) (float64, error) {
	h, quad := mosaicOf(p, raw.QuadRGGB)
	src, err := raw.NewMemory(h, quad)
	if err != nil {
		return 0, err
	}
	stage, err := demosaic.Remosaic(src, &demosaic.Options{Denoise: demosaic.DenoiseOff})
	if err != nil {
		return 0, err
	}
	ho := stage.Header()
	got := raw.NewMosaic(ho.Bounds(), ho.CFA)
	if err := stage.ReadTile(ctx, got); err != nil {
		return 0, err
	}
	black := ho.Black.At(0, 0, 0)
	sum, n := 0.0, 0
	for y := quality.CPSNRBorder; y < ho.Size.Y-quality.CPSNRBorder; y++ {
		row := got.Row(y)
		for x := quality.CPSNRBorder; x < ho.Size.X-quality.CPSNRBorder; x++ {
			c := ho.CFA.ColorAt(x, y)
			v := (float64(row[x]) - black) / (ho.White[c] - black)
			d := math.Round(255*fromLinear(min(max(v, 0), 1))) - math.Round(255*float64(p.Pix[c][y*p.Stride+x])/65535)
			sum += d * d
			n++
		}
	}
	return 10 * math.Log10(255*255*float64(n)/sum), nil
}

// linearTable takes sRGB of 16 bits to light in steps of linearWhite.
var linearTable = sync.OnceValue(func() *[65536]uint16 {
	var t [65536]uint16
	for i := range t {
		t[i] = uint16(math.Round(toLinear(float64(i)/65535) * linearWhite))
	}
	return &t
})

// encodedTable takes light of 16 bits to sRGB.
var encodedTable = sync.OnceValue(func() *[65536]uint16 {
	var t [65536]uint16
	for i := range t {
		t[i] = uint16(math.Round(fromLinear(float64(i)/65535) * 65535))
	}
	return &t
})

// toLinear and fromLinear are the transfer function of IEC 61966-2-1.
func toLinear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func fromLinear(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}
