//go:build !amd64 || purego

package bank

func bestSet() kernelSet { return setGeneric }

func (kernelSet) filter(*phase, *RGB, *RGB, *Plane, units, *Scratch) bool { return false }

func (kernelSet) classify(p *phase, features [][]uint32, u units, s *Scratch) {
	p.tree.classify(s.class[:u.n], features, u.first, u.step)
}

func (kernelSet) boxRow(f *Features, u int) { f.boxRow(u) }

func (kernelSet) muMosaic(mu []int32, src *Plane, x, y int) { muMosaicGeneric(mu, src, x, y) }

func (kernelSet) muColor(mu []int32, src *RGB, x, y int) { muColorGeneric(mu, src, x, y) }

func (kernelSet) keepRow(dst, src []int16, mask uint32) { keepRowGeneric(dst, src, mask) }
