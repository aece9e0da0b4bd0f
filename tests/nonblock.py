"""
Run COMMAND with standard input and output that do not block.

    nonblock.py SOURCE DEST PAUSE COMMAND...

SOURCE and DEST are `pipe` or `unix`, for one with O_NONBLOCK, or `-` to leave
standard input or output as it is.  The other side writes `in`, or reads into
`out`: first one byte, then the rest in small pieces, with PAUSE seconds before
both.

Exit with the status of COMMAND; but with 1, and a message, if it changed the
flags of its descriptors, or used more CPU time than PAUSE unless that is 0.
"""
import fcntl
import os
import resource
import socket
import subprocess
import sys
import threading
import time

PIECE = 9973


def make(kind):
    """Return its two ends: one to read from, and one to write to."""
    if kind == "pipe":
        return os.pipe()
    reader, writer = socket.socketpair()
    return reader.detach(), writer.detach()


def flags_of(fd):
    return fcntl.fcntl(fd, fcntl.F_GETFL)


def write(fd, data, pause):
    time.sleep(pause)
    os.write(fd, data[:1])
    time.sleep(pause)
    for i in range(1, len(data), PIECE):
        os.write(fd, data[i:i + PIECE])
    os.close(fd)


def read(fd, data, pause):
    time.sleep(pause)
    got = os.read(fd, 1)
    time.sleep(pause)
    while len(got) < len(data) and (piece := os.read(fd, PIECE)):
        got += piece
    with open("out", "wb") as out:
        out.write(got)


def main(source, dest, pause, *command):
    with open("in", "rb") as file:
        data = file.read()
    pause = float(pause)
    stdin = stdout = None
    threads = []
    if source != "-":
        stdin, ours = make(source)
        threads.append(threading.Thread(target=write,
                                        args=(ours, data, pause)))
    if dest != "-":
        ours, stdout = make(dest)
        threads.append(threading.Thread(target=read,
                                        args=(ours, data, pause)))
    theirs = [fd for fd in (stdin, stdout) if fd is not None]
    for fd in theirs:
        os.set_blocking(fd, False)
    before = [flags_of(fd) for fd in theirs]
    child = subprocess.Popen(command, stdin=stdin, stdout=stdout)
    for thread in threads:
        thread.start()
    status = child.wait(20)
    if [flags_of(fd) for fd in theirs] != before:
        sys.exit("the flags were changed")
    for fd in theirs:
        os.close(fd)
    for thread in threads:
        thread.join()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = usage.ru_utime + usage.ru_stime
    print("busy for", busy, "s")
    if pause and busy > pause:
        sys.exit("it did not sleep")
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
