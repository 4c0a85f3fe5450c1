// Package noise makes clean mosaics out of noisy ones.
//
//   - [Merge] aligns a burst and merges it into one mosaic: exposures and noise
//     of its frames (exposure.go, framenoise.go), the reference and the others'
//     motion (register.go, align.go), batches of tiles (merger.go,
//     mergebatch.go, average.go), what clips (clipping.go), what noise is left
//     (probe.go), the report (report.go).
//   - [Denoise] shrinks the noise of a single mosaic, or what is left after a
//     merge (denoise.go).
//   - [Estimate] finds the noise profile of frames that do not tell it
//     (profile.go).
//   - [FindDefects] finds hot and dead pixels, [MarkDefects] lists them for
//     repair (defects.go).
//
// Everything happens on the mosaic itself, before demosaicing, where noise is
// still white and its variance known: Scale·x + Offset at the signal x
// ([raw.NoiseModel]). Signals are normalised, black 0 and white 1, and negative
// noise is kept.
//
// A displacement says where a pixel of the reference is seen: reference pixel
// p is seen at p + v in the other frame.
package noise
