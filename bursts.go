package quadraw

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/quadraw/quadraw/raw"
)

// BurstMode says which inputs are the frames of one burst.
type BurstMode uint8

const (
	// NoBursts takes every input by itself.
	NoBursts BurstMode = iota
	// AutoBursts takes neighbours in the list together that lie in one folder,
	// come from one camera with the same settings, and were taken within a
	// second of one another or, where no time is known, are numbered one
	// after the other.
	AutoBursts
	// FolderBursts takes all inputs of a folder together.
	FolderBursts
)

var burstModeNames = [...]string{"none", "auto", "dir"}

// String returns "none", "auto" or "dir".
func (m BurstMode) String() string { return nameOf(burstModeNames[:], int(m)) }

// MarshalText is [BurstMode.String] for encoders.
func (m BurstMode) MarshalText() ([]byte, error) {
	return marshalName(burstModeNames[:], int(m), "burst mode")
}

// UnmarshalText accepts what [BurstMode.String] prints.
func (m *BurstMode) UnmarshalText(text []byte) error {
	return unmarshalName(burstModeNames[:], text, "burst mode", m)
}

// maxBurst is the most frames that AutoBursts takes for one burst.
const maxBurst = 64

// GroupBursts joins inputs that are frames of one burst: the first of them
// gets the others as its Burst. Inputs that cannot be read stay by themselves.
func GroupBursts(ctx context.Context, inputs []Input, m BurstMode, o *Options) ([]Input, error) {
	if m == NoBursts {
		return inputs, nil
	}
	o = o.orDefault()
	var out []Input
	byFolder := make(map[string]int)
	var last *raw.Header
	lastName := ""
	for _, in := range inputs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if m == FolderBursts {
			dir := filepath.Dir(in.Name)
			if i, ok := byFolder[dir]; ok {
				out[i].Burst = append(out[i].Burst, in.Name)
				continue
			}
			byFolder[dir] = len(out)
			out = append(out, in)
			continue
		}
		h := mosaicHeader(ctx, in.Name, o)
		n := len(out) - 1
		if h != nil && last != nil && len(out[n].Burst) < maxBurst-1 && oneBurst(lastName, last, in.Name, h) {
			out[n].Burst = append(out[n].Burst, in.Name)
		} else {
			out = append(out, in)
		}
		last, lastName = h, in.Name
	}
	return out, nil
}

// mosaicHeader is the header of a file that holds a mosaic, else nil.
func mosaicHeader(ctx context.Context, name string, o *Options) *raw.Header {
	f, err := openFrame(ctx, name, o.openOptions(o.share(Mosaic)))
	if err != nil {
		return nil
	}
	defer f.Close()
	if f.rgb != nil {
		return nil
	}
	return f.header()
}

// oneBurst reports whether frame b may follow frame a in a burst.
func oneBurst(nameA string, a *raw.Header, nameB string, b *raw.Header) bool {
	ca, cb := &a.Capture, &b.Capture
	if filepath.Dir(nameA) != filepath.Dir(nameB) || a.Size != b.Size || a.CFA != b.CFA || a.Orientation != b.Orientation ||
		ca.Make != cb.Make || ca.Model != cb.Model || ca.ISO != cb.ISO || ca.ExposureTime != cb.ExposureTime || ca.FNumber != cb.FNumber {
		return false
	}
	const exif = "2006:01:02 15:04:05"
	ta, errA := time.Parse(exif, ca.DateTime)
	tb, errB := time.Parse(exif, cb.DateTime)
	if errA == nil && errB == nil {
		return tb.Sub(ta).Abs() <= time.Second
	}
	na, okA := sequence(nameA)
	nb, okB := sequence(nameB)
	return okA && okB && nb == na+1
}

// sequence is the number at the end of a file's stem.
func sequence(name string) (int, bool) {
	stem := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	digits := stem[len(strings.TrimRight(stem, "0123456789")):]
	n, err := strconv.Atoi(digits)
	return n, err == nil
}
