//go:build tools

// Package tools names grpcurl, which is built from its published module and run as it is.
package tools

import _ "github.com/fullstorydev/grpcurl/cmd/grpcurl"
