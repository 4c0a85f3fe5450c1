package ifd

import "strconv"

// Type is the type of a field's values (TIFF 6.0 page 15; the last three are
// BigTIFF's).
type Type uint16

// The field types.
const (
	Byte      Type = 1
	ASCII     Type = 2
	Short     Type = 3
	Long      Type = 4
	Rational  Type = 5 // two Longs
	SByte     Type = 6
	Undefined Type = 7
	SShort    Type = 8
	SLong     Type = 9
	SRational Type = 10 // two SLongs
	Float     Type = 11
	Double    Type = 12
	IFD       Type = 13 // a Long that points to a directory
	Long8     Type = 16
	SLong8    Type = 17
	IFD8      Type = 18
)

var typeSizes = [...]uint8{
	Byte: 1, ASCII: 1, Short: 2, Long: 4, Rational: 8, SByte: 1, Undefined: 1, SShort: 2, SLong: 4,
	SRational: 8, Float: 4, Double: 8, IFD: 4, Long8: 8, SLong8: 8, IFD8: 8,
}

var typeNames = [...]string{
	Byte: "BYTE", ASCII: "ASCII", Short: "SHORT", Long: "LONG", Rational: "RATIONAL", SByte: "SBYTE", Undefined: "UNDEFINED",
	SShort: "SSHORT", SLong: "SLONG", SRational: "SRATIONAL", Float: "FLOAT", Double: "DOUBLE", IFD: "IFD",
	Long8: "LONG8", SLong8: "SLONG8", IFD8: "IFD8",
}

// Size returns the bytes of one value, 0 for a type that does not exist.
func (t Type) Size() int {
	if int(t) < len(typeSizes) {
		return int(typeSizes[t])
	}
	return 0
}

// unit returns the bytes of the words a value is made of: what byte order
// applies to.
func (t Type) unit() int {
	if t == Rational || t == SRational {
		return 4
	}
	return t.Size()
}

// String returns the specification's name, "SHORT".
func (t Type) String() string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}
