// Package bank is the filter-bank engine of the demosaic package: cascaded,
// classified banks of linear filters, all in integers. What is written here in
// plain Go is the definition; kernels in assembly must give the same bits.
//
// # Samples
//
// A sample is an int16 in a perceptual working domain: 0 is black, [One] is
// white, and values lie in [Min, Max], so a difference of two fits an int16
// again. For linear, white-balanced x the domain is One·√x.
//
// # Units, phases, stages
//
// The frame is processed in units of 2×2 pixels whose coordinates are even. In
// a colour filter array of cells of n×n pixels anchored at (0, 0), units have
// one phase for Bayer (n = 1) and four for Quad Bayer (n = 2): the position of
// the unit within the period. Each phase of each stage has a tree and a bank
// of its own.
//
// Stage 1 reads the mosaic. A unit's class is the leaf of the tree that its
// features lead to ([Tree]); with x the Width×Width samples centred on the unit and
// μ = (Σ of the central 4×4 + 8) >> 4, output o is
//
//	clamp(μ + (Σ K[class][o][t]·(x[t] − μ) + 2048) >> 12)
//
// and each output is one of the samples that the mosaic lacks: position by
// position (row by row), red before green before blue. The samples that the
// mosaic has are copied, or estimated like the others if the model is Full.
//
// Later stages read the three planes that the stage before wrote. x is
// 3·Width² samples, plane by plane, μ = (Σ (R + 2G + B) of the unit's four
// pixels + 8) >> 4, and output o is
//
//	clamp(old + (Σ K[class][o][t]·(x[t] − μ) + 2048) >> 12)
//
// The sums stay inside an int32: with c the middle of the values that x − μ
// may take, |x − μ − c| and |c| are below 2¹⁴, so |Σ K·(x − μ)| is below
// 2¹⁴·(Σ|K| + |ΣK|), and the loader makes sure that the bracket stays below
// 2¹⁷. Since only the result counts, a kernel may as well compute
// Σ K·x − μ·ΣK modulo 2³²: the products of pairs fit an int32 too.
//
// With AVX2 or AVX-512 the units of a band of rows are classified first, all
// nodes of a tree for 64 units at once, then sorted by leaf and filtered leaf by
// leaf, and at last written row by row (buckets.go, program.go).
//
// The method is our own; of the same family are RAISR (Romano, Isidoro,
// Milanfar 2017) and BLADE (Getreuer et al. 2018).
package bank
