package headerless

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/quadraw/quadraw/raw"
)

// sidecar is a layout as JSON, version 1.
type sidecar struct {
	Version      int             `json:"quadraw"`
	Preset       string          `json:"preset,omitempty"`
	Width        int             `json:"width"`
	Height       int             `json:"height"`
	Packing      *Packing        `json:"packing,omitempty"`
	Offset       int64           `json:"offset,omitempty"`
	Stride       int             `json:"stride,omitempty"`
	Bits         int             `json:"bits,omitempty"`
	Shift        int             `json:"shift,omitempty"`
	CFA          *raw.CFA        `json:"cfa,omitempty"`
	Black        float64         `json:"black,omitempty"`
	White        float64         `json:"white,omitempty"`
	Noise        [][2]float64    `json:"noise,omitempty"`
	Orientation  raw.Orientation `json:"orientation,omitempty"`
	Make         string          `json:"make,omitempty"`
	Model        string          `json:"model,omitempty"`
	ISO          float64         `json:"iso,omitempty"`
	ExposureTime float64         `json:"exposure_time,omitempty"`
}

const sidecarVersion = 1

// sidecarBytes is how long a sidecar may be.
const sidecarBytes = 1 << 20

// ParseSidecar reads a sidecar strictly: an unknown key, a value of the wrong
// kind, anything behind the object and a layout that contradicts itself are
// errors ([*raw.CorruptError], [raw.ErrOption]).
func ParseSidecar(data []byte) (*Layout, error) {
	var s sidecar
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, &raw.CorruptError{Offset: d.InputOffset(), What: "sidecar", Err: err}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &raw.CorruptError{Offset: d.InputOffset(), What: "sidecar: something behind the object"}
	}
	if s.Version != sidecarVersion {
		return nil, &raw.UnsupportedError{Feature: fmt.Sprintf("sidecar of version %d, want \"quadraw\": %d", s.Version, sidecarVersion)}
	}
	l := &Layout{}
	if s.Preset != "" {
		var err error
		if l, err = Preset(s.Preset, s.Width, s.Height); err != nil {
			return nil, err
		}
	} else if s.Packing == nil {
		return nil, fmt.Errorf("%w: sidecar with neither packing nor preset", raw.ErrOption)
	}
	l.Width, l.Height, l.Offset = s.Width, s.Height, s.Offset
	set(&l.Packing, s.Packing)
	set(&l.CFA, s.CFA)
	override(&l.Stride, s.Stride)
	override(&l.Bits, s.Bits)
	override(&l.Shift, s.Shift)
	l.Black, l.White, l.Orientation = s.Black, s.White, s.Orientation
	l.Make, l.Model, l.ISO, l.ExposureTime = s.Make, s.Model, s.ISO, s.ExposureTime
	switch len(s.Noise) {
	case 0:
	case 1, 3:
		for c := range l.Noise {
			n := s.Noise[c%len(s.Noise)]
			l.Noise[c] = raw.NoiseModel{Scale: n[0], Offset: n[1]}
		}
	default:
		return nil, fmt.Errorf("%w: sidecar with %d noise models, want 1 or 3", raw.ErrOption, len(s.Noise))
	}
	if _, err := l.defaults(); err != nil {
		return nil, err
	}
	return l, nil
}

func set[T any](dst, v *T) {
	if v != nil {
		*dst = *v
	}
}

func override(dst *int, v int) {
	if v != 0 {
		*dst = v
	}
}

// MarshalSidecar writes l as a sidecar that [ParseSidecar] reads back.
func MarshalSidecar(l *Layout) ([]byte, error) {
	if _, err := l.defaults(); err != nil {
		return nil, err
	}
	s := sidecar{
		Version: sidecarVersion, Width: l.Width, Height: l.Height, Packing: &l.Packing, Offset: l.Offset, Stride: l.Stride, Bits: l.Bits,
		Shift: l.Shift, CFA: &l.CFA, Black: l.Black, White: l.White, Orientation: l.Orientation, Make: l.Make, Model: l.Model, ISO: l.ISO,
		ExposureTime: l.ExposureTime,
	}
	if l.Noise.Known() {
		for _, m := range l.Noise {
			s.Noise = append(s.Noise, [2]float64{m.Scale, m.Offset})
		}
	}
	return json.MarshalIndent(&s, "", "  ")
}

// ReadSidecar reads the named sidecar; ok is false if there is none.
func ReadSidecar(name string) (l *Layout, ok bool, err error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, sidecarBytes+1))
	if err != nil {
		return nil, false, err
	}
	if len(data) > sidecarBytes {
		return nil, false, fmt.Errorf("%s: %w: sidecar of more than %d bytes", name, raw.ErrLimit, sidecarBytes)
	}
	if l, err = ParseSidecar(data); err != nil {
		return nil, false, fmt.Errorf("%s: %w", name, err)
	}
	return l, true, nil
}
