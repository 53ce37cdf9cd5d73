//go:build tools

// Package tools names the programs of the Go project that are built from its published module and run as they are: its
// command line and its bench.
package tools

import (
	_ "github.com/uber/cadence/cmd/bench"
	_ "github.com/uber/cadence/cmd/tools/cli"
)
