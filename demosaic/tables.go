package demosaic

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/demosaic/tables"
	"github.com/quadraw/quadraw/raw"
)

// Tables are trained filters for one kind of array: one set free of noise, or
// several for increasing noise. The zero value holds none. They do not change:
// any number of frames may use them at once, and those that follow one another
// should, for filters are made ready for their first frame only.
type Tables struct {
	models []*model // by increasing noise, all of one cell
}

// ReadTables reads tables that the trainer has written, each with its noise
// level: at most eight, for the same array and for different levels. Tables that
// are damaged, of another version or too large are errors.
func ReadTables(files ...io.Reader) (*Tables, error) {
	t := &Tables{}
	for _, f := range files {
		m, err := bank.Read(f)
		if err != nil {
			return nil, fmt.Errorf("filter tables: %w", err)
		}
		t.models = append(t.models, newModel(m))
	}
	if err := t.arrange(); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Tables) arrange() error {
	if len(t.models) == 0 {
		return fmt.Errorf("%w: no filter tables", raw.ErrOption)
	}
	if len(t.models) > maxLevels {
		return fmt.Errorf("%w: filter tables for %d levels of noise, at most %d", raw.ErrOption, len(t.models), maxLevels)
	}
	slices.SortFunc(t.models, func(a, b *model) int { return cmp.Compare(a.Sigma, b.Sigma) })
	for i, m := range t.models[1:] {
		if m.Cell != t.models[i].Cell || m.Sigma == t.models[i].Sigma {
			return fmt.Errorf("%w: filter tables for different arrays or of one noise level", raw.ErrOption)
		}
	}
	return nil
}

// Cell returns the side of the array's cell: 1 for Bayer, 2 for Quad.
func (t *Tables) Cell() int {
	if len(t.models) == 0 {
		return 0
	}
	return t.models[0].Cell
}

// Notes tell where each of the tables comes from.
func (t *Tables) Notes() []string {
	var notes []string
	for _, m := range t.models {
		notes = append(notes, m.Note)
	}
	return notes
}

// model is a table and the cascades made of it.
type model struct {
	*bank.Model
	demosaic, remosaic [bank.MaxStages + 1]func() (*bank.Cascade, error) // by stages
}

// newModel leaves the work of laying out filters to the first call of each
// cascade: it takes longer than demosaicing a small frame.
func newModel(m *bank.Model) *model {
	t := &model{Model: m}
	for n := range t.demosaic {
		t.demosaic[n] = sync.OnceValues(func() (*bank.Cascade, error) { return bank.New(m, n) })
		t.remosaic[n] = sync.OnceValues(func() (*bank.Cascade, error) { return bank.NewRemosaic(m, n) })
	}
	return t
}

// cascade returns the first stages of m, or all if it has fewer.
func (m *model) cascade(stages int, remosaic bool) (*bank.Cascade, error) {
	stages = min(stages, len(m.Stages))
	if remosaic {
		return m.remosaic[stages]()
	}
	return m.demosaic[stages]()
}

// tableNames are the embedded tables of each cell, by increasing noise.
var tableNames = [3][]string{
	1: {"bayer.bin", "bayer-5.bin", "bayer-15.bin", "bayer-30.bin", "bayer-60.bin"},
	2: {"quad.bin", "quad-5.bin", "quad-15.bin", "quad-30.bin", "quad-60.bin"},
}

// shipped unpacks an embedded table the first time that it is wanted, which
// takes as long as demosaicing a megapixel or two. What comes of it depends on
// nothing but the embedded file: it is a constant that is computed late.
var shipped = func() map[string]func() (*model, error) {
	all := make(map[string]func() (*model, error))
	for _, names := range tableNames {
		for _, name := range names {
			all[name] = sync.OnceValues(func() (*model, error) {
				f, err := tables.Files.Open(name)
				if err != nil {
					return nil, err
				}
				defer f.Close()
				m, err := bank.Read(f)
				if err != nil {
					return nil, err
				}
				return newModel(m), nil
			})
		}
	}
	return all
}()

// shippedTables returns the embedded tables for a cell; all levels or the one
// without noise only.
func shippedTables(cell int, levels bool) (*Tables, error) {
	t := &Tables{}
	for i, name := range tableNames[cell] {
		if i > 0 && !levels {
			break
		}
		m, err := shipped[name]()
		if err != nil {
			return nil, fmt.Errorf("filter tables %s: %w", name, err)
		}
		t.models = append(t.models, m)
	}
	return t, t.arrange()
}
