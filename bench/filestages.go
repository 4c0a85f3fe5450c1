package bench

import (
	"bytes"
	"context"
	"fmt"
	"hash"
	"image"
	"io"
	"os"
	"path/filepath"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/format/tiff"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// fileStages are the codecs, which work on memory here so that no disk is
// timed, and the pipelines from file to file, which do what a user waits for,
// the final sync included. Larger frames than 27 MP are the scaling's.
func fileStages() []stage {
	var s []stage
	for _, c := range []format.Compression{format.None, format.LJPEG} {
		s = append(s,
			stage{"dng/write/" + c.String(), false, false, 0, func(f *frames, size frameSize, workers int) Case {
				return dngWriteCase(f, size, c, workers)
			}},
			stage{"dng/read/" + c.String(), false, false, 0, func(f *frames, size frameSize, workers int) Case {
				return dngReadCase(f, size, c, workers)
			}})
	}
	for _, deflate := range []bool{false, true} {
		s = append(s,
			stage{"tiff/write/" + deflateName(deflate), false, true, size27.pixels(), func(f *frames, size frameSize, workers int) Case {
				return tiffWriteCase(f, size, deflate, workers)
			}},
			stage{"tiff/read/" + deflateName(deflate), false, true, size27.pixels(), func(f *frames, size frameSize, workers int) Case {
				return tiffReadCase(f, size, deflate, workers)
			}})
	}
	for _, p := range []struct {
		name, out string
		recipe    quadraw.Recipe
	}{
		{"bin → dng", "out.dng", quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Bin}},
		{"bin → jpg", "out.jpg", quadraw.Recipe{Mode: quadraw.Bin}},
		{"full → tif", "out.tif", quadraw.Recipe{Mode: quadraw.Full}},
		{"remosaic → dng", "out.dng", quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Full}},
	} {
		s = append(s, stage{"file/" + p.name, false, true, size27.pixels(), func(f *frames, size frameSize, workers int) Case {
			return pipelineCase(f, p.name, size, p.recipe, p.out, workers)
		}})
	}
	return s
}

func deflateName(deflate bool) string {
	if deflate {
		return format.Deflate.String()
	}
	return format.None.String()
}

// sink is a file in memory; it keeps its memory when it is written anew.
type sink struct {
	data []byte
	at   int64
}

func (s *sink) Write(p []byte) (int, error) {
	if grow := s.at + int64(len(p)) - int64(len(s.data)); grow > 0 {
		s.data = append(s.data, make([]byte, grow)...)
	}
	copy(s.data[s.at:], p)
	s.at += int64(len(p))
	return len(p), nil
}

func (s *sink) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += int64(len(s.data))
	}
	s.at = offset
	return offset, nil
}

func (s *sink) reset() { s.data, s.at = s.data[:0], 0 }

func dngWriteCase(f *frames, size frameSize, compression format.Compression, workers int) Case {
	c := Case{Name: "dng/write/" + compression.String(), Pixels: size.pixels(), Workers: workers, Bytes: 4 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		src, err := f.source(ctx, size.size, raw.QuadRGGB)
		if err != nil {
			return nil, err
		}
		var out sink
		o := &dng.WriteOptions{Compression: compression, Tiles: tile.Options{Workers: workers}}
		return &Prepared{
			Run: func(ctx context.Context) error {
				out.reset()
				return dng.Write(ctx, &out, src, o)
			},
			Hash: func(h hash.Hash) { h.Write(out.data) },
		}, nil
	})
	return c
}

func dngReadCase(f *frames, size frameSize, compression format.Compression, workers int) Case {
	c := Case{Name: "dng/read/" + compression.String(), Pixels: size.pixels(), Workers: workers, Bytes: 4 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		src, err := f.source(ctx, size.size, raw.QuadRGGB)
		if err != nil {
			return nil, err
		}
		var file sink
		if err := dng.Write(ctx, &file, src, &dng.WriteOptions{Compression: compression}); err != nil {
			return nil, err
		}
		dst := raw.NewMosaic(image.Rectangle{Max: size.size}, raw.QuadRGGB)
		return &Prepared{
			// Decoding begins anew in each run: what was cached is gone.
			Run: func(ctx context.Context) error {
				d, err := dng.Decode(bytes.NewReader(file.data), int64(len(file.data)), nil)
				if err != nil {
					return err
				}
				src, err := d.Mosaic()
				if err != nil {
					return err
				}
				plan, err := tile.NewPlan(tile.Work{Bounds: dst.Rect, BytesPerPixel: 4, FullWidth: true}, &tile.Options{Workers: workers})
				if err != nil {
					return err
				}
				return pull(ctx, src, dst, plan)
			},
			Hash: hashMosaic(dst),
		}, nil
	})
	return c
}

// picture is a developed frame in memory.
func (f *frames) picture(ctx context.Context, size frameSize) (raw.RGBSource, error) {
	src, err := f.source(ctx, size.size, raw.BayerRGGB)
	if err != nil {
		return nil, err
	}
	camera, err := demosaic.New(src, &demosaic.Options{Method: demosaic.Bilinear, Pedestal: 2048})
	if err != nil {
		return nil, err
	}
	stage, err := develop.New(camera, nil)
	if err != nil {
		return nil, err
	}
	rgb, err := memoryRGB(ctx, stage)
	if err != nil {
		return nil, err
	}
	return raw.NewMemoryRGB(stage.Header(), rgb)
}

func tiffWriteCase(f *frames, size frameSize, deflate bool, workers int) Case {
	c := Case{Name: "tiff/write/" + deflateName(deflate), Pixels: size.pixels(), Workers: workers, Bytes: 12 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		src, err := f.picture(ctx, size)
		if err != nil {
			return nil, err
		}
		var out sink
		o := &tiff.WriteOptions{Deflate: deflate, Tiles: tile.Options{Workers: workers}}
		return &Prepared{
			Run: func(ctx context.Context) error {
				out.reset()
				return tiff.Write(ctx, &out, src, o)
			},
			Hash: func(h hash.Hash) { h.Write(out.data) },
		}, nil
	})
	return c
}

func tiffReadCase(f *frames, size frameSize, deflate bool, workers int) Case {
	c := Case{Name: "tiff/read/" + deflateName(deflate), Pixels: size.pixels(), Workers: workers, Bytes: 12 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		src, err := f.picture(ctx, size)
		if err != nil {
			return nil, err
		}
		var file sink
		if err := tiff.Write(ctx, &file, src, &tiff.WriteOptions{Deflate: deflate}); err != nil {
			return nil, err
		}
		dst := raw.NewRGB(src.Header().Bounds())
		return &Prepared{
			Run: func(ctx context.Context) error {
				t, err := format.NewFile(bytes.NewReader(file.data), int64(len(file.data)), nil)
				if err != nil {
					return err
				}
				defer t.Close()
				src, err := t.RGB()
				if err != nil {
					return err
				}
				plan, err := tile.NewPlan(tile.Work{Bounds: dst.Rect, BytesPerPixel: 12, FullWidth: true}, &tile.Options{Workers: workers})
				if err != nil {
					return err
				}
				return pullRGB(ctx, src, dst, plan)
			},
			Hash: hashRGB(dst),
		}, nil
	})
	return c
}

// pipelineCase times a conversion from file to file.
func pipelineCase(f *frames, name string, size frameSize, r quadraw.Recipe, output string, workers int) Case {
	c := Case{Name: "file/" + name, Pixels: size.pixels(), Workers: workers, Bytes: 2 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		dir, err := os.MkdirTemp("", "quadraw-bench-")
		if err != nil {
			return nil, err
		}
		in, out := filepath.Join(dir, "in.dng"), filepath.Join(dir, output)
		if err := saveFrame(ctx, f, size.size, raw.QuadRGGB, in); err != nil {
			return nil, fmt.Errorf("%w; %w", err, os.RemoveAll(dir))
		}
		o := &quadraw.Options{Workers: workers, Existing: quadraw.Overwrite}
		return &Prepared{
			Run: func(ctx context.Context) error {
				_, err := quadraw.Convert(ctx, in, out, &r, o)
				return err
			},
			Hash: func(h hash.Hash) {
				// A file that cannot be read leaves a hash that nothing equals.
				data, err := os.ReadFile(out)
				fmt.Fprint(h, err)
				h.Write(data)
			},
			Close: func() error { return os.RemoveAll(dir) },
		}, nil
	})
	return c
}
