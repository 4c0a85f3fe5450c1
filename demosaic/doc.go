// Package demosaic turns mosaics into pictures: colour filter array → three
// linear samples a pixel ([New], [Demosaic]), and Quad, Nona and Hexadeca
// arrays → Bayer ([Remosaic]).
//
// A file holds a method: bilinear.go and malvar.go, for Quad both in
// quadlinear.go, lmmse.go (Zhang and Wu 2005) and bank.go, the table-driven
// engine behind [Fast], [Default] and [Best], whose filters live in
// internal/bank and are trained by the command in train. The results are in
// tables; tables.go unpacks them and lays them out, once, for the first frame
// that wants them: 40 ms, of which every later frame is free.
//
// levels.go takes the sensor's levels off. engine.go leads LMMSE and the filter
// banks into the square-root domain of domain.go and back, under the balance of
// balance.go; noise.go knows what noise is there, which tables it asks for and
// what the root takes from its mean; chroma.go takes out of colours what is too
// coarse for filters; guard.go bounds the filters' overshoot and keeps clipped
// lights white. remosaic.go and its two helpers make Bayer of the larger arrays.
// kernel.go, quadrow.go, guardrow.go, lmmserow.go and lmmsequad.go define the row
// kernels, *_amd64.go call their assembly.
//
// Every method is a stage that reads rectangles from the stage before it: any
// rectangle may be asked for, is computed with the halo that the method needs,
// and holds the same bits however it was asked, on whatever machine.
package demosaic
