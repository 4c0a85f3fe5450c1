package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commonFlags are those of every subcommand that works on pixels.
type commonFlags struct {
	workers   int
	maxMemory byteSize
	quiet     bool
	json      bool
}

func (f *commonFlags) add(fs *pflag.FlagSet) {
	fs.IntVarP(&f.workers, "workers", "j", 0, "how many tiles to work on at once (default: one for each CPU)")
	fs.Var(&f.maxMemory, "max-memory", "memory to stay within, such as 256MB (default: what the work needs, at most half of what is free)")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "print nothing but errors")
	fs.BoolVar(&f.json, "json", false, "print results as JSON, one object a line, on standard output")
}

// envPrefix and a flag's name in capitals make the environment variable that
// sets the flag: QUADRAW_MAX_MEMORY is --max-memory.
const envPrefix = "QUADRAW_"

// envFlags are the flags that the environment may set; the command line wins.
var envFlags = [...]string{"workers", "max-memory", "quiet", "json", "cfa", "compression", "overwrite"}

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// applyEnv sets those of envFlags that cmd has, the environment names and the
// command line does not.
func (a *app) applyEnv(cmd *cobra.Command) error {
	for _, name := range envFlags {
		f := cmd.Flags().Lookup(name)
		value, ok := a.lookupEnv(envName(name))
		if f == nil || f.Changed || !ok || value == "" {
			continue
		}
		if err := cmd.Flags().Set(name, value); err != nil {
			return fmt.Errorf("%s: %w", envName(name), err)
		}
	}
	return nil
}

// textValue makes a flag of an enumeration that reads and prints its names.
type textValue[T any, P interface {
	*T
	MarshalText() ([]byte, error)
	UnmarshalText([]byte) error
}] struct {
	v     P
	names string // shown as the type: "auto|bin|full"
}

// newText returns a flag value over v; names lists what it accepts.
func newText[T any, P interface {
	*T
	MarshalText() ([]byte, error)
	UnmarshalText([]byte) error
}](v P, names string) pflag.Value {
	return &textValue[T, P]{v, names}
}

func (t *textValue[T, P]) Set(s string) error { return t.v.UnmarshalText([]byte(s)) }
func (t *textValue[T, P]) Type() string       { return t.names }
func (t *textValue[T, P]) String() string {
	if t.v == nil {
		return ""
	}
	b, err := t.v.MarshalText()
	if err != nil {
		return ""
	}
	return string(b)
}
