package icc

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

func TestMatrixIsThePublishedOne(t *testing.T) {
	// The colorants of the usual sRGB profiles (IEC 61966-2-1, D50-adapted).
	want := raw.Matrix{0.4360, 0.3851, 0.1431, 0.2225, 0.7169, 0.0606, 0.0139, 0.0971, 0.7141}
	got, _ := toXYZD50(raw.SRGB)
	for i := range want {
		if math.Abs(got[i]-want[i]) > 3e-4 {
			t.Errorf("entry %d: %.4f, want %.4f", i, got[i], want[i])
		}
	}
}

func TestProfileIsSound(t *testing.T) {
	if Profile(raw.LinearCamera) != nil {
		t.Error("linear camera data has a profile")
	}
	for _, c := range []raw.ColorSpace{raw.SRGB, raw.DisplayP3, raw.Rec2020} {
		p := Profile(c)
		if int(binary.BigEndian.Uint32(p)) != len(p) || string(p[36:40]) != "acsp" {
			t.Fatalf("%v: bad header", c)
		}
		sum := [3]float64{}
		for i := range int(binary.BigEndian.Uint32(p[128:])) {
			e := p[132+12*i:]
			at, n := int(binary.BigEndian.Uint32(e[4:])), int(binary.BigEndian.Uint32(e[8:]))
			if at%4 != 0 || at+n > len(p) {
				t.Errorf("%v: tag %s lies outside", c, e[:4])
			}
			if name := string(e[:4]); name == "rXYZ" || name == "gXYZ" || name == "bXYZ" {
				for k := range sum {
					sum[k] += float64(int32(binary.BigEndian.Uint32(p[at+8+4*k:]))) / 65536
				}
			}
		}
		for k := range sum {
			if math.Abs(sum[k]-d50[k]) > 1e-4 {
				t.Errorf("%v: white is %v", c, sum)
			}
		}
	}
}
