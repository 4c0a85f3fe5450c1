// Command train makes the tables of the filter-bank engine from photographs,
// and says how good they are.
//
//	go run ./demosaic/train list -root photos -licence "CC0 1.0" -reduce 2 photos/*.png > photos.tsv
//	go run ./demosaic/train table -manifest photos.tsv -root photos -cell 2 -leaves 64,64,64 -out quad.bin
//	go run ./demosaic/train eval -images other-photos quad.bin
//
// Pictures are PNG or JPEG, sRGB-encoded, sharp to the pixel (reduce what comes
// out of a camera, whose own demosaicing would be learned otherwise) and free
// of noise. Each is cut into patches, some of which are recoloured, turned and
// mirrored; half are taken in the square-root domain of linear light, half as
// they are encoded. For every stage and unit phase a tree is grown greedily by
// the split that lowers the regularised squared error most, and each leaf's
// filters are fitted by least squares, drawn towards those of its parent.
//
// The same pictures and seed give the same table bit by bit, however many
// workers there are: everything that is added up in parallel is an integer.
//
// The tables that come with quadraw are made from the pictures of
// demosaic/tables/MANIFEST.tsv; each table's note holds its command line.
package main
