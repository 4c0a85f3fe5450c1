// Package binning joins the n×n pixels under one colour filter into one: the
// "Super Pixel" of Quad Bayer (2×2), Nona (3×3) and Hexadeca (4×4) sensors,
// the same-colour binning of ordinary Bayer mosaics, and that of monochrome
// sensors.
//
// [New] makes a binned [raw.Source] of another, tile by tile; [Bin] bins a
// mosaic in memory; a [Binner] is what both are made of, for callers who bin
// frame after frame without an allocation, from memory or straight from the
// packed bytes that a sensor or an uncompressed DNG delivers.
//
// What comes out is a mosaic again, in DN, and its header says the truth about
// it: size, colour filter array, black and white level, areas and noise.
//
// # Signal and noise
//
// The mean of n² independent samples has 1/n² of their variance: 6.02 dB for
// 2×2, 9.54 dB for 3×3, 12.04 dB for 4×4, in shot noise and read noise alike.
//
// On a Quad, Nona or Hexadeca sensor the centres of the cells form a uniform
// lattice and binning costs nothing but resolution. On an ordinary Bayer
// sensor the centres of the plain 2×2 same-colour means lie at 1, 2, 5, 6, …:
// edges become staircases (Jin and Hirakawa, "Analysis and processing of pixel
// binning for color image sensor", EURASIP J. Adv. Signal Process. 2012).
// [Options.PhaseCorrect] weighs the two samples of an axis 3:1 and 1:3, which
// puts the centres at 0.5, 2.5, 4.5, … for 4.08 dB instead of 6.02 dB.
package binning
