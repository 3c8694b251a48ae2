package progress_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/progress"
)

// openTerminal returns both ends of a pseudo-terminal with so many columns: what is written to terminal is read from screen.
func openTerminal(t *testing.T, columns uint16) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	control := func(request uintptr, arg unsafe.Pointer) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), request, uintptr(arg))
		require.Zero(t, errno, errno.Error())
	}
	var number, unlocked uint32
	control(syscall.TIOCGPTN, unsafe.Pointer(&number))
	control(syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	size := [4]uint16{24, columns}
	control(syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { terminal.Close() })
	return screen, terminal
}

// A file that is a terminal is known as one, and its width is kept to.
func TestRealTerminal(t *testing.T) {
	t.Parallel()
	screen, terminal := openTerminal(t, 30)
	line, err := progress.New(terminal, progress.Total(200), progress.Interval(time.Hour))
	require.NoError(t, err)
	observe(line, started(), reused(), finished(time.Second, nil))
	text := make([]byte, 1000)
	n, err := screen.Read(text) // the first time that it is drawn
	require.NoError(t, err)
	assert.Equal(t, "\r2/200 items (1%)", strings.TrimRight(string(text[:n]), " "))
	require.NoError(t, line.Close())
	n, err = screen.Read(text)
	require.NoError(t, err)
	assert.Equal(t, "\r2/200 items (1%)\r\n", string(text[:n]))
}
