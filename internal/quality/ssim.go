package quality

import "math"

// window is the side of SSIM's Gaussian window.
const window = 11

// ssimRows slides SSIM's window down two planes row by row: Wang, Bovik,
// Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to
// Structural Similarity", 2004, with the 11×11 Gaussian of σ = 1.5,
// K1 = 0.01, K2 = 0.03, L = 1, over all windows that lie inside.
type ssimRows struct {
	// ring holds the last 11 rows, filtered along x, of the five moments that
	// SSIM needs; σa² and σb² occur as a sum only, so four are enough.
	ring [window][4][]float64
	next int
	a, b []float64
}

func (s *ssimRows) reset(width int) {
	s.next = 0
	if len(s.a) == width {
		return
	}
	s.a, s.b = make([]float64, width), make([]float64, width)
	for i := range s.ring {
		for m := range s.ring[i] {
			s.ring[i][m] = make([]float64, width-min(window-1, width))
		}
	}
}

// gaussian is half of the window's separable kernel: distance 0 to 5.
func gaussian() (k [window/2 + 1]float64) {
	sum := 0.0
	for i := range k {
		k[i] = math.Exp(-float64(i*i) / (2 * 1.5 * 1.5))
		sum += k[i]
		if i > 0 {
			sum += k[i]
		}
	}
	for i := range k {
		k[i] /= sum
	}
	return k
}

// push filters a row of both planes along x and appends it.
func (s *ssimRows) push(a, b []float32) {
	for i := range a {
		s.a[i], s.b[i] = float64(a[i]), float64(b[i])
	}
	out := &s.ring[s.next%window]
	s.next++
	k := gaussian()
	for x := range out[0] {
		va, vb := s.a[x:x+window], s.b[x:x+window]
		var ma, mb, sq, ab float64
		for i := range window {
			w, u, v := k[max(i-window/2, window/2-i)], va[i], vb[i]
			ma += w * u
			mb += w * v
			sq += w * (u*u + v*v)
			ab += w * u * v
		}
		out[0][x], out[1][x], out[2][x], out[3][x] = ma, mb, sq, ab
	}
}

// sum adds up SSIM over the windows of the last 11 rows.
func (s *ssimRows) sum() (total float64, windows int64) {
	const c1, c2 = 0.01 * 0.01, 0.03 * 0.03
	k := gaussian()
	for x := range s.ring[0][0] {
		var m [4]float64
		for i := range window {
			row := &s.ring[(s.next+i)%window]
			w := k[max(i-window/2, window/2-i)]
			for j := range m {
				m[j] += w * row[j][x]
			}
		}
		ma, mb := m[0], m[1]
		squares := ma*ma + mb*mb
		total += (2*ma*mb + c1) * (2*(m[3]-ma*mb) + c2) / ((squares + c1) * (m[2] - squares + c2))
	}
	return total, int64(len(s.ring[0][0]))
}
