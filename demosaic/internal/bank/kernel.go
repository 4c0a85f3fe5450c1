package bank

//go:generate go run -C ../../../internal/asmgen ./bank -out ../../demosaic/internal/bank/kernel_amd64.s -stubs ../../demosaic/internal/bank/kernel_stubs_amd64.go -pkg bank
//go:generate go run -C ../../../internal/asmgen ./bank -avx2 -out ../../demosaic/internal/bank/kernel_avx2_amd64.s -stubs ../../demosaic/internal/bank/kernel_avx2_stubs_amd64.go -pkg bank

// kernelSet is one implementation of the inner loops. All give the same bits;
// setGeneric, plain Go, is the definition.
type kernelSet uint8

const (
	setGeneric kernelSet = iota
	setAVX2
	setAVX512 // with VNNI
	setVBMI   // and with VBMI and GFNI
)

type boxArgs struct {
	rows         [2*boxReach + 1]*uint16
	three, five  *uint16
	planes       [maxPlanes][2]int // bytes from the first plane, and from its sums
	count, width int               // units, and one more
}

type planeArgs struct {
	rows   [8]*int16
	out    [maxPlanes]*uint16
	second int // bytes
	n      int
}

type ratioArgs struct {
	in  [maxPlanes]*uint16
	out [perBox]*uint32
	one int
	n   int
}
