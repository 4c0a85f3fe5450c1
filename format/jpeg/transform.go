package jpeg

// Fixed-point constants of the transform, 13 bits behind the point.
const (
	constBits = 13
	pass1Bits = 2

	fix0298631336 = 2446
	fix0390180644 = 3196
	fix0541196100 = 4433
	fix0765366865 = 6270
	fix0899976223 = 7373
	fix1175875602 = 9633
	fix1501321110 = 12299
	fix1847759065 = 15137
	fix1961570560 = 16069
	fix2053119869 = 16819
	fix2562915447 = 20995
	fix3072711026 = 25172
)

// transform is the forward discrete cosine transform of a block, 8 times too
// large: C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT
// algorithms with 11 multiplications", ICASSP 1989, in the form with 12
// multiplications, rows first, with integers.
func transform(b *block) {
	for i := 0; i < 64; i += 8 {
		r := b[i : i+8 : i+8]
		d := eight{r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]}
		even0, even4, e2, e6, o1, o3, o5, o7 := d.transform()
		const half = 1 << (constBits - pass1Bits - 1)
		r[0], r[4] = even0<<pass1Bits, even4<<pass1Bits
		r[2], r[6] = (e2+half)>>(constBits-pass1Bits), (e6+half)>>(constBits-pass1Bits)
		r[1], r[3] = (o1+half)>>(constBits-pass1Bits), (o3+half)>>(constBits-pass1Bits)
		r[5], r[7] = (o5+half)>>(constBits-pass1Bits), (o7+half)>>(constBits-pass1Bits)
	}
	for i := range 8 {
		d := eight{b[i], b[i+8], b[i+16], b[i+24], b[i+32], b[i+40], b[i+48], b[i+56]}
		even0, even4, e2, e6, o1, o3, o5, o7 := d.transform()
		const half, shift = 1 << (constBits + pass1Bits - 1), constBits + pass1Bits
		b[i], b[i+32] = (even0+1<<(pass1Bits-1))>>pass1Bits, (even4+1<<(pass1Bits-1))>>pass1Bits
		b[i+16], b[i+48] = (e2+half)>>shift, (e6+half)>>shift
		b[i+8], b[i+24] = (o1+half)>>shift, (o3+half)>>shift
		b[i+40], b[i+56] = (o5+half)>>shift, (o7+half)>>shift
	}
}

type eight [8]int32

// transform returns coefficients 0 and 4 as whole numbers, then 2, 6, 1, 3, 5
// and 7 with constBits bits behind the point.
func (d *eight) transform() (c0, c4, c2, c6, c1, c3, c5, c7 int32) {
	t0, t7 := d[0]+d[7], d[0]-d[7]
	t1, t6 := d[1]+d[6], d[1]-d[6]
	t2, t5 := d[2]+d[5], d[2]-d[5]
	t3, t4 := d[3]+d[4], d[3]-d[4]

	t10, t13 := t0+t3, t0-t3
	t11, t12 := t1+t2, t1-t2
	c0, c4 = t10+t11, t10-t11
	z1 := (t12 + t13) * fix0541196100
	c2 = z1 + t13*fix0765366865
	c6 = z1 - t12*fix1847759065

	z5 := (t4 + t5 + t6 + t7) * fix1175875602
	z1 = (t4 + t7) * -fix0899976223
	z2 := (t5 + t6) * -fix2562915447
	z3 := (t4+t6)*-fix1961570560 + z5
	z4 := (t5+t7)*-fix0390180644 + z5
	c7 = t4*fix0298631336 + z1 + z3
	c5 = t5*fix2053119869 + z2 + z4
	c3 = t6*fix3072711026 + z2 + z3
	c1 = t7*fix1501321110 + z1 + z4
	return c0, c4, c2, c6, c1, c3, c5, c7
}
