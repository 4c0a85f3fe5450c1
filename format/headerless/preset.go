package headerless

import (
	"fmt"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// A preset is a name for the packing and the row alignment of a raw dump; its
// colour filter array follows from the phase in libcamera's names.
type preset struct {
	packing Packing
	bits    int // 0: the packing's
	align   int // rows begin at multiples of so many bytes; 0: none
}

// presets of which the names are complete.
func presetOf(name string) (preset, bool) {
	switch name {
	// android.graphics.ImageFormat.
	case "android-raw10":
		return preset{packing: MIPI10}, true
	case "android-raw12":
		return preset{packing: MIPI12}, true
	case "android-raw_sensor", "android-raw16":
		return preset{packing: U16LE}, true
	}
	return preset{}, false
}

// libcameraPhases are the four-letter orders in libcamera's format names.
func libcameraPhase(s string) (raw.CFA, bool) {
	switch s {
	case "srggb":
		return raw.BayerRGGB, true
	case "sgrbg":
		return raw.BayerGRBG, true
	case "sgbrg":
		return raw.BayerGBRG, true
	case "sbggr":
		return raw.BayerBGGR, true
	case "mono", "r":
		return raw.Mono, true
	}
	return 0, false
}

// libcamera's formats: SRGGB10_CSI2P is packed, SRGGB10 lies in 16-bit words.
// Raspberry Pi's receiver begins rows at multiples of 32 bytes.
func libcameraPreset(name string) (p preset, cfa raw.CFA, ok bool) {
	p.align = 32
	base, packed := strings.CutSuffix(name, "_csi2p")
	i := strings.IndexAny(base, "0123456789")
	if i < 0 {
		return p, 0, false
	}
	if cfa, ok = libcameraPhase(base[:i]); !ok {
		return p, 0, false
	}
	switch base[i:] {
	case "8":
		p.packing, ok = RAW8, !packed
	case "10":
		p.packing, p.bits = U16LE, 10
		if packed {
			p.packing = MIPI10
		}
	case "12":
		p.packing, p.bits = U16LE, 12
		if packed {
			p.packing = MIPI12
		}
	case "14":
		p.packing, p.bits = U16LE, 14
		if packed {
			p.packing = MIPI14
		}
	case "16":
		p.packing, ok = U16LE, !packed
	default:
		ok = false
	}
	return p, cfa, ok
}

// Preset returns the layout of a frame of width×height pixels under a name of
// libcamera's, in any case ("SRGGB10_CSI2P", "SBGGR12", "MONO10_CSI2P"), or one
// of "android-raw10", "android-raw12" and "android-raw_sensor", which have the
// array [raw.BayerRGGB]. Stride and array may be changed afterwards.
func Preset(name string, width, height int) (*Layout, error) {
	low := strings.ToLower(name)
	cfa := raw.BayerRGGB
	p, ok := presetOf(low)
	if !ok {
		p, cfa, ok = libcameraPreset(low)
	}
	if !ok {
		return nil, fmt.Errorf("%w: preset %q, want android-raw10, android-raw12, android-raw_sensor or a libcamera name like SRGGB10_CSI2P", raw.ErrOption, name)
	}
	if width < 1 || height < 1 || width > 1<<20 || height > 1<<20 {
		return nil, fmt.Errorf("%w: preset %q of %d×%d", raw.ErrOption, name, width, height)
	}
	l := &Layout{Width: width, Height: height, Packing: p.packing, Bits: p.bits, CFA: cfa}
	if p.align > 0 {
		l.Stride = (p.packing.RowBytes(width) + p.align - 1) / p.align * p.align
	}
	return l, nil
}
