// Package roofline measures what this machine can do at best: memory
// bandwidth and multiply-add rates, on any number of threads. A stage's share
// of the roofline that binds it is the figure that holds on a noisy machine.
//
// All figures are the best of several short runs: a roofline is a ceiling.
package roofline

import (
	"sync"
	"time"
	"unsafe"
)

// Figures are the ceilings of one machine on a number of threads.
type Figures struct {
	Threads int `json:"threads"`
	// Bandwidths in GB/s (10⁹ bytes); Copy counts bytes read plus written.
	Copy         float64 `json:"copy_gbs"`
	Read         float64 `json:"read_gbs"`
	NonTemporal  float64 `json:"nt_write_gbs"`
	IntegerMACs  float64 `json:"int16_gmacs"`   // 10⁹ int16 multiply-adds a second
	FloatingMACs float64 `json:"float32_gmacs"` // 10⁹ float32 multiply-adds a second
}

//go:generate go run -C ../asmgen ./roofline -out ../roofline/kernel_amd64.s -stubs ../roofline/kernel_stubs_amd64.go -pkg roofline

// Probe holds the memory that the measurements move.
type Probe struct {
	a, b []byte
}

// DefaultBytes is the size of each of a probe's two buffers: that of a
// 12032×9024 frame, beyond the caches of servers too.
const DefaultBytes = 224 << 20

// NewProbe allocates two buffers of the given size, rounded to 64 KiB, and
// touches every page.
func NewProbe(bytes int) *Probe {
	bytes = max(bytes>>16, 1) << 16
	p := &Probe{a: aligned(bytes), b: aligned(bytes)}
	for i := 0; i < bytes; i += 4096 {
		p.a[i], p.b[i] = byte(i), byte(i>>8)
	}
	return p
}

func aligned(n int) []byte {
	buf := make([]byte, n+4096)
	skip := -int(uintptr(unsafe.Pointer(&buf[0]))) & 4095
	return buf[skip : skip+n : skip+n]
}

// Sized returns a probe of the first bytes of p's buffers, rounded up to
// 64 KiB: what fits a cache moves faster, so a roofline is one of an amount of
// memory. It shares p's memory.
func (p *Probe) Sized(bytes int) *Probe {
	n := min((max(bytes, 1)+0xffff)&^0xffff, len(p.a))
	return &Probe{a: p.a[:n:n], b: p.b[:n:n]}
}

// Copy returns the bandwidth of copying on the given number of threads, read
// and written bytes together, in GB/s: the better of the runtime's copy and of
// one that writes past the caches.
func (p *Probe) Copy(threads int) float64 {
	plain := p.rate(threads, 2, func(lo, hi int) { copy(p.a[lo:hi], p.b[lo:hi]) })
	streaming := p.rate(threads, 2, func(lo, hi int) { streamCopy(p.a[lo:hi], p.b[lo:hi]) })
	return max(plain, streaming)
}

// Read returns the bandwidth of reading in GB/s.
func (p *Probe) Read(threads int) float64 {
	return p.rate(threads, 1, func(lo, hi int) { readAll(p.a[lo:hi]) })
}

// NonTemporal returns the bandwidth of writing past the caches in GB/s.
func (p *Probe) NonTemporal(threads int) float64 {
	return p.rate(threads, 1, func(lo, hi int) { streamClear(p.a[lo:hi]) })
}

// Measure returns all figures for a number of threads.
func (p *Probe) Measure(threads int) Figures {
	return Figures{
		Threads: threads,
		Copy:    p.Copy(threads), Read: p.Read(threads), NonTemporal: p.NonTemporal(threads),
		IntegerMACs: IntegerMACs(threads), FloatingMACs: FloatingMACs(threads),
	}
}

// IntegerMACs returns the rate of int16 multiply-adds into int32, in 10⁹/s.
func IntegerMACs(threads int) float64 { return macs(threads, integerMACs) }

// FloatingMACs returns the rate of float32 multiply-adds, in 10⁹/s.
func FloatingMACs(threads int) float64 { return macs(threads, floatingMACs) }

// repetitions of a measurement; the best counts.
const repetitions = 3

// atLeast is how many bytes a run goes over, again and again if need be: about
// a millisecond's, beside which starting threads is nothing.
const atLeast = 32 << 20

// rate runs f over the buffer, split between threads in multiples of 64 KiB,
// and returns weight·bytes/s in units of 10⁹.
func (p *Probe) rate(threads, weight int, f func(lo, hi int)) float64 {
	n := len(p.a)
	passes := max(atLeast/n, 1)
	best := 0.0
	for range repetitions {
		took := parallel(threads, func(i int) {
			lo, hi := n*i/threads&^0xffff, n*(i+1)/threads&^0xffff
			if hi <= lo {
				return
			}
			for range passes {
				f(lo, hi)
			}
		})
		best = max(best, float64(passes*weight*n)/took.Seconds()/1e9)
	}
	return best
}

// macRun is how long a run of multiply-adds is: about a millisecond, beside
// which starting threads is nothing.
const macRun = 600_000

func macs(threads int, f func(n int) (done int)) float64 {
	best := 0.0
	for range repetitions {
		counts := make([]int, threads)
		took := parallel(threads, func(i int) { counts[i] = f(macRun) })
		total := 0
		for _, c := range counts {
			total += c
		}
		best = max(best, float64(total)/took.Seconds()/1e9)
	}
	return best
}

func parallel(threads int, f func(i int)) time.Duration {
	var wg sync.WaitGroup
	start := time.Now()
	for i := 1; i < threads; i++ {
		wg.Go(func() { f(i) })
	}
	f(0)
	wg.Wait()
	return time.Since(start)
}
