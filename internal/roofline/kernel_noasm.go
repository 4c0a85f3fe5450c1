//go:build !amd64 || purego

package roofline

func readAll(b []byte)              { readGeneric(b) }
func streamClear(b []byte)          { clear(b) }
func streamCopy(dst, src []byte)    { copy(dst, src) }
func integerMACs(n int) (done int)  { return integerGeneric(n) }
func floatingMACs(n int) (done int) { return floatingGeneric(n) }
