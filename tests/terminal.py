"""
Run COMMAND with a terminal, and exit with its status.

    terminal.py source COMMAND...   the terminal is its standard input.  Type
                                    two lines and Ctrl-D, and a third line when
                                    COMMAND has ended; write what is then left
                                    in the terminal to `left`
    terminal.py dest COMMAND...     the terminal is its standard output.  Write
                                    what COMMAND writes there to `got`
"""
import os
import subprocess
import sys
import termios
import tty

CTRL_D = b"\x04"


def read_all(fd):
    data = b""
    try:
        while piece := os.read(fd, 65536):
            data += piece
    except OSError:             # EIO: nobody has the other side open
        pass
    return data


def source(master, slave, command):
    modes = termios.tcgetattr(slave)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    child = subprocess.Popen(command, stdin=slave)
    # Ctrl-D at the start of a line is the end of file.
    for text in b"one\n", b"two\n", CTRL_D:
        os.write(master, text)
    status = child.wait(20)
    os.write(master, b"not for zcopy\n")
    os.set_blocking(slave, False)
    with open("left", "wb") as left:
        left.write(os.read(slave, 65536))
    return status


def dest(master, slave, command):
    tty.setraw(slave)           # no carriage returns, no echo
    child = subprocess.Popen(command, stdout=slave)
    os.close(slave)
    with open("got", "wb") as got:
        got.write(read_all(master))
    return child.wait(20)


if __name__ == "__main__":
    side = {"source": source, "dest": dest}[sys.argv[1]]
    sys.exit(side(*os.openpty(), sys.argv[2:]))
