package quadraw

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// ErrRecipe: a recipe or a job that cannot work on this input or with this
// output, found before any pixel was touched. Test with errors.Is.
var ErrRecipe = errors.New("cannot be done")

// InputError says which input failed, and why.
type InputError struct {
	Name string
	Err  error
}

func (e *InputError) Error() string { return named(e.Name, e.Err) }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// OutputError says which output could not be written, and why.
type OutputError struct {
	Name string
	Err  error
}

func (e *OutputError) Error() string { return named(e.Name, e.Err) }

// Unwrap returns the cause.
func (e *OutputError) Unwrap() error { return e.Err }

// named puts the file's name before the error unless it is in there already.
func named(name string, err error) string {
	if s := err.Error(); strings.Contains(s, name) {
		return s
	}
	return name + ": " + err.Error()
}

func recipeError(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrRecipe}, args...)...)
}

// inputSource names the file in the errors of a source, so that a failing
// input can be told from a failing output behind a long chain of stages.
type inputSource struct {
	raw.Source
	name string
}

func (s *inputSource) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	return inputError(ctx, s.name, s.Source.ReadTile(ctx, dst))
}

// View passes on what the source can show.
func (s *inputSource) View(m *raw.Mosaic) bool {
	v, ok := s.Source.(raw.Viewer)
	return ok && v.View(m)
}

// Packing passes on how the source's rows are packed.
func (s *inputSource) Packing() (p raw.Packing, stride int, ok bool) {
	if v, is := s.Source.(raw.PackedSource); is {
		return v.Packing()
	}
	return 0, 0, false
}

// PackedRows passes on the source's packed rows.
func (s *inputSource) PackedRows(ctx context.Context, y0, y1 int, buf []byte) ([]byte, error) {
	v, ok := s.Source.(raw.PackedSource)
	if !ok {
		return nil, &raw.UnsupportedError{Feature: "packed rows of this source"}
	}
	rows, err := v.PackedRows(ctx, y0, y1, buf)
	return rows, inputError(ctx, s.name, err)
}

type inputRGB struct {
	raw.RGBSource
	name string
}

func (s *inputRGB) ReadTile(ctx context.Context, dst *raw.RGB) error {
	return inputError(ctx, s.name, s.RGBSource.ReadTile(ctx, dst))
}

// inputError wraps err unless the caller's context has ended, which is nobody's
// fault.
func inputError(ctx context.Context, name string, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &InputError{Name: name, Err: err}
}

// outputError wraps what went wrong while writing name, unless it came from an
// input, from options that do not fit or from the end of the context.
func outputError(ctx context.Context, name string, err error) error {
	var in *InputError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &in):
		return in
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, raw.ErrOption), errors.Is(err, raw.ErrCFA):
		return stageError(err)
	}
	return &OutputError{Name: name, Err: err}
}

// stageError marks what a stage says of options and arrays as a recipe that
// does not fit.
func stageError(err error) error {
	if errors.Is(err, ErrRecipe) || !errors.Is(err, raw.ErrOption) && !errors.Is(err, raw.ErrCFA) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrRecipe, err)
}
