// Package raw is the vocabulary of quadraw: what a mosaic, its colour filter
// array, its header and its noise are, and the two interfaces through which
// pixels move.
//
// A [Source] is to mosaics what io.Reader is to bytes: whoever wants pixels
// asks for a rectangle, and just that rectangle is computed. Files are
// sources, every algorithm of this module turns a source into a source, and
// every writer pulls tiles from one. [RGBSource] is the same for pictures with
// three samples a pixel.
//
// Terms are those of the Adobe DNG specification 1.7.1. "DN" is a digital
// number as stored; "normalised" means (DN − black) / (white − black); lengths
// are pixels of the frame at hand, and all rectangles lie in the frame's
// coordinates, whose (0, 0) is the first stored sample, masked borders
// included.
package raw
