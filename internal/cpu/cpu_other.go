//go:build !amd64 || purego

package cpu

var x86 Features
