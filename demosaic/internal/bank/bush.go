package bank

// The answers of a tree's tests become leaf numbers in one of two ways. With
// VBMI and GFNI the tree is cut into bushes of up to bushNodes nodes. The
// answers of a bush are turned into one number for each unit, whose bits they
// are, and a table says where each number leads: to a leaf, or to another bush,
// whose results are known already. Without, numbers rise from node to node.

const (
	bushNodes   = 6
	bushBytes   = 64 // of the answers of a bush for 64 units
	resultBytes = 64
)

// bush is the table of a bush: leaf numbers, or the codes of its exits.
type bush struct {
	table [1 << bushNodes]uint8
	exits uint32 // how many of the list of exits are its own
}

// exit is a number, four times, that stands for another bush in a table, and
// where that bush's results are, in bytes.
type exit struct{ code, from uint32 }

// fork is where a node's children are among the results, in bytes: first one
// of 64 bytes for every leaf number, then one for each node's result; and where
// its answers are.
type fork struct{ left, right, bit uint32 }

// grow makes bushes and forks of t and returns where each node's answers go, in
// bytes.
func (p *program) grow(t Tree) []uint32 {
	// A bush that has become too large loses the larger of its branches.
	size, first := make([]int, len(t)), make([]bool, len(t))
	for i := len(t) - 1; i >= 0; i-- {
		branches := [2]int16{t[i].Left, t[i].Right}
		sizes := [2]int{}
		for j, next := range branches {
			if next >= 0 {
				sizes[j] = size[next]
			}
		}
		if sizes[0] < sizes[1] {
			branches[0], branches[1] = branches[1], branches[0]
			sizes[0], sizes[1] = sizes[1], sizes[0]
		}
		size[i] = 1 + sizes[0] + sizes[1]
		for j := 0; size[i] > bushNodes; j++ {
			first[branches[j]] = true
			size[i] -= sizes[j]
		}
		first[i] = i == 0
	}
	at, number := make([]uint32, len(t)), make([]uint32, len(t))
	for i := len(t) - 1; i >= 0; i-- {
		if first[i] {
			number[i] = uint32(len(p.bushes))
			p.plant(t, i, first, number, at)
		}
	}
	slot := func(next int16) uint32 {
		if next < 0 {
			return uint32(^next) * resultBytes
		}
		return (MaxLeaves + uint32(next)) * resultBytes
	}
	for i := len(t) - 1; i >= 0; i-- {
		p.forks = append(p.forks, fork{slot(t[i].Left), slot(t[i].Right), at[i]})
	}
	return at
}

// plant adds the bush that begins at node root; all those that it leads to have
// their numbers.
func (p *program) plant(t Tree, root int, first []bool, number, at []uint32) {
	// The bush's nodes, and whether a number of 8 bits is taken by a leaf.
	var nodes []int
	var taken [256]bool
	var codes []int16 // of the exits: the nodes that they lead to
	var walk func(next int16)
	walk = func(next int16) {
		switch {
		case next < 0:
			taken[^next] = true
		case int(next) != root && first[next]:
			codes = append(codes, next)
		default:
			at[next] = number[root]*bushBytes + uint32(len(nodes))*8
			nodes = append(nodes, int(next))
			walk(t[next].Left)
			walk(t[next].Right)
		}
	}
	walk(int16(root))
	code := map[int16]uint8{}
	free := 0
	for _, next := range codes {
		for taken[free] {
			free++
		}
		taken[free], code[next] = true, uint8(free)
		p.exits = append(p.exits, exit{uint32(free) * 0x01010101, (MaxLeaves + number[next]) * resultBytes})
	}
	b := bush{exits: uint32(len(codes))}
	for answers := range b.table {
		next := int16(root)
		for next >= 0 && (int(next) == root || !first[next]) {
			if answers>>(at[next]/8%8)&1 != 0 {
				next = t[next].Left
			} else {
				next = t[next].Right
			}
		}
		if next < 0 {
			b.table[answers] = uint8(^next)
		} else {
			b.table[answers] = code[next]
		}
	}
	p.bushes = append(p.bushes, b)
}
