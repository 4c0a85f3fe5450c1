package bench

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/disintegration/imaging"
	"golang.org/x/image/draw"

	"github.com/quadraw/quadraw/raw"
)

// Peer is another program's figure for the same work in the same run.
type Peer struct {
	Name       string    `json:"name"`
	Work       string    `json:"work"`
	Megapixels float64   `json:"megapixels"`
	Workers    int       `json:"workers"`
	Seconds    []float64 `json:"seconds"`
	PeakRSS    int64     `json:"peak_rss_bytes,omitempty"`
	// Skipped says why there is no figure: mostly that it is not installed.
	Skipped string `json:"skipped,omitempty"`
}

// MPs is the median speed in 10⁶ input pixels a second.
func (p *Peer) MPs() float64 { return p.Megapixels / median(p.Seconds) }

// peer is a program that may be installed. args gets the file of a 2×2 Bayer
// DNG and a folder for output.
type peer struct {
	name, work string
	programs   []string // the first that is found is used
	args       func(dng, out string) []string
	workers    int
	slow       bool
}

// filePeers read the DNG that our own file-to-file case reads.
func filePeers() []peer {
	all := runtime.GOMAXPROCS(0)
	return []peer{
		{"dcraw -h", "dng → half size", []string{"dcraw"}, func(dng, _ string) []string { return []string{"-h", "-c", dng} }, 1, false},
		{"dcraw_emu bilinear", "dng → tiff 8", []string{"dcraw_emu", "/usr/lib/libraw/dcraw_emu"}, func(dng, out string) []string {
			return []string{"-q", "0", "-T", "-Z", filepath.Join(out, "emu.tif"), dng}
		}, 1, false},
		{"dcraw_emu AHD", "dng → tiff 16", []string{"dcraw_emu", "/usr/lib/libraw/dcraw_emu"}, func(dng, out string) []string {
			return []string{"-q", "3", "-6", "-T", "-Z", filepath.Join(out, "ahd.tif"), dng}
		}, 1, false},
		{"rawtherapee-cli", "dng → tiff 16", []string{"rawtherapee-cli"}, func(dng, out string) []string {
			return []string{"-Y", "-b16", "-t", "-o", filepath.Join(out, "rt.tif"), "-c", dng}
		}, all, true},
		{"darktable-cli", "dng → tiff 16", []string{"darktable-cli"}, func(dng, out string) []string {
			return []string{dng, filepath.Join(out, "dt.tif"), "--core", "--configdir", filepath.Join(out, "dt")}
		}, all, true},
		{"vips shrink 2×2", "dng → half size", []string{"vips"}, func(dng, out string) []string {
			return []string{"shrink", dng, filepath.Join(out, "vips.v"), "2", "2"}
		}, all, false},
	}
}

// measurePeers runs what is installed of other people's programs, on a Bayer
// file and a frame in memory, and in process what Go users would pick.
func (r *Report) measurePeers(ctx context.Context, o *Options, say func(string)) error {
	size, repetitions := size108, 5
	if o.Quick {
		size, repetitions = size12, 3
	}
	say("OpenCV")
	r.Peers = append(r.Peers, runOpenCV(ctx, size.size.X, size.size.Y, repetitions)...)
	f := &frames{}
	in, err := inProcessPeers(ctx, f, size, repetitions)
	if err != nil {
		return err
	}
	r.Peers = append(r.Peers, in...)
	dir, err := os.MkdirTemp("", "quadraw-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	dng := filepath.Join(dir, "bayer.dng")
	if err := saveFrame(ctx, f, size.size, raw.BayerRGGB, dng); err != nil {
		return err
	}
	for _, p := range filePeers() {
		// The two developers take half a minute for a large frame.
		if o.Quick && p.slow {
			continue
		}
		say(p.name)
		res, err := runFilePeer(ctx, p, dng, size.pixels(), min(repetitions, 3))
		if err != nil {
			return err
		}
		r.Peers = append(r.Peers, res)
	}
	return nil
}

// inProcessPeers times the two image libraries that a Go user would take to
// halve a frame; they know no colour filter array.
func inProcessPeers(ctx context.Context, f *frames, size frameSize, repetitions int) ([]Peer, error) {
	_, m, err := f.get(ctx, size.size, raw.BayerRGGB)
	if err != nil {
		return nil, err
	}
	half := image.Rectangle{Max: size.size.Div(2)}
	gray := image.NewGray16(half)
	var out []Peer
	for _, p := range []struct {
		name string
		run  func()
	}{
		{"imaging.Resize(Box), 8 bits", func() { imaging.Resize(m, half.Dx(), half.Dy(), imaging.Box) }},
		{"x/image/draw.ApproxBiLinear", func() { draw.ApproxBiLinear.Scale(gray, half, m, m.Rect, draw.Src, nil) }},
	} {
		res := Peer{Name: p.name, Work: "in memory", Megapixels: float64(size.pixels()) / 1e6, Workers: runtime.GOMAXPROCS(0)}
		for range min(repetitions, 2) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			start := time.Now()
			p.run()
			res.Seconds = append(res.Seconds, time.Since(start).Seconds())
		}
		out = append(out, res)
	}
	return out, nil
}

// runFilePeer times a program over repetitions runs.
func runFilePeer(ctx context.Context, p peer, dng string, pixels int64, repetitions int) (Peer, error) {
	res := Peer{Name: p.name, Work: p.work, Megapixels: float64(pixels) / 1e6, Workers: p.workers}
	program := ""
	for _, name := range p.programs {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		res.Skipped = "not installed"
		return res, nil
	}
	for range repetitions {
		out, err := os.MkdirTemp("", "quadraw-peer-")
		if err != nil {
			return res, err
		}
		cmd := exec.CommandContext(ctx, program, p.args(dng, out)...)
		start := time.Now()
		rss, err := runMeasured(cmd)
		took := time.Since(start).Seconds()
		if e := os.RemoveAll(out); e != nil {
			return res, e
		}
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		if err != nil {
			res.Skipped = fmt.Sprintf("failed: %v", err)
			return res, nil
		}
		res.Seconds = append(res.Seconds, took)
		res.PeakRSS = max(res.PeakRSS, rss)
	}
	return res, nil
}

// openCVScript times OpenCV on a frame in memory; it prints "name threads
// seconds…" lines.
const openCVScript = `
import sys, time
import numpy as np, cv2
w, h, n = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
a = (np.arange(w * h, dtype=np.uint32) * 2654435761 >> 22).astype(np.uint16).reshape(h, w)
half = np.empty((h // 2, w // 2), np.uint16)
rgb = np.empty((h, w, 3), np.uint16)
work = [("INTER_AREA", lambda: cv2.resize(a, (w // 2, h // 2), half, interpolation=cv2.INTER_AREA)),
        ("bilinear", lambda: cv2.cvtColor(a, cv2.COLOR_BayerRG2BGR, rgb)),
        ("EA", lambda: cv2.cvtColor(a, cv2.COLOR_BayerRG2BGR_EA, rgb))]
for threads in (1, cv2.getNumberOfCPUs()):
    cv2.setNumThreads(threads)
    for name, f in work:
        f()
        t = []
        for _ in range(n):
            s = time.perf_counter(); f(); t.append(time.perf_counter() - s)
        print(name, threads, *t)
`

// runOpenCV times OpenCV's Python module on a frame of the given size.
func runOpenCV(ctx context.Context, width, height, repetitions int) []Peer {
	mp := float64(width) * float64(height) / 1e6
	skipped := func(why string) []Peer {
		return []Peer{{Name: "OpenCV", Work: "in memory", Megapixels: mp, Skipped: why}}
	}
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		cmd := exec.CommandContext(ctx, python, "-c", openCVScript, strconv.Itoa(width), strconv.Itoa(height), strconv.Itoa(repetitions))
		out, err := cmd.Output()
		if errors.Is(err, exec.ErrNotFound) || err != nil {
			continue
		}
		var peers []Peer
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			if len(f) < 3 {
				continue
			}
			threads, err := strconv.Atoi(f[1])
			if err != nil {
				continue
			}
			p := Peer{Name: "OpenCV " + f[0], Work: "in memory", Megapixels: mp, Workers: threads}
			for _, s := range f[2:] {
				if v, err := strconv.ParseFloat(s, 64); err == nil {
					p.Seconds = append(p.Seconds, v)
				}
			}
			peers = append(peers, p)
		}
		return peers
	}
	return skipped("python3 with cv2 is not installed")
}
