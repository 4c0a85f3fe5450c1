package main

import (
	"flag"
	"fmt"
	"os"
)

const usage = `usage:
  train list -root FOLDER -licence TEXT [-reduce N] PICTURE...   print the manifest of pictures
  train table -manifest FILE -root FOLDER -out TABLE ...         train a table
  train again -manifest FILE -root FOLDER TABLE...               train tables again and compare
  train eval -images FOLDER TABLE...                             print what tables reach`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("nothing to do\n%s", usage)
	}
	switch args[0] {
	case "list":
		fs := flag.NewFlagSet("list", flag.ContinueOnError)
		root := fs.String("root", ".", "folder that names are written relative to")
		licence := fs.String("licence", "", "licence of these pictures")
		reduce := fs.Int("reduce", 1, "factor by which training reduces them")
		if err := fs.Parse(args[1:]); err != nil {
			return err
		}
		return printManifest(*root, *licence, *reduce, fs.Args(), os.Stdout)
	case "table":
		return train(args[1:])
	case "again":
		return again(args[1:], os.Stdout)
	case "eval":
		return evaluate(args[1:], os.Stdout)
	}
	return fmt.Errorf("unknown command %q\n%s", args[0], usage)
}
