package bank

import (
	"os"
	"regexp"
	"testing"
)

// TestAVX2KernelsNeedNoMore looks for what an assembler takes from AVX-512
// without a word: the machines that tests run on would not notice.
func TestAVX2KernelsNeedNoMore(t *testing.T) {
	text, err := os.ReadFile("kernel_avx2_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{`AVX512\w*`, `\bZ[0-9]+\b`, `\bK[0-7]\b`, `\b[XY](1[6-9]|[23][0-9])\b`} {
		if found := regexp.MustCompile(pattern).Find(text); found != nil {
			t.Errorf("kernels for AVX2 have %s", found)
		}
	}
}
