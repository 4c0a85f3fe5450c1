package demosaic

import "testing"

func TestBankOnKodak(t *testing.T) {
	for _, m := range []Method{Fast, Default, Best} {
		b, err := newFilterBank(1, &Options{Method: m}, false, false)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %.2f", m, kodakMean(t, b, nil))
	}
}
