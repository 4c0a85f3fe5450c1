package raw

// Limits bound what a reader will do for a file, whatever the file says. A
// zero field means the default of [Limits.OrDefault]. Everything is checked
// before memory is allocated for it.
type Limits struct {
	// Pixels is the largest frame, width × height.
	Pixels int64
	// Side is the longest width or height in pixels.
	Side int
	// Bytes is the most memory that a reader may hold for one file: decoded
	// tiles, their cache and metadata.
	Bytes int64
	// IFDs is how many image file directories may be visited, Depth how
	// deeply they may nest, Entries how many fields one may have.
	IFDs, Depth, Entries int
	// MetadataBytes is the most that one metadata field may occupy.
	MetadataBytes int64
}

// OrDefault returns l with zero fields set to safe values: 512 Mpixel, a side
// of 65,535, 256 MiB, 128 directories of at most 4,096 fields nested 10 deep,
// and 64 MiB a metadata field.
func (l Limits) OrDefault() Limits {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def64 := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	def64(&l.Pixels, 512<<20)
	def(&l.Side, 65535)
	def64(&l.Bytes, 256<<20)
	def(&l.IFDs, 128)
	def(&l.Depth, 10)
	def(&l.Entries, 4096)
	def64(&l.MetadataBytes, 64<<20)
	return l
}
