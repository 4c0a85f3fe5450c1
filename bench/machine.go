package bench

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/quadraw/quadraw/internal/cpu"
)

// Machine says where a report was measured.
type Machine struct {
	CPU      string   `json:"cpu"`
	Cores    int      `json:"cores"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	Go       string   `json:"go"`
	Features []string `json:"features"`
}

func thisMachine() Machine {
	m := Machine{CPU: cpuName(), Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
	f := cpu.X86()
	for _, v := range []struct {
		has  bool
		name string
	}{{f.AVX2, "AVX2"}, {f.AVX512, "AVX-512"}, {f.VNNI, "VNNI"}, {f.VBMI, "VBMI"}} {
		if v.has {
			m.Features = append(m.Features, v.name)
		}
	}
	return m
}

// cpuName is the processor's own name where the system tells it.
func cpuName() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if key, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// commit is the revision that was measured: the one stamped into the binary,
// else that of the checkout, else "unknown".
func commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		rev, dirty := "", ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				rev = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "+changes"
			}
		}
		if len(rev) >= 12 {
			return rev[:12] + dirty
		}
	}
	if out, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output(); err == nil {
		return strings.TrimSpace(string(out))
	}
	return "unknown"
}
