package noise

import (
	"image"
	"math"
	"sync/atomic"
)

// FrameReport tells what became of one frame of a burst.
type FrameReport struct {
	Name  string `json:"name,omitempty"`
	Index int    `json:"index"`
	// Reference marks the frame that the others were aligned to.
	Reference bool `json:"reference,omitempty"`
	// Used is false for a frame that was left out; Reason says why. Skipped
	// tells that it could not be read or did not fit the others
	// (MergeOptions.SkipBad), rather than showing something else.
	Used    bool   `json:"used"`
	Skipped bool   `json:"skipped,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// ShiftX and ShiftY say where the middle of the reference is seen in
	// this frame, in pixels from where it is in the reference; Roll is the
	// camera's turn in radians.
	ShiftX float64 `json:"shift_x"`
	ShiftY float64 `json:"shift_y"`
	Roll   float64 `json:"roll"`
	// Gain is the exposure of this frame against the reference.
	Gain float64 `json:"gain"`
	// Residual is the median over the tiles of the difference from the
	// reference, once aligned, against what noise explains and interpolation
	// leaves: about 1 in flat fields, less in texture, above 3 for another
	// scene, which is left out.
	Residual float64 `json:"residual"`
	// Sharpness is the noise-corrected gradient energy, where measured.
	Sharpness float64 `json:"sharpness,omitempty"`
	// Accepted is the mean weight of the frame's spectra, 0 to 1 (a clean
	// frame of the reference's exposure).
	Accepted float64 `json:"accepted"`
}

// MergeReport tells what a merge did. The alignment is complete when [Merge]
// returns; Accepted, the noise and the confidence are estimated then from tiles
// spread over the frame, and are those of all tiles once every pixel has been
// pulled and [MergeReport.Update] was called.
type MergeReport struct {
	Reference int           `json:"reference"`
	Frames    []FrameReport `json:"frames"`
	// NoiseBefore and NoiseAfter are the standard deviations of the
	// reference's noise and of the merged frame's, normalised, at middle gray
	// (0.18). What merging does to noise was measured: see [Merge].
	NoiseBefore float64 `json:"noise_before"`
	NoiseAfter  float64 `json:"noise_after"`
	// GainDB is 20·log10(NoiseBefore/NoiseAfter).
	GainDB float64 `json:"gain_db"`
	// EffectiveFrames is how many equal frames would give that gain.
	EffectiveFrames float64 `json:"effective_frames"`

	merger *merger
}

// Update brings the figures up to what has been merged so far.
func (r *MergeReport) Update() { r.merger.update(r) }

// Confidence is a picture with a sample for each merged tile of 16 pixels: how
// many frames agreed there, 255 standing for all of them. Tiles that nobody
// has asked for are 0.
func (r *MergeReport) Confidence() *image.Gray {
	m := r.merger
	g := image.NewGray(image.Rect(0, 0, m.nx, m.ny))
	for i := range m.stats {
		n := m.stats[i].frames()
		g.Pix[i] = uint8(min(255*n/float32(len(m.frames))+.5, 255))
	}
	return g
}

// tileStat is what a merged tile leaves behind: the variance against the
// reference's and how many frames agreed. Workers that compute the same tile
// store the same bits. A sign tells tiles whose clipped samples came from a
// shorter exposure: their noise is not of the reference's kind.
type tileStat struct{ bits atomic.Uint64 }

func (s *tileStat) set(ratio, frames float32, filled bool) {
	if filled {
		ratio = -ratio
	}
	s.bits.Store(uint64(math.Float32bits(ratio))<<32 | uint64(math.Float32bits(frames)))
}

func (s *tileStat) ratio() float32 {
	return math.Float32frombits(uint32(s.bits.Load()>>32) &^ (1 << 31))
}
func (s *tileStat) frames() float32 { return math.Float32frombits(uint32(s.bits.Load())) }
func (s *tileStat) filled() bool    { return s.bits.Load()>>63 != 0 }
