package bench

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Fit is what a scaling curve follows: the law Seconds·x^Exponent over all its
// points, and the line Start + Slope·x through those that are not kept for
// checking it.
type Fit struct {
	Curve, Work       string
	Seconds, Exponent float64
	// Memory is the exponent of the peak RSS: 0 is flat.
	Memory float64
	// Start is what a run takes whatever its size, in seconds; Slope what
	// each x adds.
	Start, Slope float64
	Checks       []Check
}

// Check is a point that the line was not fitted to.
type Check struct{ X, Predicted, Measured float64 }

// Error is how far the prediction is off.
func (c Check) Error() float64 { return c.Predicted/c.Measured - 1 }

// At is the line at x.
func (f *Fit) At(x float64) float64 { return f.Start + f.Slope*x }

// heldOut says which points of a curve check the line: frames beyond 108 MP,
// the longest bursts and archives.
func heldOut(s *Scaling) bool {
	switch s.Curve {
	case "pixels":
		return s.X > 110
	case "frames", "bursts":
		return s.X > 8
	}
	return false
}

// Fits returns the laws of all curves that have three points or more.
func (r *Report) Fits() []Fit {
	var fits []Fit
	for i := range r.Scaling {
		if s := &r.Scaling[i]; fitOf(fits, s.Curve, s.Work) == nil {
			if f, ok := r.fit(s.Curve, s.Work); ok {
				fits = append(fits, f)
			}
		}
	}
	return fits
}

// fitOf finds a curve's law; nil if there is none.
func fitOf(fits []Fit, curve, work string) *Fit {
	for i := range fits {
		if fits[i].Curve == curve && fits[i].Work == work {
			return &fits[i]
		}
	}
	return nil
}

func (r *Report) fit(curve, work string) (Fit, bool) {
	f := Fit{Curve: curve, Work: work}
	var logX, logY, logMemory []float64
	var near, all []Scaling
	for i := range r.Scaling {
		s := r.Scaling[i]
		if s.Curve != curve || s.Work != work {
			continue
		}
		all = append(all, s)
		logX, logY = append(logX, math.Log(s.X)), append(logY, math.Log(s.Seconds))
		if s.PeakRSS > 0 {
			logMemory = append(logMemory, math.Log(float64(s.PeakRSS)))
		}
		if !heldOut(&s) {
			near = append(near, s)
		}
	}
	if len(all) < 3 {
		return f, false
	}
	a, k := stat.LinearRegression(logX, logY, nil, false)
	f.Seconds, f.Exponent = math.Exp(a), k
	if len(logMemory) == len(logX) {
		_, f.Memory = stat.LinearRegression(logX, logMemory, nil, false)
	}
	if len(near) < 2 {
		near = all
	}
	f.Start, f.Slope = line(near)
	for _, s := range all {
		if len(near) < len(all) && heldOut(&s) {
			f.Checks = append(f.Checks, Check{s.X, f.At(s.X), s.Seconds})
		}
	}
	return f, true
}

// line fits seconds = start + slope·x by least squares of relative errors;
// nothing starts before it begins.
func line(points []Scaling) (start, slope float64) {
	var x, y, weights []float64
	for _, p := range points {
		x, y, weights = append(x, p.X), append(y, p.Seconds), append(weights, 1/(p.Seconds*p.Seconds))
	}
	if start, slope = stat.LinearRegression(x, y, weights, false); start < 0 {
		return stat.LinearRegression(x, y, weights, true)
	}
	return start, slope
}

// serial is the part of a work that more workers do not speed up, by Amdahl's
// law between one worker and n: T(n) = T(1)·(serial + (1−serial)/n).
func (r *Report) serial(work string) (part float64, n int, ok bool) {
	var one, many float64
	for _, s := range r.Scaling {
		if s.Curve != "workers" || s.Work != work || int(s.X) > r.Machine.Cores {
			continue
		}
		if s.X == 1 {
			one = s.Seconds
		} else if int(s.X) > n {
			n, many = int(s.X), s.Seconds
		}
	}
	if one == 0 || n < 2 {
		return 0, 0, false
	}
	k := float64(n)
	return max(0, (many/one-1/k)/(1-1/k)), n, true
}

// burstCost is what a burst takes inside a batch: perFrame seconds for each
// megapixel of each frame, perPicture for each megapixel of the result.
type burstCost struct{ perFrame, perPicture float64 }

func (c burstCost) seconds(frames int, megapixels float64) float64 {
	return megapixels * (c.perFrame*float64(frames) + c.perPicture)
}

// burstCostOf follows from the curve over burst length; what a command takes to
// start is not paid for each burst of an archive.
func burstCostOf(fits []Fit) (burstCost, bool) {
	frames, start := fitOf(fits, "frames", workMerge), fitOf(fits, "pixels", workBinJPG)
	if frames == nil || start == nil {
		return burstCost{}, false
	}
	mp := float64(size12.pixels()) / 1e6
	return burstCost{frames.Slope / mp, max(frames.Start-start.Start, 0) / mp}, true
}
