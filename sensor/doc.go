// Package sensor knows real image sensors ([Presets]) and simulates them: a
// [Scene] is seen through a lens, filtered by any colour filter array, turned
// into electrons with shot and read noise, and quantised, with the header a
// camera would write. Because the scene is known, so is the truth: the
// noise-free mosaic, linear camera RGB and sRGB come with every frame.
//
// Everything is computed for the rectangle that is asked for, from formulas
// and from random numbers that are a hash of seed, frame and position, so a
// 108 MP frame needs no 108 MP buffer and any tile has the same bytes. Frames
// are the same on every machine as well: products are rounded before they are
// added, and tables made with transcendental functions are rounded to 2⁻¹⁶ or
// so, which hides differences in a function's last bit.
//
// The simulated camera sees colour as a linear function of XYZ under every
// light (it fulfils the Luther condition), which real cameras do not quite.
// There is no lens distortion, chromatic aberration, or cross-talk beyond what
// the colour matrix says, and noise is Gaussian with the shot noise's variance.
package sensor
