// Package quadraw is the front door of the camera core: it composes the stages
// of the packages below it into pipelines that turn raw files into pictures,
// in memory that is bounded by tiles and not by frames.
//
// A [Recipe] says what becomes of a frame: where to stop (the stored samples, a
// mosaic, camera RGB, a developed picture), how a Quad Bayer mosaic is read
// (binned or at full size) and how the picture looks. It is plain data, JSON
// too. [Run] takes a [Job], a recipe with the files to read and to write, from
// end to end; [Recipe.Mosaic], [Recipe.CameraRGB] and [Recipe.Picture] give the
// same chain of stages over any [raw.Source], for those who want pixels and no
// files.
package quadraw
