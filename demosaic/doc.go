// Package demosaic turns mosaics into pictures: colour filter array → three
// linear samples a pixel ([New], [Demosaic]), and Quad, Nona and Hexadeca
// arrays → Bayer ([Remosaic]).
//
// A file holds a method: bilinear.go, malvar.go, lmmse.go (Zhang and Wu 2005)
// and bank.go, the table-driven engine behind [Fast], [Default] and [Best],
// whose filters live in internal/bank and are trained by the command in
// train. levels.go takes the sensor's levels off, domain.go leads into the
// square-root domain in which the engine works and back, remosaic.go makes
// Bayer of the larger arrays, and kernel*.go are the row kernels with their
// assembly.
//
// Every method is a stage that reads rectangles from the stage before it: any
// rectangle may be asked for, is computed with the halo that the method needs,
// and holds the same bits however it was asked, on whatever machine.
package demosaic
