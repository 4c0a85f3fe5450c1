package quality

import "math"

// Lab is a colour in CIE 1976 L*a*b*.
type Lab struct{ L, A, B float64 }

// LabFromXYZ converts XYZ, relative to the given white, to L*a*b*
// (CIE 15:2004, 8.2.1).
func LabFromXYZ(xyz, white [3]float64) Lab {
	f := func(t float64) float64 {
		const d = 6.0 / 29
		if t > d*d*d {
			return math.Cbrt(t)
		}
		return t/(3*d*d) + 4.0/29
	}
	x, y, z := f(xyz[0]/white[0]), f(xyz[1]/white[1]), f(xyz[2]/white[2])
	return Lab{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// LabFromSRGB converts gamma-encoded sRGB in [0, 1] to L*a*b* relative to
// D65 (IEC 61966-2-1).
func LabFromSRGB(rgb [3]float64) Lab {
	var l [3]float64
	for i, v := range rgb {
		if v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return LabFromXYZ([3]float64{
		0.4123908*l[0] + 0.3575843*l[1] + 0.1804808*l[2],
		0.2126390*l[0] + 0.7151687*l[1] + 0.0721923*l[2],
		0.0193308*l[0] + 0.1191948*l[1] + 0.9505322*l[2],
	}, [3]float64{0.9504559, 1, 1.0890578})
}

// DeltaE2000 is the CIEDE2000 colour difference with kL = kC = kH = 1, after
// Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference Formula: Implementation
// Notes, Supplementary Test Data, and Mathematical Observations", 2005.
func DeltaE2000(p, q Lab) float64 {
	const deg = math.Pi / 180
	pow7 := func(x float64) float64 { return x * x * x * x * x * x * x }
	c7 := pow7((math.Hypot(p.A, p.B) + math.Hypot(q.A, q.B)) / 2)
	g := 0.5 * (1 - math.Sqrt(c7/(c7+pow7(25))))
	a1, a2 := (1+g)*p.A, (1+g)*q.A
	c1, c2 := math.Hypot(a1, p.B), math.Hypot(a2, q.B)
	hue := func(a, b float64) float64 {
		if a == 0 && b == 0 {
			return 0
		}
		h := math.Atan2(b, a) / deg
		if h < 0 {
			h += 360
		}
		return h
	}
	h1, h2 := hue(a1, p.B), hue(a2, q.B)

	dL, dC := q.L-p.L, c2-c1
	dh, sum := 0.0, h1+h2
	meanH := sum
	if c1*c2 != 0 {
		dh = h2 - h1
		switch {
		case dh > 180:
			dh -= 360
		case dh < -180:
			dh += 360
		}
		switch {
		case math.Abs(h1-h2) <= 180:
			meanH = sum / 2
		case sum < 360:
			meanH = (sum + 360) / 2
		default:
			meanH = (sum - 360) / 2
		}
	}
	dH := 2 * math.Sqrt(c1*c2) * math.Sin(dh/2*deg)

	meanL, meanC := (p.L+q.L)/2, (c1+c2)/2
	t := 1 - 0.17*math.Cos((meanH-30)*deg) + 0.24*math.Cos(2*meanH*deg) +
		0.32*math.Cos((3*meanH+6)*deg) - 0.20*math.Cos((4*meanH-63)*deg)
	l50 := (meanL - 50) * (meanL - 50)
	sL := 1 + 0.015*l50/math.Sqrt(20+l50)
	sC := 1 + 0.045*meanC
	sH := 1 + 0.015*meanC*t
	turn := (meanH - 275) / 25
	m7 := pow7(meanC)
	rT := -2 * math.Sqrt(m7/(m7+pow7(25))) * math.Sin(60*math.Exp(-turn*turn)*deg)
	l, c, h := dL/sL, dC/sC, dH/sH
	return math.Sqrt(l*l + c*c + h*h + rT*c*h)
}
