package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quadraw/quadraw/internal/roofline"
	"github.com/quadraw/quadraw/raw"
)

func sampleReport() *Report {
	return &Report{
		Schema: schema, Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Commit: "abc", Machine: Machine{CPU: "test", Cores: 2},
		Rooflines: []roofline.Figures{{Threads: 1, Copy: 20}},
		Stages: []Stage{
			{Name: "bin/average", Megapixels: 100, Workers: 1, Seconds: []float64{.1, .11, .12}, Shares: []float64{.9, .91, .92}, Bound: "memory", Hash: "a"},
			{Name: "demosaic/bayer/fast", Megapixels: 100, Workers: 2, Seconds: []float64{.2, .2, .2}, Shares: []float64{.3, .5, .6}, Bound: "int16"},
		},
		Contests: []Contest{{Work: "demosaic", Entries: []Entry{
			{Stage: Stage{Name: "quadraw", Megapixels: 100, Workers: 2, Seconds: []float64{.05}}, Ours: true},
			{Stage: Stage{Name: "OpenCV EA", Megapixels: 100, Workers: 2, Seconds: []float64{.1}}}, {Stage: Stage{Name: "x"}, Skipped: "not installed"},
		}}},
		Quality: []Quality{{Test: "Bayer CPSNR", Method: "Fast", Value: 39, Unit: "dB", Images: 24, Stage: "demosaic/bayer/fast"}, {Test: "Bayer CPSNR", Method: "EA", Value: 30, Unit: "dB", Images: 24, Stage: "OpenCV EA"}},
		Scaling: []Scaling{
			{Curve: "pixels", Work: workBinJPG, X: 12, Seconds: 1.3, PeakRSS: 5e7}, {Curve: "pixels", Work: workBinJPG, X: 27, Seconds: 2.8, PeakRSS: 5e7},
			{Curve: "pixels", Work: workBinJPG, X: 108, Seconds: 10.9, PeakRSS: 5e7}, {Curve: "pixels", Work: workBinJPG, X: 200, Seconds: 20.2, PeakRSS: 5e7},
			{Curve: "frames", Work: workMerge, X: 2, Seconds: 2, PeakRSS: 5e7}, {Curve: "frames", Work: workMerge, X: 4, Seconds: 3, PeakRSS: 5e7},
			{Curve: "frames", Work: workMerge, X: 8, Seconds: 5, PeakRSS: 5e7}, {Curve: "frames", Work: workMerge, X: 16, Seconds: 9, PeakRSS: 5e7},
			{Curve: "bursts", Work: workArchive, X: 16, Seconds: 12, PeakRSS: 5e7}, {Curve: "shards", Work: workArchive, X: 4, Seconds: 4, PeakRSS: 5e7},
			{Curve: "workers", Work: workFullTIF, X: 1, Seconds: 2, PeakRSS: 5e7}, {Curve: "workers", Work: workFullTIF, X: 2, Seconds: 1.1, PeakRSS: 5e7},
		},
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
	// Few rounds have no interval of that confidence: their range it is.
	if s := spread([]float64{1, 1.1}); math.Abs(s-0.05/1.05) > 1e-9 {
		t.Errorf("spread of two rounds: %v", s)
	}
	// A few outliers among many rounds say nothing of the median.
	if s := spread([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5}); s != 0 {
		t.Errorf("spread with an outlier: %v", s)
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
		return Case{Name: name, Pixels: 1000, Workers: 1, Bytes: 4000, Prepare: always(func(context.Context) (*Prepared, error) {
			return &Prepared{
				Run:  func(context.Context) error { order = append(order, name); return nil },
				Hash: func(h hash.Hash) { h.Write([]byte(name)) },
			}, nil
		})}
	}
	rn := &runner{probe: roofline.NewProbe(1 << 20), progress: func(string) {}}
	done, ceilings, err := rn.run(t.Context(), []Case{make("a"), make("b")}, plan{min: 3, max: 3})
	if err != nil {
		t.Fatal(err)
	}
	// After some runs to warm each up.
	if got := strings.TrimLeft(strings.TrimLeft(strings.Join(order, ""), "a"), "b"); got != "ababab" {
		t.Errorf("order %q", got)
	}
	if len(done) != 2 || len(ceilings) != 1 {
		t.Fatalf("%+v %+v", done, ceilings)
	}
	if a, b := &done[0].stage, &done[1].stage; len(a.Shares) != 3 || a.Hash == b.Hash || a.Bound != "memory" {
		t.Errorf("%+v %+v", a, b)
	}
}

// TestPeersMayFail wants a run to go on without a peer that fails, and to stop
// for one of ours that does.
func TestPeersMayFail(t *testing.T) {
	fails := func(err error) Case {
		return Case{Name: "x", Workers: 1, Prepare: always(func(context.Context) (*Prepared, error) {
			return &Prepared{Run: func(context.Context) error { return err }}, nil
		})}
	}
	rn := &runner{progress: func(string) {}}
	done, _, err := rn.run(t.Context(), []Case{fails(fmt.Errorf("%w: exit 1", errPeer)), fails(nil)}, plan{min: 2, max: 2})
	if err != nil {
		t.Fatal(err)
	}
	if done[0].skipped == "" || len(done[0].stage.Seconds) != 0 || len(done[1].stage.Seconds) != 2 {
		t.Errorf("%+v", done)
	}
	if _, _, err := rn.run(t.Context(), []Case{fails(errors.New("ours"))}, plan{min: 2, max: 2}); err == nil {
		t.Error("a failure of ours passed")
	}
}

// TestModelPredicts wants the model to find the line that points lie on, and
// the archive's time from single bursts of another size.
func TestModelPredicts(t *testing.T) {
	r := sampleReport()
	fits := r.Fits()
	f := fitOf(fits, "pixels", workBinJPG)
	if f == nil || math.Abs(f.Start-0.1) > 1e-6 || math.Abs(f.Slope-0.1) > 1e-6 || math.Abs(f.Memory) > 1e-6 {
		t.Fatalf("%+v", f)
	}
	if len(f.Checks) != 1 || math.Abs(f.Checks[0].Predicted-20.1) > 1e-6 || math.Abs(f.Checks[0].Error()) > 0.01 {
		t.Errorf("%+v", f.Checks)
	}
	// Half a second a frame of 12 MP; 1 s − 0.1 s for developing its picture.
	cost, ok := burstCostOf(fits)
	if got := cost.seconds(4, 3); !ok || math.Abs(got-(4*0.5+0.9)/4) > 1e-6 {
		t.Errorf("a burst of 4 × 3 MP: %v s", got)
	}
	if part, n, ok := r.serial(workFullTIF); !ok || n != 2 || math.Abs(part-0.1) > 1e-6 {
		t.Errorf("serial part %v, %d workers", part, n)
	}
	var page strings.Builder
	if err := r.WriteScaling(&page); err != nil || !strings.Contains(page.String(), "| convert bin → jpg | 200 MP | 20.10 | 20.20 |") {
		t.Errorf("%v\n%s", err, page.String())
	}
}

// TestRunsEndToEnd measures a single stage as the command does.
func TestRunsEndToEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("measures rooflines for some seconds")
	}
	r, err := Run(t.Context(), &Options{Quick: true, Parts: []string{"stages"}, Stages: regexp.MustCompile("^bin/quad/average$")})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Stages) != len(workerCounts()) || len(r.Stages[0].Shares) < 6 || r.Stages[0].Share() <= 0 || len(r.Took) != 1 {
		t.Errorf("%+v", r.Stages)
	}
	if _, err := Run(t.Context(), &Options{Parts: []string{"nothing"}}); !errors.Is(err, raw.ErrOption) {
		t.Errorf("a part that does not exist: %v", err)
	}
}
