//go:build !linux

package integration_test

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: only Linux ends a process with its parent.
func ownGroup(*exec.Cmd) {}

// killGroup kills the program alone.
func killGroup(p *os.Process) error { return p.Kill() }
