"""
Run COMMAND with standard error on a terminal, and note what the terminal shows.

    screen.py COLUMNS ORDERS STATES COMMAND...

Each line of the FIFO `ORDERS` is an order: "resize COLUMNS", "stop" (Ctrl-Z),
"go" (as fg(1) does), "print TEXT" (as another program that writes there).
Whenever the screen has changed, its lines are appended to `STATES`, joined by
"|", without those that are empty.  It exits with the status of COMMAND.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

import pyte

ROWS = 24


def resize(master, screen, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ,
                struct.pack("HHHH", ROWS, columns, 0, 0))
    screen.resize(ROWS, columns)


def lead(slave, pids, command):
    """Be a shell: run COMMAND in a job of its own, in the foreground."""
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(slave, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.dup2(slave, 2)
        os.close(slave)
        os.close(pids)
        os.execvp(command[0], command)
    os.write(pids, str(child).encode())
    os.close(pids)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(status if status >= 0 else 128 - status)


def start(master, slave, command):
    """Return a shell that runs COMMAND, and the process of COMMAND."""
    theirs, ours = os.pipe()
    shell = os.fork()
    if shell == 0:
        os.close(master)
        lead(slave, ours, command)
    os.close(slave)
    os.close(ours)
    return shell, int(os.read(theirs, 20))


def obey(order, master, screen, stream, child):
    what, _, argument = order.partition(" ")
    if what == "resize":
        resize(master, screen, int(argument))
    elif what == "stop":
        os.write(master, b"\x1a")
    elif what == "go":
        os.killpg(child, signal.SIGCONT)
    elif what == "print":
        stream.feed(argument.replace("\\n", "\r\n"))
    else:
        sys.exit(f"unknown order: {order}")


def show(screen, states, last):
    now = "|".join(line.rstrip() for line in screen.display if line.strip())
    if now != last:
        states.write(now + "\n")
        states.flush()
    return now


def main(columns, orders, states, *command):
    master, slave = os.openpty()
    screen = pyte.Screen(int(columns), ROWS)
    stream = pyte.Stream(screen)
    resize(master, screen, int(columns))
    shell, child = start(master, slave, command)
    # Read and write, so that it never ends.
    fifo = os.open(orders, os.O_RDWR | os.O_NONBLOCK)
    last = ""
    with open(states, "w", encoding="utf-8") as file:
        while True:
            ready, _, _ = select.select([master, fifo], [], [], 10)
            if fifo in ready:
                for order in os.read(fifo, 4096).decode().splitlines():
                    obey(order, master, screen, stream, child)
            if master in ready:
                try:
                    data = os.read(master, 65536)
                except OSError:         # EIO: COMMAND has closed it
                    break
                stream.feed(data.decode())
            last = show(screen, file, last)
    return os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
