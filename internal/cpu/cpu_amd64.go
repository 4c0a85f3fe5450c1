//go:build amd64 && !purego

package cpu

import "golang.org/x/sys/cpu"

var x86 = detect()

func detect() Features {
	c := &cpu.X86
	f := Features{AVX2: c.HasAVX2 && c.HasBMI1 && c.HasBMI2 && c.HasFMA}
	f.AVX512 = f.AVX2 && c.HasAVX512F && c.HasAVX512BW && c.HasAVX512DQ && c.HasAVX512VL
	f.VNNI = f.AVX512 && c.HasAVX512VNNI
	f.VBMI = f.AVX512 && c.HasAVX512VBMI
	f.GFNI = f.AVX512 && c.HasAVX512GFNI
	return f
}
