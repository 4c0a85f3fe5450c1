package noise

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// ProfileMethod says what a noise profile is estimated from.
type ProfileMethod uint8

const (
	// FromBurst compares the frames of a burst with the first, aligned;
	// one frame is taken by itself. It is the default.
	FromBurst ProfileMethod = iota
	// FromFrames takes every frame by itself and pools them.
	FromFrames
	// FromFlats is the photon transfer method (Janesick 2007): frames one
	// after the other are pairs of the same even light, and of the dark.
	FromFlats
)

var profileMethods = [...]string{"burst", "frames", "flats"}

// String returns "burst", "frames" or "flats".
func (m ProfileMethod) String() string {
	if int(m) < len(profileMethods) {
		return profileMethods[m]
	}
	return fmt.Sprintf("method(%d)", m)
}

// MarshalText is [ProfileMethod.String] for encoders.
func (m ProfileMethod) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts what [ProfileMethod.String] prints.
func (m *ProfileMethod) UnmarshalText(text []byte) error {
	for i, s := range profileMethods {
		if s == string(text) {
			*m = ProfileMethod(i)
			return nil
		}
	}
	return fmt.Errorf("%w: profile method %q, want burst, frames or flats", raw.ErrOption, text)
}

// ProfileOptions say how a noise profile is estimated. Nil and the zero value
// are good defaults.
type ProfileOptions struct {
	Method ProfileMethod
	Tiles  tile.Options
}

// ProfilePoint is the variance that was found around one signal, both
// normalised; Blocks is how many patches, of 8×8 pixels mostly, it is the median
// of.
type ProfilePoint struct {
	Signal   float64 `json:"signal"`
	Variance float64 `json:"variance"`
	Blocks   int     `json:"blocks"`
}

// ProfileEstimate is an estimated noise profile with what it was fitted to,
// fit for a plot of variance over signal. All colours have the same line, as one
// amplifier reads them all, unless they were scaled differently afterwards, as by
// a white balance: then each has one of its own, found less well.
type ProfileEstimate struct {
	Profile raw.NoiseProfile `json:"profile"`
	// Error is by what part the variances may be off, as one standard
	// deviation, at the signals that the frames have; of the colour that
	// is known least.
	Error float64 `json:"error"`
	// Points by colour: red, green, blue.
	Points [3][]ProfilePoint `json:"points"`
	Method ProfileMethod     `json:"method"`
}

// ErrProfile is the sentinel of frames that do not tell their noise.
var ErrProfile = errors.New("noise profile cannot be estimated")

// Estimate finds the noise profile of one or more frames: variance against
// signal, fitted by a line. Noise is white, structure is not: of all filters of
// a patch of the mosaic, eigenvectors of the patches' covariance, those of the
// smallest eigenvalues pass the noise and next to nothing of the scene (Pyatykh,
// Hesser and Zheng 2013). They are learnt from the frame itself, all colours
// together, from one half of it for the other, so that they do not fit the noise
// they measure. In a burst, patches also reach through its frames, whose samples
// lie between one another's, with filters learnt for each square of the frame.
// What is measured is the median over patches of like signal and like structure,
// which is told by the other filters and so is no matter of the noise measured;
// where all patches have structure, the line is fitted together with what of it
// the filters pass. Clipped patches are left out.
func Estimate(ctx context.Context, frames []raw.Source, o *ProfileOptions) (*ProfileEstimate, error) {
	if o == nil {
		o = &ProfileOptions{}
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("%w: no frames", ErrProfile)
	}
	if o.Method == FromFlats && len(frames)%2 != 0 {
		return nil, fmt.Errorf("%w: %d flats, want pairs", ErrProfile, len(frames))
	}
	ref := frames[0].Header()
	for i, f := range frames {
		if err := fits(ref, f.Header()); err != nil {
			return nil, fmt.Errorf("%w: frame %d: %w", ErrProfile, i+1, err)
		}
	}
	e := &profiler{header: ref, workers: o.Tiles.Workers}
	if e.workers <= 0 {
		e.workers = runtime.GOMAXPROCS(0)
	}
	if o.Method == FromBurst && len(frames) > 1 {
		return e.burst(ctx, frames)
	}
	if err := e.look(ctx, frames, framePixels, o.Method == FromFlats); err != nil {
		return nil, err
	}
	return e.estimate(ctx, o.Method, nil)
}

// burst estimates from each frame by itself and from all together, along the
// displacements that an estimate from the first alone leads to; frames that
// cannot be aligned are left out.
func (e *profiler) burst(ctx context.Context, frames []raw.Source) (*ProfileEstimate, error) {
	if err := e.look(ctx, frames[:1], framePixels, false); err != nil {
		return nil, err
	}
	first, err := e.estimate(ctx, FromFrames, nil)
	if err != nil {
		return nil, err
	}
	ref, err := newPyramid(ctx, frames[0], 1, e.workers)
	if err != nil {
		return nil, err
	}
	known := mixed(first.Profile)
	a := &aligner{ref: ref, model: known, other: known, workers: e.workers, win: newTileWindow()}
	used := frames[:1:1]
	var motions []*motion
	for _, f := range frames[1:] {
		p, err := newPyramid(ctx, f, 1, e.workers)
		if err != nil {
			return nil, err
		}
		m, err := a.align(ctx, p)
		if err != nil {
			return nil, err
		}
		if m.residual < gateResidual {
			used = append(used, f)
			motions = append(motions, m)
		}
	}
	if len(used) == 1 {
		return first, nil
	}
	e.sets = nil
	if err := e.look(ctx, used, burstPixels, false); err != nil {
		return nil, err
	}
	if err := e.lookTogether(ctx, used, motions); err != nil {
		return nil, err
	}
	return e.estimate(ctx, FromBurst, &first.Profile)
}
