package dng

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// The kinds of outcome that callers can tell apart.
const (
	fine        = "fine"
	unknown     = "unknown"
	truncated   = "truncated"
	corrupt     = "corrupt"
	limit       = "limit"
	unsupported = "unsupported"
)

func kindOf(err error) string {
	var u *raw.UnsupportedError
	var c *raw.CorruptError
	switch {
	case err == nil:
		return fine
	case errors.Is(err, raw.ErrUnknown):
		return unknown
	case errors.Is(err, raw.ErrLimit):
		return limit
	case errors.Is(err, raw.ErrTruncated):
		return truncated
	case errors.As(err, &u):
		return unsupported
	case errors.As(err, &c):
		return corrupt
	}
	return "an error of no kind"
}

// decodeWhole reads a file's header and all its samples, in bands.
func decodeWhole(ctx context.Context, data []byte, o *Options) error {
	f, err := Decode(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		return err
	}
	r := f.Header().Bounds()
	for y := 0; y < f.Header().Size.Y; y += 64 {
		r.Min.Y, r.Max.Y = y, min(y+64, f.Header().Size.Y)
		if src, err := f.Mosaic(); err == nil {
			if err := src.ReadTile(ctx, raw.NewMosaic(r, 0)); err != nil {
				return err
			}
			continue
		}
		src, err := f.RGB()
		if err != nil {
			return err
		}
		if err := src.ReadTile(ctx, raw.NewRGB(r)); err != nil {
			return err
		}
	}
	return nil
}

// synthetic says what each corruption of one field must lead to. Filled in by
// what the specification says, and where it says nothing by whether the
// picture could be wrong: then it is an error, and if the picture is the same
// without the field's damage it is fine.
var synthetic = map[string]string{
	"valid_base_ok": fine, "trailing_garbage_ok": fine,

	// Sizes.
	"width_0": corrupt, "height_0": corrupt,
	"width_1": fine, // strips are longer than their rows, the rest is padding
	// One strip is needed, three are given: the fields disagree.
	"height_1": corrupt, "height_ffff": corrupt, "width_ffff": corrupt,
	"width_7fffffff": limit, "width_ffffffff": limit, "height_7fffffff": limit, "height_ffffffff": limit,
	"bomb_65535x65535": limit, "bomb_300000x300000": limit, "bomb_12032x9024_tinydata": corrupt,

	// Samples.
	"bps_0": corrupt, "bps_65535": corrupt,
	"bps_1": unsupported, "bps_7": unsupported, // DNG has 8 to 32 bits
	"bps_17": corrupt, "bps_32": corrupt, // strips too short for them
	"spp_0": corrupt, "spp_255": corrupt, "spp_65535": corrupt, "spp_3": unsupported,
	"photometric_99": unsupported,
	"compression_0":  unsupported, "compression_2": unsupported, "compression_5": unsupported, "compression_6": unsupported,
	"compression_9": unsupported, "compression_52546": unsupported, "compression_65535": unsupported,
	"compression_7": corrupt, "compression_8": corrupt, "compression_34892": corrupt, // the data are not that

	// Strips.
	"rps_0": corrupt, "rps_1": corrupt, "rps_ffffffff": corrupt,
	"stripbytes_cnt1": corrupt, "stripbytes_short": corrupt, "stripbytes_zero": corrupt,
	"stripbytes_max":     fine, // the samples are all there
	"stripbytes_ptr_bad": truncated,
	"stripoffsets_cnt0":  corrupt, "stripoffsets_cnt_huge": corrupt, "stripoffsets_ptr_eof": truncated,
	"stripoffsets_type_99": corrupt, "stripoffsets_type_ascii": corrupt,
	"strips_overlap_header": corrupt, "strips_past_eof": truncated,

	// The mosaic.
	"cfadim_0x0": corrupt, "cfadim_4x4_pat4": corrupt, "cfadim_65535": corrupt,
	"cfalayout_9": unsupported, "cfapat_cnt0": corrupt, "cfapat_color7": corrupt, "cfaplane_bad": corrupt,

	// Levels, colour, rendering: a wrong value is a wrong picture.
	"black_ptr_eof": truncated, "black_rational_div0": corrupt, "blackdim_0": corrupt, "blackdim_huge": corrupt, "white_0": corrupt,
	"cm1_ptr_eof": truncated, "cm1_rational_div0": corrupt,
	"neutral_ptr_eof": truncated, "neutral_rational_div0": corrupt,
	"bexp_ptr_eof": truncated, "bexp_rational_div0": corrupt,
	"orientation_99": corrupt,

	// Structure.
	"dngversion_9":    fine, // newer, but readable by older readers
	"dngbackward_9":   unsupported,
	"ifd0_past_eof":   truncated,
	"ifd0_odd":        corrupt, // inside the file's header
	"ifd_count_0":     corrupt,
	"ifd_count_65535": truncated,
	"ifd_next_loop":   fine, "subifd_self_loop": fine, // the raw image is found once all the same
	"dup_tag_width":            corrupt, // the other field is missing then
	"tags_unsorted":            fine,
	"bigtiff_magic_small_body": truncated,
	"byteorder_swapped":        unknown,
	"trunc_0":                  unknown, "trunc_1": unknown, // nothing tells that this was a TIFF
	"trunc_4": truncated, "trunc_8": truncated, "trunc_9": truncated, "trunc_20": truncated, "trunc_200": truncated,
	"trunc_360": truncated, "trunc_600": truncated, "trunc_3336": truncated, "trunc_6671": truncated,
}

// corruptions returns the files that testdata/hostile describes by name.
func corruptions(t *testing.T) map[string][]byte {
	t.Helper()
	base, err := os.ReadFile("../../testdata/hostile/base.dng")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("../../testdata/hostile/corruptions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for line := range strings.Lines(string(list)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		field := strings.Split(strings.TrimSpace(line), "\t")
		size, err := strconv.Atoi(field[1])
		if err != nil {
			t.Fatal(err)
		}
		data := bytes.Repeat([]byte{0xff}, size)
		copy(data, base)
		for _, change := range field[2:] {
			at, with, _ := strings.Cut(change, ":")
			offset, err := strconv.ParseInt(at, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			b, err := hex.DecodeString(with)
			if err != nil {
				t.Fatal(err)
			}
			copy(data[offset:], b)
		}
		files[field[0]] = data
	}
	return files
}

func TestSyntheticCorruptions(t *testing.T) {
	files := corruptions(t)
	if len(files) != len(synthetic) {
		t.Errorf("%d files, the table has %d", len(files), len(synthetic))
	}
	for name, data := range files {
		err := decodeWhole(t.Context(), data, nil)
		if got := kindOf(err); got != synthetic[name] {
			t.Errorf("%s is %s (%v), want %s", name, got, err, synthetic[name])
		}
	}
}

// TestMalformedCorpus reads every hostile file: none may panic, hang or take
// memory, whatever comes of it.
func TestMalformedCorpus(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(testutil.Data(t, "malformed"), "*", "*"))
	if len(paths) < 1059 {
		t.Fatalf("only %d files", len(paths))
	}
	kinds := map[string]int{}
	var slowest time.Duration
	var most uint64
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []*Options{nil, {Salvage: true}} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			before := allocated()
			start := time.Now()
			err = decodeWhole(ctx, data, o)
			slowest = max(slowest, time.Since(start))
			used := allocated() - before
			most = max(most, used)
			cancel()
			if used > 64<<20 {
				t.Errorf("%s: %d bytes allocated", path, used)
			}
			if k := kindOf(err); k == "an error of no kind" {
				t.Errorf("%s: %v", path, err)
			} else if o == nil {
				kinds[k]++
			}
		}
	}
	t.Logf("%d files: %v; slowest %v, most memory %d bytes", len(paths), kinds, slowest, most)
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestHeaderBombs(t *testing.T) {
	files := corruptions(t)
	for _, name := range []string{"bomb_65535x65535", "bomb_300000x300000", "bomb_12032x9024_tinydata", "stripoffsets_cnt_huge", "width_ffffffff", "height_ffffffff"} {
		data := files[name]
		before, start := allocated(), time.Now()
		_, err := Decode(bytes.NewReader(data), int64(len(data)), nil)
		took, used := time.Since(start), allocated()-before
		if err == nil || used > 1<<20 {
			t.Errorf("%s: %v with %d bytes allocated", name, err, used)
		}
		t.Logf("%s: %v in %v with %d bytes", name, err, took, used)
	}
}
