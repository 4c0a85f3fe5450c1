// Package format opens and creates files. [Open] looks at the content of a
// file, never at its name, and gives a [raw.Source] or a [raw.RGBSource] that
// reads only what is asked for. [Create] chooses the format by the extension
// and gives an [Output] whose file appears under its name when it is complete,
// or not at all.
//
// The formats themselves live in the packages below: dng, pgm, npy,
// headerless, tiff, png and jpeg.
//
// # Hostile files
//
// Everything that a file claims is checked against its size and against
// [Limits] before memory is allocated for it. Bad content is an error that
// tells what is wrong and where, never a panic; contexts end the work within
// one tile.
package format
