package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a flag for an amount of memory: "256MB", "1.5GiB", "1000000".
type byteSize int64

var sizeUnits = []struct {
	suffix string
	bytes  float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
	{"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"b", 1},
}

// Set parses a number with an optional unit, in any case: powers of 1000 for
// kB, MB and GB, of 1024 for KiB, MiB and GiB.
func (s *byteSize) Set(text string) error {
	low, unit := strings.ToLower(strings.TrimSpace(text)), 1.0
	for _, u := range sizeUnits {
		if number, ok := strings.CutSuffix(low, u.suffix); ok {
			low, unit = strings.TrimSpace(number), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(low, 64)
	if err != nil || !(v >= 0) || v*unit > math.MaxInt64/2 {
		return fmt.Errorf("%q is not a size such as 256MB or 1GiB", text)
	}
	*s = byteSize(v * unit)
	return nil
}

func (s *byteSize) String() string {
	if *s == 0 {
		return ""
	}
	return formatBytes(int64(*s))
}

// Type names the flag's value in the help.
func (s *byteSize) Type() string { return "size" }

// formatBytes prints n in the unit that people would choose.
func formatBytes(n int64) string {
	for _, u := range []struct {
		name  string
		bytes float64
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if v := float64(n) / u.bytes; v >= 1 {
			return strconv.FormatFloat(v, 'g', 3, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(n, 10) + " B"
}
