package format

import "github.com/quadraw/quadraw/raw"

// Limits bound what a reader does for a file; see [raw.Limits].
type Limits = raw.Limits

// The sentinel errors of package raw under the names that callers of this
// package look for; test with errors.Is.
var (
	ErrUnknown   = raw.ErrUnknown
	ErrTruncated = raw.ErrTruncated
	ErrLimit     = raw.ErrLimit
)

// UnsupportedError names a feature that a file uses, or a file would need, and
// that this module does not have.
type UnsupportedError = raw.UnsupportedError

// CorruptError says where a file breaks its format's rules.
type CorruptError = raw.CorruptError
