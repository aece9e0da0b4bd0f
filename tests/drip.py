"""drip.py FILE - write FILE to standard output, a pipe, one byte at a time, each
after the reader has taken the one before.  Fail if it takes nothing for 10
seconds."""

import fcntl
import struct
import sys
import termios
import time


def left():
    count = fcntl.ioctl(1, termios.FIONREAD, bytes(4))
    return struct.unpack("i", count)[0]


with open(sys.argv[1], "rb") as file:
    data = file.read()
for byte in data:
    sys.stdout.buffer.write(bytes([byte]))
    sys.stdout.buffer.flush()
    until = time.monotonic() + 10
    while left() > 0:
        if time.monotonic() > until:
            sys.exit("drip.py: the reader takes nothing")
