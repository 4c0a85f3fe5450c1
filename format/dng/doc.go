// Package dng reads and writes Adobe's Digital Negative, the raw format that
// phones, drones and raw converters share (DNG specification 1.7.1). It is a
// TIFF file: package internal/ifd knows its directories.
//
// Reading: [Decode] turns the directories into a raw.Header and checks that
// the samples are all there; [File.Mosaic] and [File.RGB] are sources that read
// just the strips and tiles which the wanted rectangle touches. Uncompressed
// rows come straight from the file; compressed tiles are decoded once and kept
// in a bounded cache.
//
// Writing: [Write] and [WriteLinear] stream any source into a file that the
// usual readers accept.
//
// Everything that a hostile file could ask for is bounded by raw.Limits and by
// the size of the file before memory is allocated.
package dng
