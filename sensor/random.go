package sensor

import "math"

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): a hash whose
// every output bit depends on every input bit.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

const golden = 0x9e3779b97f4a7c15

// key derives the hash key of a stream of random numbers from seed and ids.
func key(seed uint64, ids ...int) uint64 {
	k := mix(seed + golden)
	for _, id := range ids {
		k = mix(k ^ uint64(id)*golden)
	}
	return k
}

// at is random number i of the stream k.
func at(k uint64, i int) uint64 { return mix(k + uint64(i)*golden) }

// unit maps a hash to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

const quantiles = 1024

// gaussian draws normal deviates from hashed bits: the sum of two draws from a
// table of quantiles, which has a million values out to 4.6 σ and fits the
// first-level cache. The table is scaled so that the sum's variance is 1.
type gaussian [quantiles]float32

func newGaussian() *gaussian {
	var q [quantiles]float64
	sum := 0.0
	for i := range q {
		p := (float64(i) + 0.5) / quantiles
		q[i] = math.Sqrt2 * math.Erfinv(float64(2*p)-1)
		sum += float64(q[i] * q[i])
	}
	scale := math.Sqrt(quantiles / sum / 2)
	g := new(gaussian)
	for i := range g {
		g[i] = float32(math.Round(q[i]*scale*(1<<16)) / (1 << 16))
	}
	return g
}

// draw uses the low 20 bits of h.
func (g *gaussian) draw(h uint64) float32 {
	return g[h%quantiles] + g[h/quantiles%quantiles]
}
