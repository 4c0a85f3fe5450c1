// Command train makes the tables of the filter-bank engine from photographs,
// and says how good they are.
//
//	go run ./demosaic/train list -root photos -licence "CC0 1.0" -reduce 2 photos/*.png > photos.tsv
//	go run ./demosaic/train table -manifest photos.tsv -root photos -cell 2 -leaves 64,64,64 -out quad.bin
//	go run ./demosaic/train eval -images other-photos quad.bin
//	quadraw demosaic --tables quad.bin in.dng -o out.tif
//
// Pictures are PNG or JPEG, sRGB-encoded, sharp to the pixel (reduce what comes
// out of a camera, whose own demosaicing would be learned otherwise) and free
// of noise; or DNG, of which the camera's own colours are taken. Each is cut
// into patches, some of which are recoloured, turned and mirrored; half are
// taken in the square-root domain of linear light, half as they are encoded.
// For every stage and unit phase a tree is grown greedily by the split that
// lowers the regularised squared error most, and each leaf's filters are fitted
// by least squares, drawn towards those of its parent and towards keeping flat
// fields of any colour.
//
// With -sums, trees make do with features of certain planes and boxes, so that
// the engine need not make the others: all of them together are no better, for
// a greedy tree, than the few good ones.
//
// With -waves, patches of fine gray waves are added, of which photographs hold
// too few to tell them from colours.
//
// With -sigma, patches get noise of that deviation: half of them that of a
// sensor, in linear light. With -full the mosaic's own samples are denoised too.
// A set of such tables for growing noise, handed to the demosaic together,
// serves frames whose header tells their noise.
//
// The same pictures and seed give the same table bit by bit, however many
// workers there are: everything that is added up in parallel is an integer.
// Each table's note holds the arguments it was made with, so that
//
//	go run ./demosaic/train again -manifest demosaic/tables/MANIFEST.tsv -root pictures demosaic/tables/bayer.bin demosaic/tables/quad.bin
//
// makes the tables without noise that come with quadraw once more and compares.
// The manifest says where their pictures are from.
package main
