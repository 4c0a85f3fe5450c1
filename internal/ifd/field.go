package ifd

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Bytes returns the field's values as stored, in the file's byte order. Sizes
// are checked against the file and the limits before anything is allocated.
func (f *File) Bytes(e *Entry) ([]byte, error) {
	size := uint64(e.Type.Size())
	if size == 0 {
		return nil, &raw.CorruptError{Offset: e.Offset, What: fmt.Sprintf("%v has %v, which does not exist", e.Tag, e.Type)}
	}
	if e.Offset < 0 || e.Offset > f.size || e.Count > uint64(f.size-e.Offset)/size {
		return nil, &raw.CorruptError{Offset: e.Offset, What: fmt.Sprintf("%v of %d values, the file ends at %#x", e.Tag, e.Count, f.size), Err: raw.ErrTruncated}
	}
	if n := e.Count * size; n > uint64(f.limits.MetadataBytes) {
		return nil, fmt.Errorf("%w: %v of %d bytes, at most %d are allowed", raw.ErrLimit, e.Tag, n, f.limits.MetadataBytes)
	}
	b := make([]byte, e.Count*size)
	if err := f.read(b, e.Offset, e.Tag.String()); err != nil {
		return nil, err
	}
	return b, nil
}

// Raw returns the field in the form in which headers carry metadata: values
// in little-endian order.
func (f *File) Raw(e *Entry) (raw.Tag, error) {
	b, err := f.Bytes(e)
	if err != nil {
		return raw.Tag{}, err
	}
	if f.Order == binary.BigEndian {
		swap(b, e.Type.unit())
	}
	return raw.Tag{ID: uint16(e.Tag), Type: uint16(e.Type), Count: e.Count, Data: b}, nil
}

func swap(b []byte, unit int) {
	for ; unit > 1 && len(b) >= unit; b = b[unit:] {
		for i, j := 0, unit-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

// wrongType is the error of a field whose type cannot hold what it must.
func wrongType(e *Entry) error {
	return &raw.CorruptError{Offset: e.Offset, What: fmt.Sprintf("%v has values of %v", e.Tag, e.Type)}
}

// tooMany is the error of a field with more values than its reader takes.
func tooMany(e *Entry, most uint64) error {
	return &raw.CorruptError{Offset: e.Offset, What: fmt.Sprintf("%v has %d values, at most %d make sense", e.Tag, e.Count, most)}
}

// Uints returns the values of a field of whole numbers that are not negative,
// at most most of them.
func (f *File) Uints(e *Entry, most uint64) ([]uint64, error) {
	switch e.Type {
	case Byte, Short, Long, Long8, IFD, IFD8, SByte, SShort, SLong, SLong8:
	default:
		return nil, wrongType(e)
	}
	if e.Count > most {
		return nil, tooMany(e, most)
	}
	b, err := f.Bytes(e)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, e.Count)
	for i := range out {
		v := int64(0)
		switch e.Type {
		case Byte:
			v = int64(b[i])
		case SByte:
			v = int64(int8(b[i]))
		case Short:
			v = int64(f.Order.Uint16(b[2*i:]))
		case SShort:
			v = int64(int16(f.Order.Uint16(b[2*i:])))
		case Long, IFD:
			v = int64(f.Order.Uint32(b[4*i:]))
		case SLong:
			v = int64(int32(f.Order.Uint32(b[4*i:])))
		default:
			v = int64(f.Order.Uint64(b[8*i:]))
		}
		if v < 0 {
			return nil, &raw.CorruptError{Offset: e.Offset, What: fmt.Sprintf("%v holds %d", e.Tag, v)}
		}
		out[i] = uint64(v)
	}
	return out, nil
}

// Uint returns the first value of a field of whole numbers.
func (f *File) Uint(e *Entry) (uint64, error) {
	one := *e
	if one.Count == 0 {
		return 0, &raw.CorruptError{Offset: e.Offset, What: fmt.Sprintf("%v has no value", e.Tag)}
	}
	one.Count = 1
	v, err := f.Uints(&one, 1)
	if err != nil {
		return 0, err
	}
	return v[0], nil
}

// Floats returns the values of a field of numbers of any type, at most most
// of them. A rational 0/0 means that the value is absent and becomes NaN; a
// rational x/0, an infinity and a stored NaN are corrupt.
func (f *File) Floats(e *Entry, most uint64) ([]float64, error) {
	switch e.Type {
	case ASCII, Undefined:
		return nil, wrongType(e)
	}
	if e.Count > most {
		return nil, tooMany(e, most)
	}
	b, err := f.Bytes(e)
	if err != nil {
		return nil, err
	}
	out := make([]float64, e.Count)
	for i := range out {
		v := f.float(e.Type, b[i*e.Type.Size():])
		absent := (e.Type == Rational || e.Type == SRational) && math.IsNaN(v)
		if math.IsInf(v, 0) || math.IsNaN(v) && !absent {
			return nil, &raw.CorruptError{Offset: e.Offset, What: fmt.Sprintf("%v holds %v", e.Tag, v)}
		}
		out[i] = v
	}
	return out, nil
}

func (f *File) float(t Type, b []byte) float64 {
	switch t {
	case Byte:
		return float64(b[0])
	case SByte:
		return float64(int8(b[0]))
	case Short:
		return float64(f.Order.Uint16(b))
	case SShort:
		return float64(int16(f.Order.Uint16(b)))
	case Long, IFD:
		return float64(f.Order.Uint32(b))
	case SLong:
		return float64(int32(f.Order.Uint32(b)))
	case Rational:
		return float64(f.Order.Uint32(b)) / float64(f.Order.Uint32(b[4:]))
	case SRational:
		return float64(int32(f.Order.Uint32(b))) / float64(int32(f.Order.Uint32(b[4:])))
	case Float:
		return float64(math.Float32frombits(f.Order.Uint32(b)))
	case Double:
		return math.Float64frombits(f.Order.Uint64(b))
	case SLong8:
		return float64(int64(f.Order.Uint64(b)))
	}
	return float64(f.Order.Uint64(b))
}

// Text returns a field of text without its closing NULs and the spaces around
// it. Some writers give text the type BYTE.
func (f *File) Text(e *Entry) (string, error) {
	if e.Type != ASCII && e.Type != Byte && e.Type != Undefined {
		return "", wrongType(e)
	}
	b, err := f.Bytes(e)
	if err != nil {
		return "", err
	}
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.TrimSpace(strings.ToValidUTF8(s, "�")), nil
}
