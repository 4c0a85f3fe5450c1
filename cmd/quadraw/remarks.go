package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// remarks prints what the library has to say as plain lines: the level, the
// file or the frame of a burst, the message, and the rest behind it.
type remarks struct {
	a     *app
	attrs []slog.Attr
}

// Enabled leaves out what is for developers.
func (r *remarks) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// WithGroup ignores groups: nobody uses them here.
func (r *remarks) WithGroup(string) slog.Handler { return r }

// WithAttrs returns a handler that adds attrs to every line.
func (r *remarks) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &remarks{r.a, append(r.attrs[:len(r.attrs):len(r.attrs)], attrs...)}
}

// Handle prints a line.
func (r *remarks) Handle(_ context.Context, rec slog.Record) error {
	file, rest := "", []string(nil)
	add := func(a slog.Attr) bool {
		if a.Key == "file" || a.Key == "frame" {
			file = a.Value.String() + ": "
		} else {
			form := "%s %v"
			switch a.Value.Any().(type) {
			case float64, [3]float64:
				form = "%s %.4g"
			}
			rest = append(rest, fmt.Sprintf(form, a.Key, a.Value.Any()))
		}
		return true
	}
	for _, a := range r.attrs {
		add(a)
	}
	rec.Attrs(add)
	more := ""
	if len(rest) > 0 {
		more = " (" + strings.Join(rest, ", ") + ")"
	}
	level := "note"
	if rec.Level >= slog.LevelWarn {
		level = "warning"
	}
	return r.a.say(fmt.Sprintf("%s: %s%s%s", level, file, rec.Message, more))
}
