package format_test

import (
	"bytes"
	"image"
	"os/exec"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

func TestExifToolFindsNoFaultInPictures(t *testing.T) {
	exiftool, err := exec.LookPath("exiftool")
	if err != nil {
		t.Skip("exiftool is not installed")
	}
	var names []string
	for _, space := range []raw.ColorSpace{raw.SRGB, raw.DisplayP3, raw.Rec2020, raw.LinearCamera} {
		src, _ := testPicture(image.Pt(200, 150), space)
		h := src.Header()
		h.Metadata.XMP = []byte("<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta><?xpacket end='w'?>")
		for _, name := range []string{"a.jpg", "a.png", "a.tif"} {
			for _, o := range []format.CreateOptions{{}, {Strip: true}} {
				names = append(names, create(t, name, src, &o))
			}
		}
		names = append(names, create(t, "a.png", src, &format.CreateOptions{BitDepth: 16}))
		names = append(names, create(t, "a.tif", src, &format.CreateOptions{BitDepth: 8, Compression: format.None}))
	}
	out, err := exec.Command(exiftool, append([]string{"-validate", "-warning", "-error", "-a", "-q", "-q"}, names...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "========") && !strings.HasSuffix(line, ": OK") {
			t.Errorf("exiftool: %s", line)
		}
	}
	if n := bytes.Count(out, []byte(": OK")); n != len(names) {
		t.Errorf("%d of %d files are OK", n, len(names))
	}
}
