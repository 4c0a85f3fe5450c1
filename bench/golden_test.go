package bench

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"hash/fnv"
	"image"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "record outputs and allocations anew in testdata/golden.json")

// golden is what a stage gave on a small frame when it was last looked at.
type golden struct {
	Hash   string  `json:"hash"`
	Allocs float64 `json:"allocs"`
}

// TestStagesAreAsRecorded fails when a stage's output changes or when it
// allocates much more than it did: run with -update after looking at the
// pictures. The hashes hold on every machine.
func TestStagesAreAsRecorded(t *testing.T) {
	name := filepath.Join("testdata", "golden.json")
	want := map[string]golden{}
	if data, err := os.ReadFile(name); err == nil {
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
	} else if !*update {
		t.Fatal(err)
	}
	size := frameSize{"small", image.Pt(480, 360)}
	f := &frames{}
	got := map[string]golden{}
	for _, s := range stages() {
		c := s.make(f, size, 2)
		p, _, err := c.Prepare(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		var runErr error
		allocs := testing.AllocsPerRun(1, func() { runErr = p.Run(t.Context()) })
		if runErr != nil {
			t.Fatalf("%s: %v", s.name, runErr)
		}
		h := fnv.New128a()
		p.Hash(h)
		if p.Close != nil {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
		got[s.name] = golden{hex.EncodeToString(h.Sum(nil)), allocs}
		if *update {
			continue
		}
		w, ok := want[s.name]
		switch {
		case !ok:
			t.Errorf("%s is not recorded", s.name)
		case w.Hash != got[s.name].Hash:
			t.Errorf("%s: the output changed", s.name)
		case allocs > 1.5*w.Allocs+32:
			t.Errorf("%s: %.0f allocations, recorded were %.0f", s.name, allocs, w.Allocs)
		}
	}
	if *update {
		data, err := json.MarshalIndent(got, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
