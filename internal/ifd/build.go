package ifd

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// Builder is an image file directory under construction. Its fields may be
// set in any order; setting one again replaces it. [Append] sorts them and
// writes them out.
type Builder struct {
	fields []builtField
}

type builtField struct {
	tag     Tag
	typ     Type
	count   uint64
	data    []byte     // values in little-endian order; nil for the two below
	offsets []uint64   // LONG, in BigTIFF LONG8
	subs    []*Builder // LONG offsets of directories, in BigTIFF LONG8
}

// Has reports whether the field is set.
func (b *Builder) Has(t Tag) bool {
	return slices.ContainsFunc(b.fields, func(f builtField) bool { return f.tag == t })
}

// Delete removes the field if it is set.
func (b *Builder) Delete(t Tag) {
	b.fields = slices.DeleteFunc(b.fields, func(f builtField) bool { return f.tag == t })
}

func (b *Builder) set(f builtField) {
	b.Delete(f.tag)
	b.fields = append(b.fields, f)
}

// Byte sets values of type BYTE.
func (b *Builder) Byte(t Tag, v ...byte) {
	b.set(builtField{tag: t, typ: Byte, count: uint64(len(v)), data: v})
}

// Undefined sets a field of bytes without further meaning.
func (b *Builder) Undefined(t Tag, v []byte) {
	b.set(builtField{tag: t, typ: Undefined, count: uint64(len(v)), data: v})
}

// ASCII sets a text; its closing NUL is added here and counts.
func (b *Builder) ASCII(t Tag, s string) {
	v := append([]byte(s), 0)
	b.set(builtField{tag: t, typ: ASCII, count: uint64(len(v)), data: v})
}

// Short sets values of type SHORT.
func (b *Builder) Short(t Tag, v ...uint16) {
	var d []byte
	for _, x := range v {
		d = binary.LittleEndian.AppendUint16(d, x)
	}
	b.set(builtField{tag: t, typ: Short, count: uint64(len(v)), data: d})
}

// Long sets values of type LONG.
func (b *Builder) Long(t Tag, v ...uint32) {
	var d []byte
	for _, x := range v {
		d = binary.LittleEndian.AppendUint32(d, x)
	}
	b.set(builtField{tag: t, typ: Long, count: uint64(len(v)), data: d})
}

// Double sets values of type DOUBLE.
func (b *Builder) Double(t Tag, v ...float64) {
	var d []byte
	for _, x := range v {
		d = binary.LittleEndian.AppendUint64(d, math.Float64bits(x))
	}
	b.set(builtField{tag: t, typ: Double, count: uint64(len(v)), data: d})
}

// Rational sets values of type RATIONAL, each the simplest fraction that is
// nearest to the given number ([Fraction]). Negative numbers and NaN become 0.
func (b *Builder) Rational(t Tag, v ...float64) {
	var d []byte
	for _, x := range v {
		num, den := Fraction(max(x, 0), math.MaxUint32)
		d = binary.LittleEndian.AppendUint32(d, uint32(num))
		d = binary.LittleEndian.AppendUint32(d, uint32(den))
	}
	b.set(builtField{tag: t, typ: Rational, count: uint64(len(v)), data: d})
}

// SRational sets values of type SRATIONAL.
func (b *Builder) SRational(t Tag, v ...float64) {
	var d []byte
	for _, x := range v {
		num, den := Fraction(x, math.MaxInt32)
		d = binary.LittleEndian.AppendUint32(d, uint32(int32(num)))
		d = binary.LittleEndian.AppendUint32(d, uint32(int32(den)))
	}
	b.set(builtField{tag: t, typ: SRational, count: uint64(len(v)), data: d})
}

// Offsets sets file offsets or byte counts: LONG, or LONG8 in a BigTIFF.
func (b *Builder) Offsets(t Tag, v ...uint64) {
	b.set(builtField{tag: t, typ: Long, count: uint64(len(v)), offsets: v})
}

// Sub sets a field that points to other directories.
func (b *Builder) Sub(t Tag, subs ...*Builder) {
	b.set(builtField{tag: t, typ: Long, count: uint64(len(subs)), subs: subs})
}

// Carry adds fields that were read elsewhere, except those that b has
// already: what the writer says itself is truer than what it was handed.
// Fields whose data do not fit their type and count are left out.
func (b *Builder) Carry(tags []raw.Tag) {
	for _, t := range tags {
		size := Type(t.Type).Size()
		if size == 0 || t.Count == 0 || t.Count != uint64(len(t.Data)/size) || len(t.Data)%size != 0 || b.Has(Tag(t.ID)) {
			continue
		}
		b.set(builtField{tag: Tag(t.ID), typ: Type(t.Type), count: t.Count, data: t.Data})
	}
}

// Empty reports whether no field is set.
func (b *Builder) Empty() bool { return len(b.fields) == 0 }

// form is what differs between classic and BigTIFF.
type form struct {
	big                              bool
	header, count, entry, ptr, align int
}

func formOf(big bool) form {
	if big {
		return form{true, 16, 8, 20, 8, 8}
	}
	return form{false, 8, 2, 12, 4, 2}
}

// Append appends a little-endian TIFF header and the directory with
// everything that it points to, all offsets counted from the header. Changing
// the values of Offsets does not change the length: a writer can append once
// to learn where its data begin and again when it knows every offset. The
// error is [raw.ErrLimit] for an offset that a classic file cannot hold.
func Append(dst []byte, root *Builder, big bool) ([]byte, error) {
	f := formOf(big)
	w := &layout{form: f, base: len(dst), out: dst}
	if big {
		w.out = append(w.out, 'I', 'I', 43, 0, 8, 0, 0, 0)
	} else {
		w.out = append(w.out, 'I', 'I', 42, 0)
	}
	w.out = w.appendPtr(w.out, uint64(f.header))
	w.directory(root)
	return w.out, w.err
}

type layout struct {
	form
	base int
	out  []byte
	err  error
}

func (w *layout) appendPtr(d []byte, v uint64) []byte {
	if w.big {
		return binary.LittleEndian.AppendUint64(d, v)
	}
	if v > math.MaxUint32 && w.err == nil {
		w.err = fmt.Errorf("%w: offset %d in a TIFF file that is not a BigTIFF", raw.ErrLimit, v)
	}
	return binary.LittleEndian.AppendUint32(d, uint32(v))
}

// directory writes b at the end of out: its entries, then the values that do
// not fit an entry, then its directories.
func (w *layout) directory(b *Builder) {
	fields := slices.Clone(b.fields)
	slices.SortFunc(fields, func(x, y builtField) int { return int(x.tag) - int(y.tag) })
	at := len(w.out)
	if w.big {
		w.out = binary.LittleEndian.AppendUint64(w.out, uint64(len(fields)))
	} else {
		w.out = binary.LittleEndian.AppendUint16(w.out, uint16(len(fields)))
	}
	w.out = append(w.out, make([]byte, len(fields)*w.entry+w.ptr)...) // the last pointer: no next directory
	for i, f := range fields {
		w.field(at+w.count+i*w.entry, f)
	}
}

func (w *layout) field(at int, f builtField) {
	var offsets []uint64
	data, typ := f.data, f.typ
	if f.subs != nil {
		for _, s := range f.subs {
			w.pad()
			offsets = append(offsets, uint64(len(w.out)-w.base))
			w.directory(s)
		}
	} else {
		offsets = f.offsets
	}
	if data == nil {
		for _, o := range offsets {
			data = w.appendPtr(data, o)
		}
		if w.big {
			typ = Long8
		}
	}
	e := append([]byte(nil), byte(f.tag), byte(f.tag>>8), byte(typ), byte(typ>>8))
	e = w.appendPtr(e, f.count)
	if len(data) <= w.ptr {
		e = append(e, data...)
	} else {
		w.pad()
		e = w.appendPtr(e, uint64(len(w.out)-w.base))
		w.out = append(w.out, data...)
	}
	copy(w.out[at:at+w.entry], e)
}

// pad puts the next value at an even offset, in a BigTIFF at a multiple of 8.
func (w *layout) pad() {
	for (len(w.out)-w.base)%w.align != 0 {
		w.out = append(w.out, 0)
	}
}

// Fraction returns the fraction nearest to x among the convergents of its
// continued fraction with both terms at most limit: a number that was read
// from a fraction gives that fraction in lowest terms again. NaN gives 0/1,
// what is too large the limit over 1.
func Fraction(x, limit float64) (num, den int64) {
	sign := int64(1)
	if x < 0 {
		sign, x = -1, -x
	}
	if math.IsNaN(x) {
		return 0, 1
	}
	if x >= limit {
		return sign * int64(limit), 1
	}
	h0, h1, k0, k1 := 0.0, 1.0, 1.0, 0.0
	for r := x; ; {
		a := math.Floor(r)
		h, k := a*h1+h0, a*k1+k0
		if h > limit || k > limit {
			break
		}
		h0, h1, k0, k1 = h1, h, k1, k
		if h1/k1 == x || r == a {
			break
		}
		r = 1 / (r - a)
	}
	return sign * int64(h1), int64(k1)
}
