package bench

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

//go:embed opencv.py
var openCVScript string

// openCV is a Python process with OpenCV that runs one thing after another, so
// that its runs can take turns with ours.
type openCV struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// startOpenCV starts the process for frames of the given size; nil if there is
// no Python with OpenCV.
func startOpenCV(ctx context.Context, width, height int) *openCV {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		cmd := exec.CommandContext(ctx, python, "-c", openCVScript, strconv.Itoa(width), strconv.Itoa(height))
		in, err := cmd.StdinPipe()
		if err != nil {
			continue
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			continue
		}
		if cmd.Start() != nil {
			continue
		}
		cv := &openCV{cmd, in, bufio.NewScanner(out)}
		if cv.out.Scan() && strings.HasPrefix(cv.out.Text(), "ready") {
			return cv
		}
		// Python's exit status says that a module is missing: nothing to add.
		_ = cv.close()
	}
	return nil
}

func (cv *openCV) close() error {
	if err := cv.in.Close(); err != nil {
		return err
	}
	return cv.cmd.Wait()
}

// do runs a line and returns how long the work itself took.
func (cv *openCV) do(words ...string) (time.Duration, error) {
	if _, err := fmt.Fprintln(cv.in, strings.Join(words, " ")); err != nil {
		return 0, fmt.Errorf("OpenCV: %w", err)
	}
	if !cv.out.Scan() {
		return 0, fmt.Errorf("OpenCV: %q ended it: %w", words, io.ErrUnexpectedEOF)
	}
	seconds, err := strconv.ParseFloat(cv.out.Text(), 64)
	if err != nil {
		return 0, fmt.Errorf("OpenCV: %w", err)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// openCVCase times one of "INTER_AREA", "bilinear" and "EA".
func openCVCase(cv *openCV, what string, size frameSize, workers int) Case {
	c := Case{Name: "OpenCV " + what, Pixels: size.pixels(), Workers: workers}
	c.Prepare = func(context.Context) (*Prepared, string, error) {
		if cv == nil {
			return nil, "no python3 with cv2", nil
		}
		var took time.Duration
		return &Prepared{
			Run: func(context.Context) (err error) {
				took, err = cv.do(what, strconv.Itoa(workers))
				return err
			},
			Took: func() time.Duration { return took },
		}, "", nil
	}
	return c
}
