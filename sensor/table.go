package sensor

import "math"

// table is a function on [0, 1] as segments of straight lines. Its values are
// rounded to 2⁻²⁰ so that all machines have the same ones.
type table []float32

const segments = 2048

func newTable(f func(t float64) float64) table {
	t := make(table, segments+2)
	for i := range t {
		t[i] = float32(math.Round(f(float64(min(i, segments))/segments)*(1<<20)) / (1 << 20))
	}
	return t
}

// at clamps x to [0, 1].
func (t table) at(x float64) float32 {
	x = max(0, min(x, 1)) * segments
	i := int(x)
	f := float32(x - float64(i))
	a, b := t[i], t[i+1]
	return a + float32(f*(b-a))
}

// optics are the functions that scenes see themselves through: a lens that
// blurs with a Gaussian of sigma pixels.
type optics struct {
	sigma float64
	// perSigma turns pixels into the edge table's argument.
	perSigma float64
	edge     table
	cosine   table
	decay    table
}

// reach is how many sigma an edge is wide on each side.
const reach = 4

func newOptics(sigma float64) *optics {
	o := &optics{sigma: sigma}
	if sigma > 0 {
		o.perSigma = 1 / (2 * reach * sigma)
	}
	o.edge = newTable(func(t float64) float64 {
		if t == 0 || t == 1 {
			return t
		}
		return 0.5 + float64(0.5*math.Erf((t-0.5)*2*reach/math.Sqrt2))
	})
	o.cosine = newTable(func(t float64) float64 { return math.Cos(2 * math.Pi * t) })
	o.decay = newTable(func(t float64) float64 { return math.Exp(-16 * t) })
	return o
}

// cover returns how much of a half-plane is seen by a pixel d pixels inside
// its border.
func (o *optics) cover(d float64) float32 {
	if o.perSigma == 0 {
		if d > 0 {
			return 1
		}
		return 0
	}
	return o.edge.at(float64(d*o.perSigma) + 0.5)
}

// width is half of the zone in which cover is neither 0 nor 1.
func (o *optics) width() float64 { return reach * o.sigma }

// wave returns cos(2π·turns).
func (o *optics) wave(turns float64) float32 {
	turns = float64(turns) // rounded, should the caller's product be inlined
	return o.cosine.at(turns - math.Floor(turns))
}

// contrast returns what the blur leaves of a sine of the given frequency in
// cycles per pixel: exp(−2π²σ²f²).
func (o *optics) contrast(frequency float64) float32 {
	s := o.sigma * frequency
	return o.decay.at(2 * math.Pi * math.Pi / 16 * float64(s*s))
}

// angle returns the direction of (x, y) in turns, 0 to 1, to 1e-6 or so
// (Hastings 1955, sheet 13).
func angle(x, y float64) float64 {
	ax, ay := math.Abs(x), math.Abs(y)
	hi, lo := max(ax, ay), min(ax, ay)
	if hi == 0 {
		return 0
	}
	z := lo / hi
	q := float64(z * z)
	p := 0.05265332 - float64(q*0.01172120)
	for _, c := range [...]float64{-0.11643287, 0.19354346, -0.33262347, 0.99997726} {
		p = c + float64(p*q)
	}
	t := float64(z*p) / (2 * math.Pi)
	if ay > ax {
		t = 0.25 - t
	}
	if x < 0 {
		t = 0.5 - t
	}
	if y < 0 {
		t = 1 - t
	}
	return t
}
