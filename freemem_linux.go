package quadraw

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// freeMemory is what the system says could be had without swapping, in bytes.
func freeMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return assumedMemory
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:")
		if !ok {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
		if err != nil {
			break
		}
		return kib << 10
	}
	return assumedMemory
}
