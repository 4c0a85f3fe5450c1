package ljpeg

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// TestCorpus decodes every JPEG-like file of the hostile corpus. Those of
// ljt_lossless are what libjpeg-turbo's lossless coder makes of noise, with
// every predictor and point transform; they are valid.
func TestCorpus(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(testutil.Data(t, "malformed"), "*", "*"))
	var d Decoder
	valid, decoded := 0, 0
	dst := make([]uint16, 1<<20)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(data, []byte{0xff, markerSOI}); i > 0 && i < 1<<12 {
			data = data[i:]
		}
		_, err = d.Decode(t.Context(), dst, data)
		var c *raw.CorruptError
		var u *raw.UnsupportedError
		if err != nil && !errors.As(err, &c) && !errors.As(err, &u) {
			t.Errorf("%s: %v", path, err)
		}
		if strings.Contains(path, "ljt_lossless") {
			valid++
			if err == nil {
				decoded++
			} else {
				t.Errorf("%s: %v", filepath.Base(path), err)
			}
		}
	}
	t.Logf("%d of %d lossless files decode", decoded, valid)
}

// TestPredictorsAgree compares libjpeg-turbo's codings of one picture: with
// other predictors and point transforms, it must be the same picture but for
// the bits that the transforms dropped.
func TestPredictorsAgree(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(testutil.Data(t, "malformed/ljt_lossless"), "*.jpg"))
	type coding struct {
		shift int
		pix   []uint16
	}
	first := map[string]coding{}
	compared := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".jpg")
		picture, how, _ := strings.Cut(name, "_lossless_")
		var c coding
		var predictor int
		if _, err := fmt.Sscanf(how, "psv%d_pt%d", &predictor, &c.shift); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		frame, err := Config(data)
		if err != nil {
			t.Fatal(err)
		}
		c.pix = make([]uint16, frame.Samples())
		if _, err := new(Decoder).Decode(t.Context(), c.pix, data); err != nil {
			t.Fatal(err)
		}
		other, ok := first[picture]
		if !ok {
			first[picture] = c
			continue
		}
		compared++
		shift := max(c.shift, other.shift)
		for i, v := range c.pix {
			if v>>shift != other.pix[i]>>shift {
				t.Errorf("%s: sample %d is %d, was %d", name, i, v, other.pix[i])
				break
			}
		}
	}
	if compared < 50 {
		t.Errorf("only %d pictures compared", compared)
	}
}
