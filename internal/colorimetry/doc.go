// Package colorimetry is the small piece of colour science that the simulator
// and the developer share: 3×3 matrices, white points, chromatic adaptation,
// correlated colour temperature, and the primaries of the output spaces.
//
// Every product is rounded before it is added (float64(x*y) + z), so that
// machines with and without fused multiply-add agree.
package colorimetry
