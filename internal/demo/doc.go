// Package demo is what 'quadraw demo' shows: a street at night, photographed by
// the simulated sensor of a 108 MP phone, binned and developed, with crops side
// by side.
package demo
