package quadraw

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"path/filepath"
	"strings"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/sync/errgroup"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

// A page of a contact sheet: thumbnails in rows, each above its name.
const (
	sheetColumns, sheetRows = 6, 8
	sheetPictures           = sheetColumns * sheetRows
	sheetThumb              = 240 // the longer side of a thumbnail
	sheetGap                = 16
	sheetLabel              = 20 // height of a name
	sheetLetters            = 13 // size of its letters
)

// SheetPages returns the names of the pages of a contact sheet of n pictures,
// 48 a page: contact.jpg, contact-2.jpg and so on.
func SheetPages(name string, n int) []string {
	ext := filepath.Ext(name)
	pages := []string{name}
	for i := sheetPictures; i < n; i += sheetPictures {
		pages = append(pages, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), len(pages)+1, ext))
	}
	return pages
}

// checkSheet finds, before any work, what would keep the sheet of the jobs'
// outputs from being written.
func checkSheet(name string, jobs []Job) error {
	if _, rgb := format.CanHold(name); !rgb {
		return recipeError("contact sheet %s: known extensions are .jpg, .png, .tif and .ppm", name)
	}
	if tellsBlack(name) {
		return recipeError("contact sheet %s: a sheet is no raw file; take .jpg, .png, .tif or .ppm", name)
	}
	all := append([]Job{}, jobs...)
	return checkCollisions(append(all, Job{Inputs: []string{"the contact sheet"}, Outputs: SheetPages(name, len(jobs))}))
}

// CheckSheet returns the names of the pages of the contact sheet that
// o.Sheet asks for, once it is sure that they may be written.
func CheckSheet(jobs []Job, o *BatchOptions) ([]string, error) {
	if o.Sheet == "" {
		return nil, nil
	}
	if err := checkSheet(o.Sheet, jobs); err != nil {
		return nil, err
	}
	pages := SheetPages(o.Sheet, len(jobs))
	if o.Journal != "" && o.Resume {
		return pages, nil // the journal will tell whose they are
	}
	_, err := wanted(pages, o.Existing)
	return pages, err
}

// sheet makes the contact sheet of the jobs whose outputs are there. It reads
// the inputs again, which works after resuming as well, and holds no more than
// a page at a time. Thumbnails are developed as the recipe says from binned
// frames, a burst's from its first.
func (b *batch) sheet(ctx context.Context) error {
	var shown []int
	for i := range b.jobs {
		if b.results[i] != nil && (b.errs[i] == nil || b.results[i].damage != nil) {
			shown = append(shown, i)
		}
	}
	if len(shown) == 0 {
		return nil
	}
	under := commonFolder(b.jobs)
	for p, page := range SheetPages(b.o.Sheet, len(shown)) {
		part := shown[p*sheetPictures : min((p+1)*sheetPictures, len(shown))]
		if err := b.sheetPage(ctx, page, part, under); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) sheetPage(ctx context.Context, page string, jobs []int, under string) error {
	r := record{State: "begun", Output: page, Recipe: "contact sheet"}
	o := b.o.Options
	if b.journal != nil {
		todo, err := b.unfinished([]record{r}, o.Existing)
		if err != nil {
			return err
		}
		if last, known := b.journal.find(page); len(todo) == 0 && !(known && b.o.Resume && last.Recipe == r.Recipe) {
			return nil
		}
		o.Existing = Overwrite
		if err := b.journal.write(r); err != nil {
			return &OutputError{Name: b.o.Journal, Err: err}
		}
	} else if names, err := wanted([]string{page}, o.Existing); err != nil || len(names) == 0 {
		return err
	}
	src, err := b.sheetPicture(ctx, jobs, under)
	if err != nil {
		return err
	}
	o.Progress = nil
	o.Output = format.CreateOptions{Quality: o.Output.Quality, BitDepth: 8}
	if err := SaveRGB(ctx, page, src, &o); err != nil {
		return err
	}
	b.pages = append(b.pages, page)
	if b.journal == nil {
		return nil
	}
	if err := r.finish(); err != nil {
		return &OutputError{Name: page, Err: err}
	}
	if err := b.journal.write(r); err != nil {
		return &OutputError{Name: b.o.Journal, Err: err}
	}
	return nil
}

// sheetPicture lays out a page.
func (b *batch) sheetPicture(ctx context.Context, jobs []int, under string) (raw.RGBSource, error) {
	thumbs := make([]image.Image, len(jobs))
	work, inner := errgroup.WithContext(ctx)
	o := b.o.Options
	o.Workers = 1
	perJob := o.share(Picture).total
	o.MaxMemory, o.Progress = 0, nil
	atOnce := min(b.o.Workers, len(jobs))
	if b.o.MaxMemory > 0 {
		o.MaxMemory, atOnce = shareOf(b.o.MaxMemory, perJob, atOnce)
	}
	work.SetLimit(atOnce)
	for i, job := range jobs {
		work.Go(func() error {
			t, err := thumbnail(inner, &b.jobs[job], &o)
			if err != nil && inner.Err() == nil {
				// The output is there all the same: its place stays empty.
				o.Log.Warn("no thumbnail for the contact sheet", "input", b.jobs[job].Inputs[0], "error", err)
				return nil
			}
			thumbs[i] = t
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	names := make([]string, len(jobs))
	for i, job := range jobs {
		names[i] = sheetName(b.jobs[job].Outputs[0], under)
	}
	canvas, err := layOut(thumbs, names)
	if err != nil {
		return nil, err
	}
	return pictureOf(canvas)
}

// sheetName is how an output is called on the sheet.
func sheetName(output, under string) string {
	if rel, err := filepath.Rel(under, output); err == nil {
		output = rel
	}
	return filepath.ToSlash(output)
}

// commonFolder is the innermost folder that all first outputs lie below.
func commonFolder(jobs []Job) string {
	dir := filepath.Dir(jobs[0].Outputs[0])
	for _, job := range jobs {
		for {
			rel, err := filepath.Rel(dir, job.Outputs[0])
			if err == nil && filepath.IsLocal(rel) || dir == filepath.Dir(dir) {
				break
			}
			dir = filepath.Dir(dir)
		}
	}
	return dir
}

// thumbnail develops a small picture of a job's first input.
func thumbnail(ctx context.Context, job *Job, o *Options) (image.Image, error) {
	f, err := openFrame(ctx, job.Inputs[0], o.openOptions(o.share(Picture)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	recipe := job.Recipe
	if recipe.Product, err = recipe.productFor(job.Outputs[0], f.rgb != nil); err != nil {
		return nil, err
	}
	quiet := *o
	quiet.Log = nil
	picture, err := f.small(ctx, &recipe, quiet.orDefault())
	if err != nil {
		return nil, stageError(err)
	}
	whole := raw.NewRGB(picture.Header().Bounds())
	if err := picture.ReadTile(ctx, whole); err != nil {
		return nil, err
	}
	return imaging.Fit(whole, sheetThumb, sheetThumb, imaging.Lanczos), nil
}

// small is what the recipe shows of the frame, developed in little time: from
// binned cells, with the plainest interpolation, at about twice the size of a
// thumbnail.
func (f *frame) small(ctx context.Context, r *Recipe, o *Options) (raw.RGBSource, error) {
	look := Recipe{Look: r.Look}
	look.Look.Gamut, look.Look.Resize, look.Look.Sharpen = raw.SRGB, 0, 0
	crop, early := r.Crop, r.Product == CameraRGB
	rgb := f.rgb
	if rgb == nil {
		resolved, _, err := r.Resolve(f.mosaic.Header())
		if err != nil {
			return nil, err
		}
		chain := Recipe{Mode: Bin, Defects: r.Defects, Noise: r.Noise, Demosaic: DemosaicRecipe{Method: demosaic.Bilinear}}
		cell := max(f.mosaic.Header().CFA.Cell(), 1)
		factor := max(cell, 2)
		longest := max(f.mosaic.Header().Size.X, f.mosaic.Header().Size.Y)
		switch {
		case cell == 1 && longest < 8*sheetThumb:
			chain.Mode, factor = Keep, 1
		case cell == 2 && longest >= 16*sheetThumb && crop.Empty() && r.Zoom <= 2:
			chain.Bin.TwoStep, factor = true, 4
		}
		crop = scaledCrop(crop, resolved.binFactor(cell), factor)
		c, err := chain.chain(ctx, []raw.Source{f.mosaic}, o)
		if err != nil {
			return nil, err
		}
		if rgb, err = c.demosaiced(pedestal(c.src.Header())); err != nil {
			return nil, err
		}
	}
	var err error
	if early && !crop.Empty() {
		if rgb, err = cropInside(rgb, crop.Add(rgb.Header().DefaultCrop.Min)); err != nil {
			return nil, err
		}
		crop = image.Rectangle{}
	}
	if rgb, err = look.develop(rgb, o.Log); err != nil {
		return nil, err
	}
	if r.Zoom > 1 {
		crop = r.cropOf(rgb.Header().Size)
	}
	if !crop.Empty() {
		if rgb, err = cropInside(rgb, crop); err != nil {
			return nil, err
		}
	}
	if size := rgb.Header().Size; max(size.X, size.Y) > 4*sheetThumb {
		return develop.Resize(rgb, develop.FitInside(size, 2*sheetThumb))
	}
	return rgb, nil
}

// binFactor is how many pixels of the frame one of the resolved recipe's
// product is wide.
func (r *Recipe) binFactor(cell int) int {
	switch {
	case r.Mode != Bin:
		return 1
	case r.Bin.TwoStep:
		return 4
	case r.Bin.Factor > 0:
		return r.Bin.Factor
	}
	return max(cell, 2)
}

// scaledCrop is a crop of a picture binned by one factor in a picture binned by
// another.
func scaledCrop(crop image.Rectangle, from, to int) image.Rectangle {
	return image.Rect(crop.Min.X*from/to, crop.Min.Y*from/to, (crop.Max.X*from+to-1)/to, (crop.Max.Y*from+to-1)/to)
}

// cropInside is raw.CropRGB of what there is of the crop.
func cropInside(src raw.RGBSource, crop image.Rectangle) (raw.RGBSource, error) {
	return raw.CropRGB(src, crop.Intersect(src.Header().Bounds()))
}

// layOut pastes the thumbnails in rows onto a page and writes their names below.
func layOut(thumbs []image.Image, names []string) (*image.NRGBA, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("contact sheet: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: sheetLetters, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("contact sheet: %w", err)
	}
	defer face.Close()
	heights := make([]int, (len(thumbs)+sheetColumns-1)/sheetColumns)
	height := sheetGap
	for i, t := range thumbs {
		if t == nil {
			t = imaging.New(sheetThumb, sheetThumb*3/4, color.NRGBA{48, 48, 48, 255})
			thumbs[i] = t
		}
		row := &heights[i/sheetColumns]
		height -= *row
		*row = max(*row, t.Bounds().Dy()+sheetLabel+sheetGap)
		height += *row
	}
	const pitch = sheetThumb + sheetGap
	page := imaging.New(min(len(thumbs), sheetColumns)*pitch+sheetGap, height, color.NRGBA{28, 28, 28, 255})
	cell := image.Pt(0, sheetGap)
	for i, t := range thumbs {
		cell.X = sheetGap + i%sheetColumns*pitch
		if row := i / sheetColumns; row > 0 && i%sheetColumns == 0 {
			cell.Y += heights[row-1]
		}
		size := t.Bounds().Size()
		tall := heights[i/sheetColumns] - sheetLabel - sheetGap
		at := cell.Add(image.Pt((sheetThumb-size.X)/2, (tall-size.Y)/2))
		draw.Draw(page, image.Rectangle{Min: at, Max: at.Add(size)}, t, t.Bounds().Min, draw.Src)
		d := font.Drawer{Dst: page, Src: image.NewUniform(color.Gray{220}), Face: face}
		name := fitted(names[i], &d)
		d.Dot = fixed.Point26_6{
			X: fixed.I(cell.X) + (fixed.I(sheetThumb)-d.MeasureString(name))/2,
			Y: fixed.I(cell.Y + tall + sheetLabel - 5),
		}
		d.DrawString(name)
	}
	return page, nil
}

// fitted cuts the middle out of a name that is wider than a thumbnail.
func fitted(name string, d *font.Drawer) string {
	r := []rune(name)
	for cut := len(r); d.MeasureString(name) > fixed.I(sheetThumb) && cut > 2; {
		cut--
		name = string(r[:cut/2]) + "…" + string(r[len(r)-cut+cut/2:])
	}
	return name
}

// pictureOf turns a page into a source of sRGB.
func pictureOf(page *image.NRGBA) (raw.RGBSource, error) {
	out := raw.NewRGB(page.Rect)
	for y := range page.Rect.Dy() {
		row := page.Pix[y*page.Stride:]
		for x := range page.Rect.Dx() {
			for c := range out.Pix {
				out.Pix[c][y*out.Stride+x] = uint16(row[4*x+c]) * 0x101
			}
		}
	}
	h := raw.NewHeader(page.Rect.Size(), raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	return raw.NewMemoryRGB(h, out)
}
