// Package tile cuts frames into tiles and runs them: a [Plan] follows from a
// memory budget, [Each] and [Ordered] run it on bounded workers, [ReadPadded]
// gives a tile its halo, and [Cache] keeps what a dear stage has computed so
// that overlapping requests do not compute it twice.
//
// Nothing here changes a sample: whatever the tile size and the number of
// workers, the same bytes come out.
package tile
