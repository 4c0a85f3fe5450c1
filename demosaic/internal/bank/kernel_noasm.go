//go:build !amd64 || purego

package bank

func bestSet() kernelSet { return setGeneric }

func (kernelSet) filter(*phase, *RGB, *RGB, *Plane, units, *Scratch) bool { return false }

func (kernelSet) classify(t Tree, class []uint8, features [][]uint32, first, step int) {
	t.classify(class, features, first, step)
}

func (kernelSet) muMosaic(mu []int32, src *Plane, x, y int) { muMosaicGeneric(mu, src, x, y) }

func (kernelSet) muColor(mu []int32, src *RGB, x, y int) { muColorGeneric(mu, src, x, y) }

func (kernelSet) keepRow(dst, src []int16, mask uint32) { keepRowGeneric(dst, src, mask) }
