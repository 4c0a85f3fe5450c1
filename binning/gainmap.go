package binning

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// GainMap says by how much each pixel of a cell has to be multiplied, black
// subtracted, so that the members of a cell under one microlens, or beside
// different neighbours, answer alike: the quad sensitivity calibration (QSC)
// of one sensor. It does not change the mean of a cell. [Calibrate] makes one
// from a flat frame; it is stored as JSON.
type GainMap struct {
	// The sensor that it belongs to. Frames of another size or array are
	// refused, and those of another camera model where both are known.
	Width  int     `json:"width"`
	Height int     `json:"height"`
	CFA    raw.CFA `json:"cfa"`
	Camera string  `json:"camera,omitempty"` // UniqueCameraModel, or make and model

	// The frame is divided into Rows×Cols equal fields. Gains holds, field by
	// field, a gain for each position of the CFA's period, row by row from
	// the frame's (0, 0); between the centres of fields gains are interpolated.
	Rows  int       `json:"rows"`
	Cols  int       `json:"cols"`
	Gains []float32 `json:"gains"`
}

// Limits of what is taken for a gain map.
const (
	maxMapFields = 256
	minGain      = 0.25
	maxGain      = 4
)

// Check reports whether m is sound and belongs to the sensor of h.
func (m *GainMap) Check(h *raw.Header) error {
	if err := m.sound(); err != nil {
		return err
	}
	if image.Pt(m.Width, m.Height) != h.Size || m.CFA != h.CFA {
		return fmt.Errorf("%w: gain map of another sensor: made for %d×%d %v, the frame is %d×%d %v",
			raw.ErrOption, m.Width, m.Height, m.CFA, h.Size.X, h.Size.Y, h.CFA)
	}
	if c := cameraOf(h); c != "" && m.Camera != "" && c != m.Camera {
		return fmt.Errorf("%w: gain map of another sensor: made for %q, the frame is of %q", raw.ErrOption, m.Camera, c)
	}
	return nil
}

func (m *GainMap) sound() error {
	if !m.CFA.Valid() || m.CFA.Cell() < 2 {
		return fmt.Errorf("%w: gain map for %v, which has no cells", raw.ErrOption, m.CFA)
	}
	p := m.CFA.Period()
	if m.Rows < 1 || m.Cols < 1 || m.Rows > maxMapFields || m.Cols > maxMapFields || len(m.Gains) != m.Rows*m.Cols*p*p {
		return fmt.Errorf("%w: gain map of %d×%d fields for a period of %d with %d gains", raw.ErrOption, m.Rows, m.Cols, p, len(m.Gains))
	}
	for i, g := range m.Gains {
		if !(g >= minGain && g <= maxGain) {
			return fmt.Errorf("%w: gain map: gain %d is %g, want %g to %g", raw.ErrOption, i, g, minGain, float64(maxGain))
		}
	}
	return nil
}

// Write stores m as JSON.
func (m *GainMap) Write(w io.Writer) error {
	if err := m.sound(); err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	if err := e.Encode(m); err != nil {
		return fmt.Errorf("write gain map: %w", err)
	}
	return nil
}

// mapBytes is the most that a stored gain map may occupy: some ten times the
// largest that Calibrate makes by default.
const mapBytes = 16 << 20

// ReadGainMap reads what [GainMap.Write] wrote.
func ReadGainMap(r io.Reader) (*GainMap, error) {
	limited := &io.LimitedReader{R: r, N: mapBytes + 1}
	d := json.NewDecoder(limited)
	d.DisallowUnknownFields()
	m := new(GainMap)
	if err := d.Decode(m); err != nil {
		if limited.N == 0 {
			return nil, fmt.Errorf("read gain map: %w: more than %d bytes", raw.ErrLimit, mapBytes)
		}
		return nil, fmt.Errorf("read gain map: %w", err)
	}
	if err := m.sound(); err != nil {
		return nil, err
	}
	return m, nil
}

func cameraOf(h *raw.Header) string {
	c := &h.Capture
	switch {
	case c.UniqueCameraModel != "":
		return c.UniqueCameraModel
	case c.Model != "":
		return c.Make + " " + c.Model
	}
	return ""
}

// at interpolates the gains of all positions of the period at pixel (x, y).
func (m *GainMap) at(x, y float64, out *[64]float32) {
	i0, i1, fy := field(y, m.Height, m.Rows)
	j0, j1, fx := field(x, m.Width, m.Cols)
	p := m.CFA.Period()
	n := p * p
	a, b := m.Gains[(i0*m.Cols+j0)*n:][:n], m.Gains[(i0*m.Cols+j1)*n:][:n]
	c, d := m.Gains[(i1*m.Cols+j0)*n:][:n], m.Gains[(i1*m.Cols+j1)*n:][:n]
	for k := range n {
		top := a[k] + float32(fx*(b[k]-a[k]))
		low := c[k] + float32(fx*(d[k]-c[k]))
		out[k] = top + float32(fy*(low-top))
	}
}

// field returns between which two of n fields of an axis position v lies, and
// where between their centres.
func field(v float64, length, n int) (int, int, float32) {
	f := v*float64(n)/float64(length) - 0.5
	f = max(0, min(f, float64(n-1)))
	i := int(math.Floor(f))
	return i, min(i+1, n-1), float32(f - float64(i))
}

// mean returns the mean over the map of g and of g², for the noise profile.
func (m *GainMap) mean() (g, g2 float64) {
	for _, v := range m.Gains {
		g += float64(v)
		g2 += float64(v) * float64(v)
	}
	n := float64(len(m.Gains))
	return g / n, g2 / n
}
