// Package headerless reads raw dumps: samples without any header, as camera
// receivers and test benches leave them. A [Layout] says how they lie: given by
// the caller, made by a [Preset], or read from a JSON sidecar beside the file.
//
// # Sidecar, version 1
//
// The sidecar of frame.raw is frame.raw.json, one object with these keys:
//
//	quadraw        1, the version; required
//	width, height  pixels; required
//	packing        "u16le", "u16be", "raw8", "mipi10", "mipi12", "mipi14",
//	               "mipi16", "tight10", "tight12", "tight14"; required
//	               without a preset
//	preset         a name for packing, array and row alignment: see [Preset];
//	               other keys override it
//	offset         bytes before the first row; 0
//	stride         bytes from row to row; as few as a row takes
//	bits           of a sample in a word; the packing's
//	shift          unused low bits of a word; 0
//	cfa            "bayer-rggb", "quad-gbrg", "mono" and so on; mono
//	black, white   levels in DN; 0 and the largest value of the bits
//	noise          [[scale, offset]] for all colours or three for red, green
//	               and blue, as in DNG's NoiseProfile
//	orientation    1 to 8, as in EXIF; 1
//	make, model, iso, exposure_time (seconds)
//
// Unknown keys are errors: a misspelt black level must not pass in silence.
package headerless
