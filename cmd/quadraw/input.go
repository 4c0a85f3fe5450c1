package main

import (
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/format/headerless"
	"github.com/quadraw/quadraw/raw"
)

// inputFlags say what inputs do not say of themselves.
type inputFlags struct {
	cfa     string
	salvage bool

	size, preset string
	layout       headerless.Layout
}

func (f *inputFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.cfa, "cfa", "auto", "the colour filter array: auto believes a DNG's samples where they contradict its tags; quad-rggb, bayer-grbg, mono, … whatever the file says")
	fs.BoolVar(&f.salvage, "salvage", false, "read damaged files as far as possible; the exit code still tells")
	fs.StringVar(&f.size, "raw-size", "", "inputs have no header and are of this size, as 1920x1080")
	fs.StringVar(&f.preset, "raw-preset", "", "layout of a file without a header: a libcamera name such as SRGGB10_CSI2P, android-raw10, …")
	fs.Var(newText(&f.layout.Packing, "u16le|u16be|raw8|mipi10|…|tight14"), "raw-packing", "how its samples lie")
	fs.Int64Var(&f.layout.Offset, "raw-offset", 0, "where its first row begins, in bytes")
	fs.IntVar(&f.layout.Stride, "raw-stride", 0, "bytes from row to row (default: as few as a row takes)")
	fs.IntVar(&f.layout.Bits, "raw-bits", 0, "bits of a sample (default: the packing's)")
	fs.IntVar(&f.layout.Shift, "raw-shift", 0, "unused bits below a sample in a word of 16")
	fs.Float64Var(&f.layout.Black, "raw-black", 0, "its black level in DN")
	fs.Float64Var(&f.layout.White, "raw-white", 0, "its white level in DN (default: the largest of its bits)")
	fs.Float64Var(&f.layout.ISO, "raw-iso", 0, "the sensitivity it was taken at")
}

var layoutFlags = [...]string{"raw-preset", "raw-packing", "raw-offset", "raw-stride", "raw-bits", "raw-shift", "raw-black", "raw-white", "raw-iso"}

// options are the reader's options; fs tells which flags were given.
func (f *inputFlags) options(fs *pflag.FlagSet) (format.OpenOptions, error) {
	o := format.OpenOptions{Salvage: f.salvage}
	var err error
	if f.cfa != "auto" {
		cfa, err := raw.ParseCFA(f.cfa)
		if err != nil {
			return o, usagef("--cfa: %w", err)
		}
		o.CFA = &cfa
	}
	if f.size == "" {
		for _, name := range layoutFlags {
			if fs.Changed(name) {
				return o, usagef("--%s needs --raw-size", name)
			}
		}
		return o, nil
	}
	o.Layout, err = f.headerless(fs)
	return o, err
}

func (f *inputFlags) headerless(fs *pflag.FlagSet) (*headerless.Layout, error) {
	size, err := parseSize(f.size)
	if err != nil {
		return nil, usagef("--raw-size: %w", err)
	}
	layout := f.layout
	if f.preset != "" {
		p, err := headerless.Preset(f.preset, size.X, size.Y)
		if err != nil {
			return nil, usagef("--raw-preset: %w", err)
		}
		layout = *p
		for name, set := range map[string]func(){
			"raw-packing": func() { layout.Packing = f.layout.Packing },
			"raw-stride":  func() { layout.Stride = f.layout.Stride },
			"raw-bits":    func() { layout.Bits = f.layout.Bits },
			"raw-shift":   func() { layout.Shift = f.layout.Shift },
		} {
			if fs.Changed(name) {
				set()
			}
		}
		layout.Offset, layout.Black, layout.White, layout.ISO = f.layout.Offset, f.layout.Black, f.layout.White, f.layout.ISO
	}
	layout.Width, layout.Height = size.X, size.Y
	if f.cfa == "auto" && f.preset == "" {
		return nil, usagef("--raw-size needs --cfa or --raw-preset: a file without a header does not say its colour filter array")
	}
	return &layout, nil
}
