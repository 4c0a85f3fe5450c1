package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of treeArgs.
const (
	treeRows    = 0
	treeGroups  = 8
	treeCount   = 16
	treeTests   = 24
	treeResolve = 32
	treeNodes   = 40
	treeBits    = 48
	treeSlots   = 56
	treeClass   = 64
	treeN       = 72
)

func tree() {
	classify("treeAVX512", 1)
	classify("treeHalfAVX512", 2)
}

// classify evaluates every test of a tree for 64 units, without a branch, and
// then lets the leaves' numbers rise from node to node to the root.
func classify(name string, step int) {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	if step == 1 {
		Doc(name + " finds the leaves of units side by side, 64 at a time.")
	} else {
		Doc(name + " finds the leaves of every second unit, 64 at a time.")
	}
	a := Load(Param("a"), GP64())
	position, class, n := GP64(), GP64(), GP64() // position in bytes of a row
	XORQ(position, position)
	MOVQ(at(a, treeClass), class)
	MOVQ(at(a, treeN), n)
	rows, bits, slots := GP64(), GP64(), GP64()
	MOVQ(at(a, treeRows), rows)
	MOVQ(at(a, treeBits), bits)
	MOVQ(at(a, treeSlots), slots)
	zero := ZMM()
	VPXORD(zero, zero, zero)
	var even reg.VecVirtual
	if step == 2 {
		even = ZMM()
		VMOVDQU32(word("even", 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), even)
	}

	Label("block")
	groups, count, tests := GP64(), GP64(), GP64()
	MOVQ(at(a, treeGroups), groups)
	MOVQ(at(a, treeCount), count)
	MOVQ(at(a, treeTests), tests)

	Label("group")
	row, more := GP64(), GP64()
	MOVL(at(groups, 0), row.As32())
	MOVL(at(groups, 4), more.As32())
	MOVQ(Mem{Base: rows, Index: row, Scale: 8}, row)
	ADDQ(position, row)
	f := zmms(4)
	for i, v := range f {
		VMOVDQU32(at(row, 64*step*i), v)
		if step == 2 {
			VPERMT2D(at(row, 64*step*i+64), even, v)
		}
	}

	Label("test")
	pq, bit := ZMM(), GP64()
	VPBROADCASTD(at(tests, 0), pq)
	MOVL(at(tests, 4), bit.As32())
	for i, v := range f {
		t, k := ZMM(), K()
		VPMADDWD(pq, v, t)
		VPCMPD(U8(2), zero, t, k)
		KMOVW(k, Mem{Base: bits, Index: bit, Scale: 1, Disp: 2 * i})
	}
	ADDQ(U8(8), tests)
	DECQ(more)
	JNZ(LabelRef("test"))
	ADDQ(U8(8), groups)
	DECQ(count)
	JNZ(LabelRef("group"))

	nodes, resolve, out, mask := GP64(), GP64(), GP64(), GP64()
	MOVQ(at(a, treeNodes), nodes)
	MOVQ(at(a, treeResolve), resolve)
	MOVQ(nodes, out)
	SHLQ(U8(6), out)
	LEAQ(Mem{Base: slots, Index: out, Scale: 1, Disp: 256*64 - 64}, out)
	LEAQ(Mem{Base: bits, Index: nodes, Scale: 8, Disp: -8}, mask)
	v := ZMM()
	Label("node")
	left, right, k := GP64(), GP64(), K()
	MOVL(at(resolve, 0), left.As32())
	MOVL(at(resolve, 4), right.As32())
	KMOVQ(at(mask, 0), k)
	VMOVDQU64(Mem{Base: slots, Index: right, Scale: 1}, v)
	VMOVDQU8(Mem{Base: slots, Index: left, Scale: 1}, k, v)
	VMOVDQU64(v, at(out, 0))
	ADDQ(U8(8), resolve)
	SUBQ(U8(8), mask)
	SUBQ(U8(64), out)
	DECQ(nodes)
	JNZ(LabelRef("node"))

	VMOVDQU64(v, at(class, 0))
	ADDQ(U8(64), class)
	ADDQ(U32(uint32(256*step)), position)
	SUBQ(U8(64), n)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
