// Package bench measures quadraw: how fast each stage is as a share of what
// the machine could do at best, how good its pictures are against known truth,
// how time and memory scale, and what a user's other choices do in the same
// run.
//
// Times on a shared machine drift, so cases take turns in rounds, and the
// ceiling that binds a case (package roofline) is measured again right before
// and after each of its turns; a case's figure is the median over rounds of its
// share of that ceiling. A figure whose rounds disagree says so ("noisy")
// itself. Peers are cases like ours and take turns with them.
//
// The command quadraw bench prints a [Report], writes it as JSON and draws it;
// RESULTS.md, SCALING.md and the table in the README are made from that JSON.
// Where things are: runner.go has the rounds; stages.go, packed.go, bursts.go
// and filestages.go what is timed; contests.go, programs.go and opencv.go the
// peers; quality.go and the files that end so what is compared with truth;
// scaling.go, model.go and scalingpage.go how time and memory grow.
package bench

//go:generate go run ./render
