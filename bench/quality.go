package bench

// Quality is one figure of the quality bench.
type Quality struct {
	Test   string  `json:"test"`
	Method string  `json:"method"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Images int     `json:"images"`
	// Name of the stage that is timed for the same method, for the plot of
	// quality over speed; empty if there is none.
	Stage string `json:"stage,omitempty"`
}
