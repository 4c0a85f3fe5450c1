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
		r := (*[8]int32)(b[i:])
		t0, t7 := r[0]+r[7], r[0]-r[7]
		t1, t6 := r[1]+r[6], r[1]-r[6]
		t2, t5 := r[2]+r[5], r[2]-r[5]
		t3, t4 := r[3]+r[4], r[3]-r[4]

		const half, shift = 1 << (constBits - pass1Bits - 1), constBits - pass1Bits
		t10, t13 := t0+t3, t0-t3
		t11, t12 := t1+t2, t1-t2
		r[0], r[4] = (t10+t11)<<pass1Bits, (t10-t11)<<pass1Bits
		z1 := (t12+t13)*fix0541196100 + half
		r[2], r[6] = (z1+t13*fix0765366865)>>shift, (z1-t12*fix1847759065)>>shift

		z5 := (t4+t5+t6+t7)*fix1175875602 + half
		z1 = (t4 + t7) * -fix0899976223
		z2 := (t5 + t6) * -fix2562915447
		z3 := (t4+t6)*-fix1961570560 + z5
		z4 := (t5+t7)*-fix0390180644 + z5
		r[7] = (t4*fix0298631336 + z1 + z3) >> shift
		r[5] = (t5*fix2053119869 + z2 + z4) >> shift
		r[3] = (t6*fix3072711026 + z2 + z3) >> shift
		r[1] = (t7*fix1501321110 + z1 + z4) >> shift
	}
	for i := range 8 {
		t0, t7 := b[i]+b[i+56], b[i]-b[i+56]
		t1, t6 := b[i+8]+b[i+48], b[i+8]-b[i+48]
		t2, t5 := b[i+16]+b[i+40], b[i+16]-b[i+40]
		t3, t4 := b[i+24]+b[i+32], b[i+24]-b[i+32]

		const half, shift = 1 << (constBits + pass1Bits - 1), constBits + pass1Bits
		t10, t13 := t0+t3+1<<(pass1Bits-1), t0-t3
		t11, t12 := t1+t2, t1-t2
		b[i], b[i+32] = (t10+t11)>>pass1Bits, (t10-t11)>>pass1Bits
		z1 := (t12+t13)*fix0541196100 + half
		b[i+16], b[i+48] = (z1+t13*fix0765366865)>>shift, (z1-t12*fix1847759065)>>shift

		z5 := (t4+t5+t6+t7)*fix1175875602 + half
		z1 = (t4 + t7) * -fix0899976223
		z2 := (t5 + t6) * -fix2562915447
		z3 := (t4+t6)*-fix1961570560 + z5
		z4 := (t5+t7)*-fix0390180644 + z5
		b[i+56] = (t4*fix0298631336 + z1 + z3) >> shift
		b[i+40] = (t5*fix2053119869 + z2 + z4) >> shift
		b[i+24] = (t6*fix3072711026 + z2 + z3) >> shift
		b[i+8] = (t7*fix1501321110 + z1 + z4) >> shift
	}
}
