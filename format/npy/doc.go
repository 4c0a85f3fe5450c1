// Package npy reads and writes NumPy's .npy files (format versions 1.0 to 3.0):
// arrays of unsigned 8- or 16-bit integers, (height, width) for a mosaic and
// (height, width, 3) for a picture.
//
// An array knows neither colour filter array nor levels: a mosaic read from
// one is mono with black at 0 and white at the largest value of its type,
// until the caller says otherwise.
package npy
