package bench

import (
	"bytes"
	"context"
	"hash"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quadraw/quadraw/internal/roofline"
)

func sampleReport() *Report {
	return &Report{
		Schema: schema, Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Commit: "abc", Machine: Machine{CPU: "test", Cores: 2},
		Rooflines: []roofline.Figures{{Threads: 1, Copy: 20}},
		Stages: []Stage{
			{Name: "bin/average", Megapixels: 100, Workers: 1, Seconds: []float64{.1, .11, .12}, Shares: []float64{.9, .91, .92}, Bound: "memory", Hash: "a"},
			{Name: "demosaic/bayer/fast", Megapixels: 100, Workers: 2, Seconds: []float64{.2, .2, .2}, Shares: []float64{.3, .5, .6}, Bound: "int16"},
		},
		Peers:   []Peer{{Name: "OpenCV EA", Megapixels: 100, Workers: 2, Seconds: []float64{.1}}, {Name: "x", Skipped: "not installed"}},
		Quality: []Quality{{Test: "Bayer CPSNR", Method: "Fast", Value: 39, Unit: "dB", Images: 24, Stage: "demosaic/bayer/fast"}, {Test: "Bayer CPSNR", Method: "EA", Value: 30, Unit: "dB", Images: 24, Stage: "OpenCV EA"}},
		Scaling: []Scaling{{Curve: "pixels", Work: "bin", X: 12, Seconds: 1, PeakRSS: 5e7}, {Curve: "pixels", Work: "bin", X: 108, Seconds: 9, PeakRSS: 5e7}},
	}
}

func TestReportRoundTrip(t *testing.T) {
	var buf bytes.Buffer
	r := sampleReport()
	if err := r.Encode(&buf); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, got); d != "" {
		t.Error(d)
	}
	if _, err := Decode(strings.NewReader(`{"schema": 99}`)); err == nil {
		t.Error("a report of another version was accepted")
	}
}

func TestNoiseSpeaksUp(t *testing.T) {
	r := sampleReport()
	if r.Stages[0].Noisy() || !r.Stages[1].Noisy() {
		t.Errorf("spreads %v and %v", r.Stages[0].Spread(), r.Stages[1].Spread())
	}
}

func TestCompareTellsChangeFromNoise(t *testing.T) {
	shares := func(base float64) []float64 {
		var v []float64
		for i := range 12 {
			v = append(v, base*(1+0.01*float64(i%5-2)))
		}
		return v
	}
	stage := func(share float64, hash string) *Report {
		return &Report{Schema: schema, Stages: []Stage{{Name: "s", Megapixels: 1, Workers: 1, Seconds: []float64{1}, Shares: shares(share), Hash: hash}}}
	}
	if c := Compare(stage(.5, "a"), stage(.501, "a")); len(c) != 1 || c[0].Real || c[0].Output {
		t.Errorf("noise taken for change: %+v", c)
	}
	if c := Compare(stage(.5, "a"), stage(.4, "b")); !c[0].Real || !c[0].Output {
		t.Errorf("change taken for noise: %+v", c)
	}
}

func TestPagesAndPictures(t *testing.T) {
	r := sampleReport()
	names, err := r.Plot(t.TempDir())
	if err != nil || len(names) != 8 {
		t.Fatalf("%d pictures, %v", len(names), err)
	}
	for _, n := range names {
		if info, err := os.Stat(n); err != nil || info.Size() < 500 {
			t.Errorf("%s: %v", n, err)
		}
	}
	var page strings.Builder
	if err := r.WriteMarkdown(&page, "plots"); err != nil || !strings.Contains(page.String(), "| bin/average | 100.0 | 1 |") {
		t.Errorf("page: %v\n%s", err, page.String())
	}
	readme, err := r.InsertTable("before\n" + tableBegin + "\nold\n" + tableEnd + "\nafter\n")
	if err != nil || strings.Contains(readme, "old") || !strings.Contains(readme, "bin/average") || !strings.HasSuffix(readme, tableEnd+"\nafter\n") {
		t.Errorf("readme: %v\n%s", err, readme)
	}
	if err := r.WriteTable(&page); err != nil {
		t.Error(err)
	}
}

func TestRunnerInterleavesAndHashes(t *testing.T) {
	var order []string
	make := func(name string) Case {
		return Case{Name: name, Pixels: 1000, Workers: 1, Bytes: 4000, Prepare: func(context.Context) (*Prepared, error) {
			return &Prepared{
				Run:  func(context.Context) error { order = append(order, name); return nil },
				Hash: func(h hash.Hash) { h.Write([]byte(name)) },
			}, nil
		}}
	}
	rn := &runner{probe: roofline.NewProbe(1 << 20), progress: func(string) {}}
	stages, ceilings, err := rn.run(t.Context(), []Case{make("a"), make("b")}, 3, 3, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ""); got != "abababab" {
		t.Errorf("order %q", got)
	}
	if len(stages) != 2 || len(stages[0].Shares) != 3 || stages[0].Hash == stages[1].Hash || stages[0].Bound != "memory" || len(ceilings) != 1 {
		t.Errorf("%+v %+v", stages, ceilings)
	}
}
