// Package ljpeg codes and decodes lossless JPEG (ITU-T T.81, process 14,
// frame type SOF3): what DNG files hold under Compression 7. Samples have 2 to
// 16 bits, in 1 to 4 components, which DNG uses for neighbouring columns or
// for colours.
//
// The decoder serves predictors 1 to 7, point transforms, restart intervals
// and scans with some or all components. The encoder writes predictor 1 with
// Huffman tables made for the data at hand.
package ljpeg
