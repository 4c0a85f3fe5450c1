package gram

//go:generate go run -C ../../../internal/asmgen ./gram -out ../../demosaic/internal/gram/kernel_amd64.s -stubs ../../demosaic/internal/gram/kernel_stubs_amd64.go -pkg gram
