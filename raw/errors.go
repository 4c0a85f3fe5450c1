package raw

import (
	"errors"
	"fmt"
)

// Sentinel errors; test with errors.Is.
var (
	// ErrUnknown: the content is of no format that we know.
	ErrUnknown = errors.New("unknown format")
	// ErrTruncated: the data ends before what it promises.
	ErrTruncated = errors.New("truncated")
	// ErrLimit: the data asks for more than the limits allow.
	ErrLimit = errors.New("limit exceeded")
	// ErrBounds: a rectangle that is not inside its source.
	ErrBounds = errors.New("rectangle outside the frame")
	// ErrCFA: a colour filter array that does not exist or that the
	// operation cannot take.
	ErrCFA = errors.New("colour filter array")
	// ErrOption: an option outside its range.
	ErrOption = errors.New("invalid option")
)

// UnsupportedError says that data is well-formed as far as could be told but
// uses a feature that this module does not have.
type UnsupportedError struct {
	Feature string // as the specification names it: "compression 9 (VC-5)"
}

func (e *UnsupportedError) Error() string { return "unsupported: " + e.Feature }

// CorruptError says that data breaks its format's rules.
type CorruptError struct {
	Offset int64 // where in the file, in bytes; −1 if nowhere in particular
	What   string
	Err    error // the cause, or nil
}

func (e *CorruptError) Error() string {
	s := "corrupt: " + e.What
	if e.Offset >= 0 {
		s = fmt.Sprintf("corrupt at offset %#x: %s", e.Offset, e.What)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *CorruptError) Unwrap() error { return e.Err }
