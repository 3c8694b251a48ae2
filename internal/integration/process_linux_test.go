package integration_test

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts a program and what it starts into a process group, and makes the kernel end it when the test program dies without stopping it,
// as it does when it runs out of time.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// killGroup kills what is left of the group of a program.
func killGroup(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }
