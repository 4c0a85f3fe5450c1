package demosaic

import "sync"

// Banks keeps what the filter-bank methods make ready before the first pixel:
// decoding the tables that come with this package and laying them out takes
// about 40 ms, which matters when many small frames follow one another. The
// zero value is ready for use; it is safe for concurrent use.
type Banks struct {
	mu   sync.Mutex
	made map[bankKey]*madeBank
}

// bankKey is everything that a filter bank depends on.
type bankKey struct {
	cell, stages    int
	noisy, remosaic bool
	tables          *Tables
}

type madeBank struct {
	once sync.Once
	bank *filterBank
	err  error
}

// filterBank returns the bank for a method and an array from b, which may be
// nil.
func (b *Banks) filterBank(cell int, opt *Options, noisy, remosaic bool) (*filterBank, error) {
	if b == nil {
		return newFilterBank(cell, opt, noisy, remosaic)
	}
	key := bankKey{cell, stagesOf(opt.Method), noisy, remosaic, opt.Tables}
	b.mu.Lock()
	m := b.made[key]
	if m == nil {
		if b.made == nil {
			b.made = make(map[bankKey]*madeBank)
		}
		m = &madeBank{}
		b.made[key] = m
	}
	b.mu.Unlock()
	m.once.Do(func() { m.bank, m.err = newFilterBank(cell, opt, noisy, remosaic) })
	return m.bank, m.err
}
