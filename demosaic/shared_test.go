package demosaic

import (
	"bytes"
	"image"
	"io"
	"sync"
	"testing"

	"github.com/quadraw/quadraw/demosaic/tables"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// Frames share the filters that come with the package, at the same time too,
// and come out as with filters of their own. Neither are laid out twice.
func TestSharedFiltersChangeNothing(t *testing.T) {
	var all sync.WaitGroup
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		sim, err := sensor.New(sensor.Texture{Seed: 3}, &sensor.Options{Size: image.Pt(96, 64), CFA: cfa, ISO: 800})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []Method{Fast, Default} {
			alone := picture(t, sim.Frame(0), &Options{Method: m, Tables: ownTables(t, cfa.Cell())})
			for range 2 {
				all.Go(func() {
					shared := picture(t, sim.Frame(0), &Options{Method: m})
					for c := range shared.Pix {
						for i, v := range shared.Pix[c] {
							if alone.Pix[c][i] != v {
								t.Errorf("%v, %v: sample %d of plane %d is %d, alone %d", cfa, m, i, c, v, alone.Pix[c][i])
								return
							}
						}
					}
				})
			}
		}
		for _, tables := range []*Tables{nil, ownTables(t, cfa.Cell())} {
			o := &Options{Method: Default, Tables: tables}
			for _, remosaic := range []bool{false, true} {
				a, err := newFilterBank(cfa.Cell(), o, true, remosaic)
				if err != nil {
					t.Fatal(err)
				}
				b, err := newFilterBank(cfa.Cell(), o, true, remosaic)
				if err != nil {
					t.Fatal(err)
				}
				for l := range a.levels {
					if a.levels[l].cascade != b.levels[l].cascade {
						t.Errorf("%v, remosaic %t: the filters of level %d were made twice", cfa, remosaic, l)
					}
				}
			}
		}
	}
	all.Wait()
}

// ownTables are the embedded tables for a cell, read as a user's are.
func ownTables(t *testing.T, cell int) *Tables {
	t.Helper()
	var files []io.Reader
	for _, name := range tableNames[cell] {
		data, err := tables.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, bytes.NewReader(data))
	}
	own, err := ReadTables(files...)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// picture is the whole frame; a failure is an error of the test.
func picture(t *testing.T, from raw.Source, o *Options) *raw.RGB {
	dst := raw.NewRGB(from.Header().Bounds())
	src, err := New(from, o)
	if err == nil {
		err = src.ReadTile(t.Context(), dst)
	}
	if err != nil {
		t.Error(err)
	}
	return dst
}
