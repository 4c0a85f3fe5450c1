package bench

// Scaling is one point of a scaling curve, measured in a process of its own.
type Scaling struct {
	Curve   string  `json:"curve"` // what grows: "pixels", "workers", "frames"
	Work    string  `json:"work"`
	X       float64 `json:"x"`
	Seconds float64 `json:"seconds"`
	PeakRSS int64   `json:"peak_rss_bytes"`
}
