// Package pgm reads and writes binary PGM (mosaics) and PPM (RGB) files of 8
// and 16 bits a sample, as netpbm defines them: a text header, then rows of
// samples, 16-bit ones big-endian.
//
// PGM knows nothing of raw data, so mosaics carry a comment behind the magic
// number that other programs skip:
//
//	# quadraw cfa=quad-rggb black=64 white=1023
//
// Files without it are mono with black at 0 and white at their maxval.
package pgm
