package ifd

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/quadraw/quadraw/raw"
)

// File is a TIFF file open for reading, classic or BigTIFF.
type File struct {
	Order binary.ByteOrder
	Big   bool  // BigTIFF: offsets of 64 bits
	First int64 // offset of the first directory

	r      io.ReaderAt
	size   int64
	limits raw.Limits
}

// Directory is one image file directory.
type Directory struct {
	Offset  int64
	Size    int64   // bytes that the directory itself occupies
	Next    int64   // offset of the next directory in its chain, 0: none
	Entries []Entry // as stored, sorted or not
	Depth   int     // 0 for the main chain, 1 for the SubIFDs of those, …
}

// Entry is a field: where its values are, not yet read.
type Entry struct {
	Tag    Tag
	Type   Type
	Count  uint64
	Offset int64 // of the values, inline ones too
}

// Open reads the header of the size bytes of r. What is no TIFF file is
// [raw.ErrUnknown]. The limits that count are IFDs, Depth, Entries and
// MetadataBytes.
func Open(r io.ReaderAt, size int64, limits raw.Limits) (*File, error) {
	f := &File{r: r, size: size, limits: limits.OrDefault()}
	var b [16]byte
	n := min(size, 16)
	if err := f.read(b[:n], 0, "TIFF header"); err != nil {
		return nil, err
	}
	switch {
	case n >= 2 && b[0] == 'I' && b[1] == 'I':
		f.Order = binary.LittleEndian
	case n >= 2 && b[0] == 'M' && b[1] == 'M':
		f.Order = binary.BigEndian
	default:
		return nil, fmt.Errorf("%w: no TIFF byte order mark", raw.ErrUnknown)
	}
	short := &raw.CorruptError{Offset: size, What: "TIFF header", Err: raw.ErrTruncated}
	if n < 8 {
		return nil, short
	}
	switch magic := f.Order.Uint16(b[2:]); magic {
	case 42:
		f.First = int64(f.Order.Uint32(b[4:]))
	case 43:
		if f.Order.Uint16(b[4:]) != 8 || f.Order.Uint16(b[6:]) != 0 {
			return nil, &raw.CorruptError{Offset: 4, What: fmt.Sprintf("BigTIFF header: offsets of %d bytes", f.Order.Uint16(b[4:]))}
		}
		if n < 16 {
			return nil, short
		}
		f.Big = true
		first := f.Order.Uint64(b[8:])
		if first >= uint64(size) {
			return nil, &raw.CorruptError{Offset: 8, What: fmt.Sprintf("first directory at offset %#x of %#x", first, size), Err: raw.ErrTruncated}
		}
		f.First = int64(first)
	default:
		return nil, fmt.Errorf("%w: TIFF magic number %d", raw.ErrUnknown, magic)
	}
	if f.First < 8 {
		return nil, &raw.CorruptError{Offset: 4, What: fmt.Sprintf("first directory at offset %#x", f.First)}
	}
	return f, nil
}

// read fills b from offset at; what names it in errors.
func (f *File) read(b []byte, at int64, what string) error {
	if at < 0 || at > f.size || int64(len(b)) > f.size-at {
		return &raw.CorruptError{Offset: at, What: fmt.Sprintf("%s: %d bytes, the file ends at %#x", what, len(b), f.size), Err: raw.ErrTruncated}
	}
	n, err := f.r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = raw.ErrTruncated
	}
	return fmt.Errorf("read %s at offset %#x: %w", what, at, err)
}

// Directory reads the directory at the given offset.
func (f *File) Directory(at int64) (*Directory, error) {
	head, entry, tail := 2, 12, 4
	if f.Big {
		head, entry, tail = 8, 20, 8
	}
	var b [8]byte
	if err := f.read(b[:head], at, "directory"); err != nil {
		return nil, err
	}
	n := uint64(f.Order.Uint16(b[:]))
	if f.Big {
		n = f.Order.Uint64(b[:])
	}
	if n == 0 {
		return nil, &raw.CorruptError{Offset: at, What: "directory without entries"}
	}
	rest := f.size - at - int64(head)
	if n > uint64(rest)/uint64(entry) {
		return nil, &raw.CorruptError{Offset: at, What: fmt.Sprintf("directory of %d entries, the file ends at %#x", n, f.size), Err: raw.ErrTruncated}
	}
	if n > uint64(f.limits.Entries) {
		return nil, fmt.Errorf("%w: directory at offset %#x has %d entries, at most %d are allowed", raw.ErrLimit, at, n, f.limits.Entries)
	}
	table := make([]byte, int(n)*entry)
	if err := f.read(table, at+int64(head), "directory"); err != nil {
		return nil, err
	}
	d := &Directory{Offset: at, Size: int64(head + len(table) + tail), Entries: make([]Entry, 0, n)}
	for i := range int(n) {
		d.Entries = append(d.Entries, f.entry(table[i*entry:], at+int64(head+i*entry)))
	}
	// Some writers forget the offset of the next directory at the end of a file.
	if end := at + int64(head+len(table)); end+int64(tail) <= f.size {
		if err := f.read(b[:tail], end, "directory"); err != nil {
			return nil, err
		}
		if f.Big {
			d.Next = int64(min(f.Order.Uint64(b[:]), 1<<62))
		} else {
			d.Next = int64(f.Order.Uint32(b[:]))
		}
	}
	return d, nil
}

// entry parses the entry in b, which lies at offset at. Offsets that no file
// can have become one that reading reports.
func (f *File) entry(b []byte, at int64) Entry {
	e := Entry{Tag: Tag(f.Order.Uint16(b)), Type: Type(f.Order.Uint16(b[2:]))}
	inline := int64(4)
	if f.Big {
		inline = 8
		e.Count = f.Order.Uint64(b[4:])
		e.Offset = int64(min(f.Order.Uint64(b[12:]), 1<<62))
		at += 12
	} else {
		e.Count = uint64(f.Order.Uint32(b[4:]))
		e.Offset = int64(f.Order.Uint32(b[8:]))
		at += 8
	}
	if size := uint64(e.Type.Size()); e.Count <= uint64(inline) && e.Count*size <= uint64(inline) {
		e.Offset = at
	}
	return e
}

// Find returns the field t of d, the first one if there are several, or nil.
func (d *Directory) Find(t Tag) *Entry {
	for i := range d.Entries {
		if d.Entries[i].Tag == t {
			return &d.Entries[i]
		}
	}
	return nil
}

// Walk returns the directories of the main chain, each followed by its
// SubIFDs and theirs. A directory that is reached twice counts once, so loops
// end. Damage behind the first directory does not stop the walk: it is
// returned beside what could be read. The error is non-nil only if nothing
// could.
func (f *File) Walk() (all []*Directory, damage []error, err error) {
	w := walker{f: f, seen: make(map[int64]bool)}
	w.chain(f.First, 0)
	if len(w.all) == 0 {
		return nil, nil, w.damage[0]
	}
	return w.all, w.damage, nil
}

type walker struct {
	f      *File
	seen   map[int64]bool
	all    []*Directory
	damage []error
}

func (w *walker) chain(at int64, depth int) {
	for at != 0 {
		if w.seen[at] {
			w.damage = append(w.damage, &raw.CorruptError{Offset: at, What: "directory reached twice"})
			return
		}
		if len(w.seen) >= w.f.limits.IFDs {
			w.damage = append(w.damage, fmt.Errorf("%w: more than %d directories", raw.ErrLimit, w.f.limits.IFDs))
			return
		}
		w.seen[at] = true
		d, err := w.f.Directory(at)
		if err != nil {
			w.damage = append(w.damage, err)
			return
		}
		d.Depth = depth
		w.all = append(w.all, d)
		w.subs(d)
		if depth > 0 {
			return // SubIFDs are an array in DNG, not a chain
		}
		at = d.Next
	}
}

func (w *walker) subs(d *Directory) {
	e := d.Find(SubIFDs)
	if e == nil {
		return
	}
	if d.Depth+1 > w.f.limits.Depth {
		w.damage = append(w.damage, fmt.Errorf("%w: directories nested more than %d deep", raw.ErrLimit, w.f.limits.Depth))
		return
	}
	offsets, err := w.f.Uints(e, uint64(w.f.limits.IFDs))
	if err != nil {
		w.damage = append(w.damage, err)
		return
	}
	for _, at := range offsets {
		if at != 0 {
			w.chain(int64(min(at, 1<<62)), d.Depth+1)
		}
	}
}
