// Package tables holds the trained tables of the filter-bank engine, as bank.Read
// reads them. MANIFEST.tsv beside them lists the pictures that they were trained
// on; they are made by demosaic/train.
package tables

import "embed"

// Files holds the tables: bayer.bin and quad.bin are free of noise, those with a
// number in the name were trained at that standard deviation (in levels of
// 255) and denoise the mosaic's own samples too.
//
//go:embed *.bin
var Files embed.FS
