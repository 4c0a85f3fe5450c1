package binning

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Builds without assembly run the generic kernels, whose loops must not check
// bounds. The compiler says where it has to.
func TestGenericLoopsHaveNoBoundsChecks(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command here to ask the compiler with")
	}
	loops := map[string]map[int]bool{} // lines in loops, by file
	for _, name := range []string{"kernel.go", "cell.go", "even.go", "hdrkernel.go", "pair.go", "unpack.go"} {
		loops[name] = loopLines(t, name)
	}
	out, err := exec.Command(tool, "build", "-gcflags=-d=ssa/check_bce", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	said := regexp.MustCompile(`([a-z]+\.go):([0-9]+):[0-9]+: Found Is`).FindAllSubmatch(out, -1)
	if len(said) == 0 {
		t.Fatalf("the compiler names no bounds check at all, not even outside loops: %s", out)
	}
	for _, m := range said {
		line, _ := strconv.Atoi(string(m[2]))
		if loops[string(m[1])][line] {
			t.Errorf("%s", m[0])
		}
	}
}

// loopLines returns the lines of the loops of functions that kernels are made
// of: those that make nothing anew and run for every row.
func loopLines(t *testing.T, name string) map[int]bool {
	t.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[int]bool{}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || !strings.HasSuffix(fn.Name.Name, "Generic") && fn.Name.Name != "weighted" && fn.Name.Name != "unpackTight" {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			var body *ast.BlockStmt
			switch s := n.(type) {
			case *ast.ForStmt:
				body = s.Body
			case *ast.RangeStmt:
				body = s.Body
			}
			if body != nil {
				for l := files.Position(body.Lbrace).Line + 1; l < files.Position(body.Rbrace).Line; l++ {
					lines[l] = true
				}
			}
			return true
		})
	}
	return lines
}
