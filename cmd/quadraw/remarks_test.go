package main

import (
	"bytes"
	"log/slog"
	"testing"
)

func TestRemarksAreForPeople(t *testing.T) {
	var out bytes.Buffer
	log := (&app{stderr: &out}).logger().With("file", "shots/a.dng")
	log.Warn("no white balance", "neutral", [3]float64{0.97197, 1, 0.5}, "scale", 1.23456e-4)
	log.Info("read", slog.String("kind", "dng"), slog.Int("tiles", 12))
	log.Warn("frame skipped", "frame", "shots/b.dng", "reason", "truncated")
	log.Debug("for developers")
	want := "warning: shots/a.dng: no white balance (neutral [0.972 1 0.5], scale 0.0001235)\nnote: shots/a.dng: read (kind dng, tiles 12)\nwarning: shots/b.dng: frame skipped (reason truncated)\n"
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", out.String(), want)
	}
	out.Reset()
	quiet := &app{stderr: &out}
	quiet.common.quiet = true
	quiet.logger().Warn("something")
	if out.Len() > 0 {
		t.Errorf("--quiet printed %q", out.String())
	}
}
