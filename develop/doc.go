// Package develop turns linear camera RGB into a picture: levels, white
// balance, camera → output colour, exposure, highlights, tone curve, encoding,
// crop and orientation ([New]); and before that, on the mosaic, what DNG's
// opcode lists ask for ([Correct]).
//
// Colour follows chapter 6 of the Adobe DNG specification 1.7.1. Everything is
// done row by row in 32-bit floats of fixed order and with tables whose
// entries are rounded integers, so that a picture does not depend on tiles,
// workers or machine.
package develop
