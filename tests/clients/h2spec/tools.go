//go:build tools

// Package tools names h2spec, which is built from its published module and run as it is.
package tools

import _ "github.com/summerwind/h2spec/cmd/h2spec"
