// Package bench measures quadraw: how fast each stage is as a share of what
// the machine could do at best, how good its pictures are against known truth,
// how time and memory scale, and what a user's other choices do in the same
// run.
//
// Times on a shared machine drift, so every round measures the machine's
// ceilings (package roofline) again and runs each case once; a case's figure
// is the median over rounds of its share of the ceiling that binds it in that
// round. A figure whose rounds disagree says so ("noisy") itself.
//
// The command quadraw bench prints a [Report], writes it as JSON and draws it;
// RESULTS.md and the table in the README are made from that JSON.
package bench

//go:generate go run ./render
