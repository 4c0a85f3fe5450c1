package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

// peerQuality has installed peers demosaic the same mosaics: OpenCV in its
// process, LibRaw from DNG files to linear TIFF files without white balance,
// brightening or colour matrix.
func (r *Report) peerQuality(ctx context.Context, pictures []*raw.RGB, say func(string)) (err error) {
	dir, err := os.MkdirTemp("", "quadraw-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	type peer struct {
		name        string
		stage, file string
		demosaic    func(ctx context.Context, p *raw.RGB) (*raw.RGB, error)
	}
	var peers []peer
	if cv := startOpenCV(ctx, 16, 16); cv != nil {
		defer func() {
			if e := cv.close(); err == nil {
				err = e
			}
		}()
		for _, method := range []string{"bilinear", "EA"} {
			peers = append(peers, peer{"OpenCV " + method, "OpenCV " + method, "", func(_ context.Context, p *raw.RGB) (*raw.RGB, error) {
				return openCVDemosaic(cv, dir, method, p)
			}})
		}
	}
	if emu := installed([]string{"dcraw_emu", "/usr/lib/libraw/dcraw_emu"}); emu != "" {
		for _, m := range []struct{ name, q string }{{"bilinear", "0"}, {"PPG", "2"}, {"AHD", "3"}} {
			peers = append(peers, peer{"LibRaw " + m.name, "", "dcraw_emu " + m.name, func(ctx context.Context, p *raw.RGB) (*raw.RGB, error) {
				return libRawDemosaic(ctx, emu, dir, m.q, p)
			}})
		}
	}
	for _, q := range peers {
		say("quality of " + q.name)
		sum := 0.0
		for _, p := range pictures {
			got, err := q.demosaic(ctx, p)
			if err != nil {
				return fmt.Errorf("quality of %s: %w", q.name, err)
			}
			v, err := encodedCPSNR(p, got)
			if err != nil {
				return fmt.Errorf("quality of %s: %w", q.name, err)
			}
			sum += v
		}
		r.Quality = append(r.Quality, Quality{Test: "Bayer CPSNR", Method: q.name, Value: sum / float64(len(pictures)), Unit: "dB",
			Images: len(pictures), Stage: q.stage, File: q.file})
	}
	return nil
}

// openCVDemosaic returns linear light in 16 bits.
func openCVDemosaic(cv *openCV, dir, method string, p *raw.RGB) (*raw.RGB, error) {
	_, m := mosaicOf(p, raw.BayerRGGB)
	in, out := filepath.Join(dir, "in.u16"), filepath.Join(dir, "out.u16")
	data := make([]byte, 0, 2*len(m.Pix))
	for y := range m.Rect.Dy() {
		for _, v := range m.Row(y) {
			data = binary.NativeEndian.AppendUint16(data, v)
		}
	}
	if err := os.WriteFile(in, data, 0o600); err != nil {
		return nil, err
	}
	if _, err := cv.do("demosaic", method, strconv.Itoa(p.Rect.Dx()), strconv.Itoa(p.Rect.Dy()), in, out); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	got := raw.NewRGB(p.Rect)
	if want := 6 * p.Rect.Dx() * p.Rect.Dy(); len(data) != want {
		return nil, fmt.Errorf("OpenCV gave %d bytes, want %d", len(data), want)
	}
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			for c := range got.Pix {
				v := uint32(binary.NativeEndian.Uint16(data))
				got.Pix[c][y*got.Stride+x] = uint16((v*65535 + linearWhite/2) / linearWhite)
				data = data[2:]
			}
		}
	}
	return got, nil
}

// libRawDemosaic returns linear light in 16 bits.
func libRawDemosaic(ctx context.Context, emu, dir, method string, p *raw.RGB) (*raw.RGB, error) {
	h, m := mosaicOf(p, raw.BayerRGGB)
	src, err := raw.NewMemory(h, m)
	if err != nil {
		return nil, err
	}
	in, out := filepath.Join(dir, "in.dng"), filepath.Join(dir, "out.tif")
	if err := quadraw.SaveMosaic(ctx, in, src, fileOptions(in)); err != nil {
		return nil, err
	}
	// -4: linear 16 bits; -c 0: white is where the file says, not at the
	// brightest pixel.
	cmd := exec.CommandContext(ctx, emu, "-4", "-T", "-o", "0", "-r", "1", "1", "1", "1", "-c", "0", "-q", method, "-Z", out, in)
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	f, err := format.Open(out, nil)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	picture, err := f.RGB()
	if err != nil {
		return nil, err
	}
	if size := picture.Header().Size; size != p.Rect.Size() {
		return nil, fmt.Errorf("dcraw_emu gave %v pixels, want %v", size, p.Rect.Size())
	}
	return memoryRGB(ctx, picture)
}
